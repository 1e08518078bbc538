"""Facts and the cells counted from them.

*Facts* are one row a submission, inquiry, lead and deal: the latest state an event told, guarded by its version. Times
are instants; a local day is a matter of the workspace's zone and never stored in a fact
(`(occurred_at AT TIME ZONE :zone)::date`). An absent text dimension is NULL in a fact and '' in a cell.

*Cells* are sums over facts (`measures.py` says of what, by what). They are kept in numbered generations, because a new
zone or currency changes every cell: `workspace_setting.generation` names the one to read. Read cells together with that
number in ONE statement (`queries.current_cells`), since the old generation's cells are deleted after a switch.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Integer, Numeric, Table, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base
from analytics.projections.measures import FAMILIES_OF, columns_of


class WorkspaceSetting(Base):
    """What analytics knows of a workspace, learnt from `workspace.*`. Version 0: events of its leads came first.

    `time_zone` and `currency` are the wanted ones; the cells that are read now are in those of generation `generation`
    (they differ while a rebuild runs). Its row lock (`generations.hold`) keeps projecting and building apart.
    """

    __tablename__ = "workspace_setting"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    default_region: Mapped[str]
    language: Mapped[str]
    generation: Mapped[int]


class Generation(Base):
    """One set of cells of a workspace. `building`: only facts up to (`stage`, `after`) are counted in it so far; if the
    stage's are halved, those from `split` up to `beyond` too. `gathered`: the last day whose sums are in cells.

    `rules` is the version of what is counted (`cells.RULES`) that filled it; another version is a reason to build a new
    generation.
    """

    __tablename__ = "generation"
    __table_args__ = (CheckConstraint("state IN ('building', 'active', 'retired')", "state"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str]
    time_zone: Mapped[str]
    currency: Mapped[str]
    rules: Mapped[int]
    stage: Mapped[str]
    after: Mapped[UUID]
    split: Mapped[UUID | None]
    beyond: Mapped[UUID | None]
    gathered: Mapped[date | None]
    facts_done: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Rebuild(Base):
    """A rebuild somebody asked for, and how far it is: facts from the services' snapshots (if asked), then cells."""

    __tablename__ = "rebuild"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'facts', 'cells', 'done', 'failed')", "status"),
        Index(None, "status"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str]
    with_facts: Mapped[bool]
    facts_read: Mapped[int]
    generation: Mapped[int | None]
    problem: Mapped[str | None]
    requested_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class DimensionName(Base):
    """The display name of a value: kind user, team, pipeline, stage, loss_reason or source (an entry point).

    `id` is the value as cells and facts write it. `parent` is the pipeline of a stage and the team of a user;
    `position` and `probability` are a stage's.
    """

    __tablename__ = "dimension_name"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    active: Mapped[bool]
    parent: Mapped[str | None]
    position: Mapped[int | None]
    probability: Mapped[float | None]


class SubmissionFact(Base):
    """One submission of lead-intake. Its day is that of `occurred_at` (never after `received_at`)."""

    __tablename__ = "fact_submission"
    __table_args__ = (Index(None, "workspace_id", "received_at"), {"postgresql_with": {"fillfactor": "80"}})

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    reason: Mapped[str | None]
    result: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    entry_point: Mapped[UUID | None]
    channel: Mapped[str | None]
    provider: Mapped[str | None]
    source: Mapped[str | None]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    content: Mapped[str | None]
    term: Mapped[str | None]
    campaign_id: Mapped[str | None]
    adgroup_id: Mapped[str | None]
    ad_id: Mapped[str | None]
    channel_group: Mapped[str | None]
    landing_page: Mapped[str | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]


class InquiryFact(Base):
    """One inquiry that crm-core put on a lead or deal; `id` equals the submission's unless `direct`.

    `touches` are its first and last as `touches.py` writes them; the dimensions are those of the last non-direct one.
    """

    __tablename__ = "fact_inquiry"
    __table_args__ = (Index(None, "workspace_id", "received_at"), {"postgresql_with": {"fillfactor": "90"}})

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    result: Mapped[str]
    direct: Mapped[bool]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    entry_point: Mapped[UUID | None]
    channel: Mapped[str | None]
    provider: Mapped[str | None]
    source: Mapped[str | None]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    content: Mapped[str | None]
    term: Mapped[str | None]
    campaign_id: Mapped[str | None]
    adgroup_id: Mapped[str | None]
    ad_id: Mapped[str | None]
    channel_group: Mapped[str | None]
    landing_page: Mapped[str | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    touches: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))


