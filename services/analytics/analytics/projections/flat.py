"""Facts and cells as flat rows for programs that know only tables: names beside ids, local days beside times.

Each set is one SELECT whose columns are what those programs see; exports, OData and the SQL views are made of it.
Without `workspace_id` it has the rows of all, for a reader whom row-level security binds to one.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Float,
    FromClause,
    Label,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from analytics.projections.measures import BASES, FAMILIES
from analytics.projections.measures import part as part_of
from analytics.projections.tables import DealFact, DimensionName, InquiryFact, LeadFact, WorkspaceSetting, cell

TOUCH = (
    "channel",
    "provider",
    "source",
    "medium",
    "campaign",
    "content",
    "term",
    "campaign_id",
    "adgroup_id",
    "ad_id",
    "channel_group",
    "landing_page",
)


class _Flat:
    """A SELECT in the making, of one table and the names of what its rows point to."""

    def __init__(self, table: Any, at: InstrumentedAttribute[Any]) -> None:
        same = WorkspaceSetting.workspace_id == table.workspace_id
        self.rows: FromClause = table.__table__.join(WorkspaceSetting.__table__, same)
        self.table = table
        local = func.timezone(WorkspaceSetting.time_zone, at)
        self.columns: list[ColumnElement[Any]] = [cast(local, Date).label("day")]

    def own(self, *names: str) -> None:
        """Columns of the table, under their names."""
        self.columns += [getattr(self.table, name).label(name) for name in names]

    def named(self, key: str, column: str, kind: str) -> None:
        """An id and, as `<key>_name`, what people call it."""
        name, identifier = aliased(DimensionName), getattr(self.table, column)
        self.rows = self.rows.outerjoin(
            name,
            and_(
                name.workspace_id == self.table.workspace_id,
                name.kind == literal(kind, literal_execute=True),
                name.id == cast(identifier, Text),
            ),
        )
        self.columns += [identifier.label(key), name.name.label(f"{key}_name")]

    def select(self, workspace_id: UUID | None) -> Select[Any]:
        """The whole."""
        return _of_workspace(select(*self.columns).select_from(self.rows), self.table.workspace_id, workspace_id)


def _of_workspace(statement: Select[Any], column: ColumnElement[UUID], workspace_id: UUID | None) -> Select[Any]:
    return statement if workspace_id is None else statement.where(column == workspace_id)


def flat_leads(workspace_id: UUID | None = None) -> Select[Any]:
    """Leads, those merged into another too (status merged)."""
    flat = _Flat(LeadFact, LeadFact.occurred_at)
    flat.own("id", "occurred_at", "status", *TOUCH, "product", "region", "language", "temperature", "score")
    flat.columns.append(cast(LeadFact.completeness, Float).label("completeness"))
    flat.named("entry_point", "entry_point", "source")
    flat.named("owner", "owner_id", "user")
    flat.named("team", "team_id", "team")
    flat.named("loss_reason", "loss_reason_id", "loss_reason")
    flat.own("inquiry_count", "repeat", "contact_id", "deal_id", "merged_into", "assigned_at", "contacted_at")
    flat.own("qualified_at", "converted_at", "disqualified_at", "postponed_at", "first_response_at", "respond_by")
    flat.columns.append(_seconds(LeadFact.first_response_at - LeadFact.occurred_at).label("first_response_s"))
    flat.own("updated_at")
    return flat.select(workspace_id)


def flat_deals(workspace_id: UUID | None = None) -> Select[Any]:
    """Deals, with where their leads came from."""
    flat = _Flat(DealFact, DealFact.created_at)
    same = and_(LeadFact.workspace_id == DealFact.workspace_id, LeadFact.id == DealFact.lead_id)
    flat.rows = flat.rows.outerjoin(LeadFact.__table__, same)
    flat.own("id", "created_at", "lead_id", "contact_id", "status")
    flat.named("pipeline", "pipeline_id", "pipeline")
    flat.named("stage", "stage_id", "stage")
    flat.named("loss_reason", "loss_reason_id", "loss_reason")
    flat.own("amount", "currency")
    flat.columns.append(cast(DealFact.probability, Float).label("probability"))
    flat.named("owner", "owner_id", "user")
    flat.named("team", "team_id", "team")
    flat.columns += [getattr(LeadFact, name).label(name) for name in TOUCH]
    flat.own("expected_close", "entered_stage_at", "won_at", "lost_at")
    flat.columns.append(_seconds(DealFact.won_at - LeadFact.occurred_at).label("sales_cycle_s"))
    flat.own("updated_at")
    return flat.select(workspace_id)


def flat_inquiries(workspace_id: UUID | None = None) -> Select[Any]:
    """Inquiries that crm-core put on a lead or a deal."""
    flat = _Flat(InquiryFact, InquiryFact.occurred_at)
    flat.own("id", "occurred_at", "received_at", "result", "direct", "lead_id", "contact_id", "deal_id")
    flat.named("entry_point", "entry_point", "source")
    flat.own(*TOUCH)
    return flat.select(workspace_id)


def flat_cells(family: str, sums: Mapping[str, str], workspace_id: UUID | None = None) -> Select[Any]:
    """Sums by local day, basis and the family's dimensions; `sums` says which column of cells a name stands for."""
    parts = {part_of(family, basis, "day"): basis for basis in BASES}
    rows: FromClause = cell.join(
        WorkspaceSetting.__table__,
        and_(WorkspaceSetting.workspace_id == cell.c.workspace_id, WorkspaceSetting.generation == cell.c.generation),
    )
    columns: list[ColumnElement[Any]] = [cell.c.day, _basis(parts), cell.c.key.label("cell")]
    for place, dimension in enumerate(FAMILIES[family], 1):
        value = func.nullif(cell.c[f"d{place}"], literal("", literal_execute=True))
        columns.append(value.label(dimension))
        if dimension in ("owner", "team"):
            rows, name = _with_name(rows, "user" if dimension == "owner" else "team", value)
            columns.append(name.label(f"{dimension}_name"))
    columns += [func.coalesce(cell.c[column], text("0")).label(key) for key, column in sums.items()]
    of_family = cell.c.part.in_([literal(part, literal_execute=True) for part in parts])
    return _of_workspace(select(*columns).select_from(rows).where(of_family), cell.c.workspace_id, workspace_id)


def _basis(parts: Mapping[str, str]) -> Label[str]:
    [(first, one), (_, other)] = parts.items()
    return case(
        (cell.c.part == literal(first, literal_execute=True), literal(one, Text, literal_execute=True)),
        else_=literal(other, Text, literal_execute=True),
    ).label("basis")


def _with_name(rows: FromClause, kind: str, value: ColumnElement[str]) -> tuple[FromClause, InstrumentedAttribute[str]]:
    name = aliased(DimensionName)
    same = and_(
        name.workspace_id == cell.c.workspace_id,
        name.kind == literal(kind, literal_execute=True),
        name.id == value,
    )
    return rows.outerjoin(name, same), name.name


def _seconds(length: ColumnElement[Any]) -> ColumnElement[int]:
    return cast(func.extract("epoch", length), cell.c.generation.type)
