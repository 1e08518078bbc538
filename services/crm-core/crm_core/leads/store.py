"""Writing what happened to leads: a handful of statements, however many leads there are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy import ARRAY, Select, Text, bindparam, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.assignment.actions import Outcome, explain
from crm_core.contacts.points import Kind, Point
from crm_core.leads.tables import DuplicateSuggestion, Lead, LeadKey, LeadTransition, MatchKey
from crm_core.rows import insert_rows, new_row, update_rows


@dataclass(slots=True)
class Changes:
    """New and changed leads with all that is to be stored, and told, about them at once."""

    created: list[Lead] = field(default_factory=list)
    changed: list[Lead] = field(default_factory=list)
    history: list[LeadTransition] = field(default_factory=list)
    keys: list[LeadKey] = field(default_factory=list)
    suggestions: list[DuplicateSuggestion] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)


async def store(session: AsyncSession, workspace_id: UUID, changes: Changes, *, by: str, now: datetime) -> None:
    """Writes the changes and publishes their events; changed leads must be locked."""
    await insert_rows(session, changes.created)
    await update_rows(session, changes.changed)
    await insert_rows(session, changes.keys, ignore_existing=True)
    await insert_rows(session, changes.history)
    await insert_rows(session, changes.suggestions, ignore_existing=True)
    await explain(session, workspace_id, changes.outcomes, by=by, now=now)
    await publish(session, changes.events)


async def lock_keys(session: AsyncSession, workspace_id: UUID, points: Iterable[Point]) -> None:
    """Makes everybody else who deals with these addresses wait until the transaction ends.

    The first of all locks: one call with everything that a transaction touches, in sorted order."""
    wanted = sorted(set(points))
    if not wanted:
        return
    await insert_rows(
        session,
        [new_row(MatchKey, workspace_id=workspace_id, kind=point.kind, value=point.value) for point in wanted],
        ignore_existing=True,
    )
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


async def forget_keys(session: AsyncSession, lead: Lead) -> None:
    """Removes the lead's keys, before others are stored."""
    await session.execute(delete(LeadKey).where(LeadKey.workspace_id == lead.workspace_id, LeadKey.lead_id == lead.id))


def keys_for(lead: Lead, points: Iterable[Point]) -> list[LeadKey]:
    """The rows by which these addresses lead to the lead."""
    return [
        new_row(LeadKey, workspace_id=lead.workspace_id, kind=point.kind, value=point.value, lead_id=lead.id)
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
