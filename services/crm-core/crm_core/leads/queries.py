"""Reading leads; every query names its workspace, and what requests see is narrowed to what the caller may see."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, case, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner
from crm_core.access.visibility import visible
from crm_core.contacts import points
from crm_core.leads.tables import DuplicateSuggestion, Lead, LeadKey
from crm_core.leads.wire import lead_event

PHONE_FROM_DIGITS = 7


class LeadFilter(NamedTuple):
    """By what a list of leads is narrowed."""

    status: Sequence[str] = ()
    owner_id: UUID | None = None
    team_id: UUID | None = None
    source_id: UUID | None = None
    contact_id: UUID | None = None
    channel: str | None = None
    temperature: str | None = None
    unassigned: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    q: str | None = None
    tag: str | None = None


EQUAL = ("owner_id", "team_id", "source_id", "contact_id", "channel", "temperature")


def seen_by(caller: Caller) -> Select[Any]:
    """The leads that the caller may see."""
    return select(Lead).where(
        Lead.workspace_id == caller.workspace, visible(caller, owner=Lead.owner_id, team=Lead.team_id)
    )


def leads(caller: Caller, by: LeadFilter, *, region: str) -> Select[Any]:
    """The leads that the caller may see and the filter lets through; times from inclusive, to exclusive.

    `q` is a phone as dialled in `region`, an e-mail address, or a part of a name."""
    statement = seen_by(caller)
    for field in EQUAL:
        if (value := getattr(by, field)) is not None:
            statement = statement.where(getattr(Lead, field) == value)
    if by.status:
        statement = statement.where(Lead.status.in_(by.status))
    if by.unassigned is not None:
        statement = statement.where(Lead.owner_id.is_(None) if by.unassigned else Lead.owner_id.is_not(None))
    if by.created_from is not None:
        statement = statement.where(Lead.created_at >= by.created_from)
    if by.created_to is not None:
        statement = statement.where(Lead.created_at < by.created_to)
    if by.tag is not None:
        statement = statement.where(Lead.tags.contains([by.tag]))
    if by.q:
        statement = statement.where(_searched(by.q, region))
    return statement


def searches_names(q: str | None, region: str) -> bool:
    """Whether `q` is a part of a name, not a phone or an e-mail address."""
    return bool(q) and _address_in(q or "", region) is None


def _searched(q: str, region: str) -> ColumnElement[bool]:
    address = _address_in(q, region)
    if address is None:
        return Lead.search_name.contains(q.strip().lower(), autoescape=True)
    return exists(
        select(LeadKey.value).where(
            LeadKey.workspace_id == Lead.workspace_id,
            LeadKey.lead_id == Lead.id,
            LeadKey.kind == address.kind,
            LeadKey.value == address.value,
        )
    )


def _address_in(q: str, region: str) -> points.Point | None:
    if (address := points.email(q)) is not None:
        return points.Point("email", address)
    digits = sum(character.isdigit() for character in q)
    number = points.phone(q, region) if digits >= PHONE_FROM_DIGITS else None
    return points.Point("phone", number) if number else None


async def lead_by_id(session: AsyncSession, caller: Caller, lead_id: UUID, *, lock: bool = False) -> Lead:
    """The lead if the caller may see it, else raises `NotFound`. A locked one stays outside the session: it is
    written by `store`."""
    statement = seen_by(caller).where(Lead.id == lead_id)
    found: Lead | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such lead.")
    if lock:
        session.expunge(found)
    return found


async def leads_seen_among(session: AsyncSession, caller: Caller, ids: Iterable[UUID | None]) -> dict[UUID, Owner]:
    """Those of the ids that are leads the caller may see, with who owns them."""
    named = {lead_id for lead_id in ids if lead_id is not None}
    if not named:
        return {}
    columns = seen_by(caller).with_only_columns(Lead.id, Lead.owner_id, Lead.team_id)
    return {
        row.id: Owner(row.owner_id, row.team_id) for row in await session.execute(columns.where(Lead.id.in_(named)))
    }


async def suggestions_for(session: AsyncSession, caller: Caller, lead_id: UUID) -> list[DuplicateSuggestion]:
    """The open suggestions about a lead whose other lead the caller may see too, the surest first."""
    pair = DuplicateSuggestion
    other = case((pair.lead_id == lead_id, pair.other_id), else_=pair.lead_id)
    found = await session.scalars(
        select(pair)
        .join(Lead, (Lead.workspace_id == pair.workspace_id) & (Lead.id == other))
        .where(
            pair.workspace_id == caller.workspace,
            or_(pair.lead_id == lead_id, pair.other_id == lead_id),
            pair.status == "open",
            visible(caller, owner=Lead.owner_id, team=Lead.team_id),
        )
        .order_by(pair.score.desc(), pair.id)
    )
    return list(found)


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all leads."""
    page = paged(select(Lead), key=(Lead.workspace_id, Lead.id), workspace_id=workspace_id, after=after, limit=limit)
    return [lead_event("lead.updated", row) for row in await session.scalars(page)]
