"""Writing what happened to leads: a handful of statements, however many leads there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy import ARRAY, Select, Text, bindparam, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities.following import Handed, follow_owners
from crm_core.assignment.actions import Outcome, explanations
from crm_core.base import Base
from crm_core.contacts.points import Kind, Point
from crm_core.deadlines.actions import Standing, keep_deadlines
from crm_core.leads.rules import OPEN
from crm_core.leads.tables import Lead, LeadKey, LeadTransition, MatchKey
from crm_core.rows import Write, fixed_row, write


@dataclass(slots=True)
class Changes:
    """New and changed leads with all that is to be stored, and told, about them at once; `handed` are those that went
    to another owner, with the former one, `also` is what belongs to them in other slices."""

    created: list[Lead] = field(default_factory=list)
    changed: list[Lead] = field(default_factory=list)
    history: list[LeadTransition] = field(default_factory=list)
    keys: list[LeadKey] = field(default_factory=list)
    suggestions: list[Base] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    handed: list[tuple[UUID, UUID | None]] = field(default_factory=list)
    also: list[Write] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)

    def add(self, more: "Changes") -> None:
        """With what else happened."""
        for part in fields(self):
            getattr(self, part.name).extend(getattr(more, part.name))


async def store(session: AsyncSession, workspace_id: UUID, changes: Changes, *, by: str, now: datetime) -> None:
    """Writes the changes and publishes their events; changed leads must be locked. Deadlines of leads that were
    answered, closed or handed on follow, and what is planned on these."""
    deadlines = await keep_deadlines(session, workspace_id, _standings(changes), now=now)
    await write(
        session,
        [
            Write(changes.created),
            Write(changes.changed, "update"),
            Write(changes.keys, "insert_new"),
            Write(changes.history),
            Write(changes.suggestions, "insert_new"),
            explanations(workspace_id, changes.outcomes, by=by, now=now),
            *changes.also,
            *deadlines.writes(),
        ],
    )
    await follow_owners(session, workspace_id, _handed(changes), now=now)
    await publish(session, [*changes.events, *deadlines.events])


def _handed(changes: Changes) -> dict[UUID, Handed]:
    """The leads that had somebody, or waited, before; on new ones nothing is planned yet."""
    changed = {lead.id: lead for lead in changes.changed}
    former = dict(reversed(changes.handed))  # whoever had it first
    return {
        lead_id: Handed(owner_id, changed[lead_id].owner_id, changed[lead_id].team_id)
        for lead_id, owner_id in former.items()
        if lead_id in changed
    }


def _standings(changes: Changes) -> list[Standing]:
    """How things are with the changed leads whose deadlines may have to follow; most have none."""
    handed = {outcome.lead_id for outcome in changes.outcomes}
    return [
        Standing(
            lead_id=lead.id, owner_id=lead.owner_id, team_id=lead.team_id, is_open=lead.status in OPEN,
            answered_at=lead.first_response_at,
        )
        for lead in {lead.id: lead for lead in changes.changed}.values()
        if (lead.respond_by is not None or lead.status == "postponed")
        and (lead.first_response_at is not None or lead.status not in OPEN or lead.id in handed)
    ]  # fmt: skip


async def lock_keys(session: AsyncSession, workspace_id: UUID, points: Iterable[Point]) -> None:
    """Makes everybody else who deals with these addresses wait until the transaction ends.

    The first of all locks: one call with everything that a transaction touches, in sorted order."""
    wanted = sorted(set(points))
    if not wanted:
        return
    rows = [fixed_row(MatchKey, workspace_id=workspace_id, kind=point.kind, value=point.value) for point in wanted]
    await write(session, [Write(rows, "insert_new")])
    await session.execute(
        select(MatchKey.kind)
        .where(MatchKey.workspace_id == workspace_id, tuple_(MatchKey.kind, MatchKey.value).in_(_table(wanted)))
        .order_by(MatchKey.kind, MatchKey.value)
        .with_for_update()
    )


async def leads_with(session: AsyncSession, workspace_id: UUID, points: Sequence[Point]) -> list[tuple[Point, UUID]]:
    """Which lead has which of these addresses."""
    if not points:
        return []
    found = await session.execute(
        select(LeadKey.kind, LeadKey.value, LeadKey.lead_id).where(
            LeadKey.workspace_id == workspace_id, tuple_(LeadKey.kind, LeadKey.value).in_(_table(points))
        )
    )
    return [(Point(cast(Kind, kind), value), lead_id) for kind, value, lead_id in found]


async def lock_leads(session: AsyncSession, workspace_id: UUID, lead_ids: Iterable[UUID]) -> list[Lead]:
    """The leads of these ids, locked in order, outside the session: `store` writes them."""
    wanted = sorted(set(lead_ids))
    if not wanted:
        return []
    found = await session.scalars(
        select(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.id.in_(wanted))
        .order_by(Lead.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    leads = list(found)
    for lead in leads:
        session.expunge(lead)
    return leads


async def lock_persons(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> None:
    """`lock_keys` with all addresses of these leads: other leads of the same persons wait."""
    keys = await keys_of(session, workspace_id, lead_ids)
    await lock_keys(session, workspace_id, [point for points in keys.values() for point in points])


async def keys_of(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> dict[UUID, list[Point]]:
    """The addresses that lead to each of these leads."""
    found = await session.execute(
        select(LeadKey.lead_id, LeadKey.kind, LeadKey.value)
        .where(LeadKey.workspace_id == workspace_id, LeadKey.lead_id.in_(lead_ids))
        .order_by(LeadKey.kind.desc(), LeadKey.value)
    )
    keys: dict[UUID, list[Point]] = {lead_id: [] for lead_id in lead_ids}
    for lead_id, kind, value in found:
        keys[lead_id].append(Point(cast(Kind, kind), value))
    return keys


async def forget_keys(session: AsyncSession, lead: Lead, points: Sequence[Point] | None = None) -> None:
    """Removes these of the lead's keys, or all, before others are stored."""
    mine = delete(LeadKey).where(LeadKey.workspace_id == lead.workspace_id, LeadKey.lead_id == lead.id)
    if points is not None:
        mine = mine.where(tuple_(LeadKey.kind, LeadKey.value).in_(_table(points)))
    await session.execute(mine)


def keys_for(lead: Lead, points: Iterable[Point]) -> list[LeadKey]:
    """The rows by which these addresses lead to the lead."""
    return [
        fixed_row(LeadKey, workspace_id=lead.workspace_id, kind=point.kind, value=point.value, lead_id=lead.id)
        for point in points
    ]


def _table(points: Sequence[Point]) -> Select[tuple[str, str]]:
    """The points as rows that a query can compare with."""
    given = (
        func.unnest(
            bindparam(None, [point.kind for point in points], type_=ARRAY(Text)),
            bindparam(None, [point.value for point in points], type_=ARRAY(Text)),
        )
        .table_valued("kind", "value")
        .render_derived()
    )
    return select(given.c.kind, given.c.value)