class LeadFact(Base):
    """One lead: dimensions of its first inquiry's last non-direct touch, its owner now, when it reached each step.

    A step counts as reached with any later one: `contacted_at` is the first of in_progress, qualified and converted,
    `qualified_at` the first of qualified and converted, so `contacted_at <= qualified_at <= converted_at` and a lead
    converted at once has reached all. `disqualified_at` and `postponed_at` are first times too and stay after a
    reopening: ask `status` whether it is lost now. `owners` is the history `[{"owner_id", "team_id", "at"}, ...]`,
    oldest first; the owner at a moment is the last entry not after it, else the first (whom it was first given to).
    A lead with status merged counts in nothing but `merged`. `entry_point` is the `source_id`.
    """

    __tablename__ = "fact_lead"
    __table_args__ = (
        Index(None, "workspace_id", "occurred_at"),
        Index("ix_fact_lead_contact", "workspace_id", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    entry_point: Mapped[UUID | None]
    channel: Mapped[str | None]
    provider: Mapped[str | None]
    source: Mapped[str | None]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    content: Mapped[str | None]
    term: Mapped[str | None]
    campaign_id: Mapped[str | None]
    adgroup_id: Mapped[str | None]
    ad_id: Mapped[str | None]
    channel_group: Mapped[str | None]
    landing_page: Mapped[str | None]
    product: Mapped[str | None]
    region: Mapped[str | None]
    language: Mapped[str | None]
    temperature: Mapped[str]
    score: Mapped[int]
    completeness: Mapped[Decimal]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    owners: Mapped[list[dict[str, Any]]]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    loss_reason_id: Mapped[UUID | None]
    merged_into: Mapped[UUID | None]
    inquiry_count: Mapped[int]
    repeat: Mapped[bool]
    occurred_at: Mapped[datetime]
    assigned_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    converted_at: Mapped[datetime | None]
    disqualified_at: Mapped[datetime | None]
    postponed_at: Mapped[datetime | None]
    first_response_at: Mapped[datetime | None]
    respond_by: Mapped[datetime | None]
    passages: Mapped[dict[str, int]]
    updated_at: Mapped[datetime]


class DealFact(Base):
    """One deal. Its source dimensions and cohort day are its lead's: join `fact_lead` on (workspace_id, lead_id).

    `case_id` is the lead's id, or the deal's own when it has none: what is counted together. `reached` holds the first
    time in each stage (by stage id, `won`, `lost`), `passages` the number of entries.
    """

    __tablename__ = "fact_deal"
    __table_args__ = (
        Index(None, "workspace_id", "case_id"),
        Index(None, "workspace_id", "currency"),
        Index(None, "workspace_id", "created_at"),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    case_id: Mapped[UUID]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    status: Mapped[str]
    pipeline_id: Mapped[UUID]
    stage_id: Mapped[UUID]
    loss_reason_id: Mapped[UUID | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str]
    probability: Mapped[Decimal]
    owner_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    owners: Mapped[list[dict[str, Any]]]
    expected_close: Mapped[str | None]
    created_at: Mapped[datetime]
    entered_stage_at: Mapped[datetime]
    won_at: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    reached: Mapped[dict[str, str]]
    passages: Mapped[dict[str, int]]
    updated_at: Mapped[datetime]


DIMENSIONS = ("d1", "d2", "d3", "d4", "d5")


def _key(*more: Column[Any]) -> list[Column[Any]]:
    """A short key, since comparing it is most of what a cell costs; `d1` to `d5` are in `key` as a digest."""
    return [
        Column("workspace_id", Uuid, primary_key=True),
        Column("generation", BigInteger, primary_key=True, autoincrement=False),
        Column("part", Text, primary_key=True),
        Column("day", Date, primary_key=True),
        Column("key", Uuid, primary_key=True),
        *more,
        *(Column(name, Text, nullable=False) for name in DIMENSIONS),
    ]


def _waiting() -> list[Column[Any] | Index]:
    """As a cell's, with no key: rows that are only put down and taken away, the earliest days first."""
    return [
        Column("workspace_id", Uuid, nullable=False),
        Column("generation", BigInteger, nullable=False),
        Column("part", Text, nullable=False),
        Column("day", Date, nullable=False),
        *(Column(name, Text, nullable=False) for name in DIMENSIONS),
        Index(None, "workspace_id", "generation", "day"),
    ]


def _sums(count: type[BigInteger | Integer]) -> list[Column[Any]]:
    """NULL where nothing was counted: most of a cell's sums, which then take no room."""
    return [
        Column(name, Numeric if name.endswith("_amount") else count, nullable=True) for name in columns_of(*FAMILIES_OF)
    ]


cell = Table(
    "cell",
    Base.metadata,
    *_key(),
    *_sums(BigInteger),
    postgresql_with={"fillfactor": "80"},
)
"""Sums over facts by `part` (family, basis and grain, as `measures.part` writes them) and local day, or month by its
first: a column for each measure, and for its amount. `d1` to `d5` are the family's dimensions in the order of
`measures.FAMILIES`, '' where absent or unused; ids are text. A sum of nothing is NULL, one whose facts went away 0."""

cell_time = Table(
    "cell_time",
    Base.metadata,
    *_key(Column("measure", Text, primary_key=True)),
    Column("n", BigInteger, nullable=False),
    Column("spread", Numeric, nullable=False),
    postgresql_with={"fillfactor": "80"},
)
"""Lengths of time of `n` cases, by the same keys and a timed measure: `spread` is their histogram as one number
(`measures.LANE`)."""

chunk_sum = Table("chunk_sum", Base.metadata, *_waiting(), *_sums(Integer))
"""What chunks of facts count for in a generation that is being built, until that is gathered into its cells: by local
day and `part` (a base of `gathering.py`, whose dimensions `d1` to `d5` are, and the basis); a key may be there often.
Plain integers are summed in a fraction of the time that larger ones take."""

chunk_time = Table(
    "chunk_time",
    Base.metadata,
    *_waiting(),
    Column("measure", Text, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("spread", Numeric, nullable=False),
)
"""Lengths of time by the same, as in `cell_time`."""
