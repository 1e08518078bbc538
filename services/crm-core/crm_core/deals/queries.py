"""Reading deals; every query names its workspace, and what requests see is narrowed to what the caller may see."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.events import DealState
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from leadkit.tokens import Caller
from sqlalchemy import Numeric, Select, cast, func, literal, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm_core.access.ownership import Owner
from crm_core.access.visibility import visible
from crm_core.deals.tables import Deal, StageChange


class OpenDeals(NamedTuple):
    """Open deals of one owner in one stage and currency, expected to close in one month."""

    month: date | None
    currency: str
    stage_id: UUID
    owner_id: UUID | None
    deals: int
    amount: Decimal
    weighted: Decimal


class Closed(NamedTuple):
    """Closed deals of one owner that were in a stage once."""

    stage_id: UUID
    owner_id: UUID | None
    won: int
    closed: int


def seen_by(caller: Caller) -> Select[Any]:
    """The deals that the caller may see."""
    seen = visible(caller, owner=Deal.owner_id, team=Deal.team_id)
    return select(Deal).where(Deal.workspace_id == caller.workspace, seen)


async def deal_by_id(session: AsyncSession, caller: Caller, deal_id: UUID, *, lock: bool = False) -> Deal:
    """The deal if the caller may see it, else raises `NotFound`. With `lock` nobody else changes it meanwhile."""
    statement = seen_by(caller).where(Deal.id == deal_id)
    found: Deal | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such deal.")
    return found


async def deals_seen_among(session: AsyncSession, caller: Caller, ids: Iterable[UUID | None]) -> dict[UUID, Owner]:
    """Those of the ids that are deals the caller may see, with who owns them."""
    named = {deal_id for deal_id in ids if deal_id is not None}
    if not named:
        return {}
    columns = seen_by(caller).with_only_columns(Deal.id, Deal.owner_id, Deal.team_id)
    return {
        row.id: Owner(row.owner_id, row.team_id) for row in await session.execute(columns.where(Deal.id.in_(named)))
    }


async def open_deals_of_contacts(session: AsyncSession, workspace_id: UUID, contact_ids: Sequence[UUID]) -> list[Deal]:
    """The open deals of these contacts, newest first."""
    return await _open(session, select(Deal).where(Deal.workspace_id == workspace_id, Deal.contact_id.in_(contact_ids)))


async def open_deals_of_leads(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> list[Deal]:
    """The open deals that these leads became, newest first."""
    return await _open(session, select(Deal).where(Deal.workspace_id == workspace_id, Deal.lead_id.in_(lead_ids)))


async def _open(session: AsyncSession, statement: Select[Deal]) -> list[Deal]:
    newest_first = statement.where(Deal.status == "open").order_by(Deal.created_at.desc(), Deal.id.desc())
    return list(await session.scalars(newest_first))


def deal_ids_of(workspace_id: InstrumentedAttribute[UUID], contact_id: InstrumentedAttribute[UUID]) -> Select[UUID]:
    """The deals of a contact that the statement around it names by these columns, oldest first."""
    mine = (Deal.workspace_id == workspace_id, Deal.contact_id == contact_id)
    return select(Deal.id).where(*mine).order_by(Deal.created_at, Deal.id)


async def deals_won(
    session: AsyncSession,
    workspace_id: UUID,
    since: datetime,
    until: datetime,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Deal]:
    """The deals won in the period, in that order, behind a place (moment and id).

    Whatever was won then has been changed since, which narrows the search by an index."""
    statement = select(Deal).where(
        Deal.workspace_id == workspace_id, Deal.updated_at >= since,
        Deal.status == "won", Deal.won_at >= since, Deal.won_at < until,
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(Deal.won_at, Deal.id) > tuple_(literal(after[0]), literal(after[1])))
    return list(await session.scalars(statement.order_by(Deal.won_at, Deal.id).limit(limit)))


async def open_deals(
    session: AsyncSession, caller: Caller, *, pipeline_id: UUID | None, owner_id: UUID | None
) -> list[OpenDeals]:
    """What the open deals the caller may see are worth, by month, currency, stage and owner; without a month last."""
    wanted = seen_by(caller).where(Deal.status == "open")
    if pipeline_id is not None:
        wanted = wanted.where(Deal.pipeline_id == pipeline_id)
    if owner_id is not None:
        wanted = wanted.where(Deal.owner_id == owner_id)
    mine = wanted.subquery().c
    by = (func.date_trunc("month", mine.expected_close).label("month"), mine.currency, mine.stage_id, mine.owner_id)
    amount = func.coalesce(mine.amount, 0)
    weighted = func.sum(amount * cast(mine.probability, Numeric))
    rows = await session.execute(
        select(*by, func.count(), func.sum(amount), weighted).group_by(*by).order_by(by[0].nulls_last(), *by[1:])
    )
    return [OpenDeals(begin.date() if begin else None, *rest) for begin, *rest in rows]


async def closed_deals(
    session: AsyncSession, caller: Caller, stage_ids: Sequence[UUID], *, since: datetime
) -> list[Closed]:
    """How the deals the caller may see that were won or lost since then ended, by owner and by each of the stages that
    they were in. Whatever was closed since has been changed since, which narrows the search by an index."""
    ended = func.coalesce(Deal.won_at, Deal.lost_at)
    wanted = seen_by(caller).where(Deal.updated_at >= since, Deal.status.in_(("won", "lost")), ended >= since)
    mine = wanted.with_only_columns(Deal.reached, Deal.owner_id, Deal.status).subquery()
    stage = func.jsonb_object_keys(mine.c.reached).table_valued("id", name="stage").render_derived()
    rows = await session.execute(
        select(stage.c.id, mine.c.owner_id, func.count().filter(mine.c.status == "won"), func.count())
        .select_from(mine.join(stage, true()))
        .where(stage.c.id.in_([str(stage_id) for stage_id in stage_ids]))
        .group_by(stage.c.id, mine.c.owner_id)
    )
    return [Closed(UUID(stage_id), owner_id, won, closed) for stage_id, owner_id, won, closed in rows]


async def stage_changes(session: AsyncSession, workspace_id: UUID, deal_id: UUID) -> list[StageChange]:
    """The passages of a deal, oldest first."""
    statement = select(StageChange).where(StageChange.workspace_id == workspace_id, StageChange.deal_id == deal_id)
    return list(await session.scalars(statement.order_by(StageChange.at, StageChange.id)))


def state_of(deal: Deal) -> DealState:
    """The deal as its events tell it."""
    fields = {field: getattr(deal, field) for field in DealState.model_fields}
    fields["custom"] = deal.custom_told
    fields["expected_close"] = deal.expected_close.isoformat() if deal.expected_close else None
    return DealState.model_validate(fields)


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all deals."""
    page = paged(select(Deal), key=(Deal.workspace_id, Deal.id), workspace_id=workspace_id, after=after, limit=limit)
    return [NewEvent("deal.updated", row.workspace_id, row.id, state_of(row)) for row in await session.scalars(page)]
