"""Setting deadlines, and what becomes of them as leads are answered, closed or handed on; for many leads at once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from leadkit.ids import new_id
from leadkit.outbox import NewEvent
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.deadlines import rules
from crm_core.deadlines.rules import Times
from crm_core.deadlines.tables import Deadline
from crm_core.deadlines.wire import deadline_event
from crm_core.rows import Write, new_row, put
from crm_core.working_time.queries import calendars_of
from crm_core.working_time.rules import Calendar, working_between

RUNNING = ("open", "breached")
"""A response is still waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """Somebody got a lead, and what the rule that gave it expects of them."""

    lead_id: UUID
    owner_id: UUID
    team_id: UUID | None
    rule_id: UUID | None
    response: Mapping[str, Any]
    step: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How things are with a lead: who has it, whether it is open, and when it was first answered, if it was."""

    lead_id: UUID
    owner_id: UUID | None
    team_id: UUID | None
    is_open: bool
    answered_at: datetime | None


@dataclass(slots=True)
class Kept:
    """New and changed deadlines, and what is to be told of them."""

    new: list[Deadline] = field(default_factory=list)
    changed: list[Deadline] = field(default_factory=list)
    events: list[NewEvent] = field(default_factory=list)

    def writes(self) -> list[Write]:
        """What is to be written with the leads."""
        return [Write(self.new), Write(self.changed, "update")]


async def set_deadlines(
    session: AsyncSession, workspace_id: UUID, promises: Sequence[Promise], *, now: datetime
) -> list[Deadline]:
    """The deadlines for these, to be written with their leads; two statements, none where nothing is promised."""
    if not promises:
        return []
    calendars = await calendars_of(session, workspace_id, {promise.owner_id for promise in promises})
    known: dict[Any, Times] = {}
    made = []
    for promise in promises:
        terms = rules.terms_of(promise.response)
        key = (promise.owner_id, terms)
        if key not in known:
            known[key] = rules.times(terms, calendars[promise.owner_id], now)
        made.append(_row(workspace_id, promise, known[key], now))
    return made


async def keep_deadlines(
    session: AsyncSession, workspace_id: UUID, standings: Sequence[Standing], *, now: datetime
) -> Kept:
    """Brings the deadlines of these (locked) leads in line with how things are: an answer fulfils them, also when it
    comes late; a closed lead ends them; who gets the lead from somebody else has a deadline of the same kind."""
    kept, promises = Kept(), list[Promise]()
    if not standings:
        return kept
    by_lead = {standing.lead_id: standing for standing in standings}
    rows = await running(session, workspace_id, list(by_lead))
    calendars = await calendars_of(session, workspace_id, {row.owner_id for row in rows})
    for lead_id, of_lead in groupby(rows, key=lambda row: row.lead_id):
        standing, chain = by_lead[lead_id], list(of_lead)
        if standing.answered_at is not None:
            _answer(kept, chain, standing.answered_at, calendars, now)
        elif not standing.is_open:
            _end(kept, chain, now)
        elif chain[-1].owner_id != standing.owner_id:
            _end(kept, chain, now)
            promises += _same_for(standing, chain[-1])
    kept.new += await set_deadlines(session, workspace_id, promises, now=now)
    return kept


async def running(session: AsyncSession, workspace_id: UUID, lead_ids: Collection[UUID]) -> list[Deadline]:
    """The deadlines of these leads that wait for a response, by lead in the order they were set; not in the session."""
    found = await session.scalars(
        select(Deadline)
        .where(Deadline.workspace_id == workspace_id, Deadline.lead_id.in_(lead_ids), Deadline.status.in_(RUNNING))
        .order_by(Deadline.lead_id, Deadline.id)
        .execution_options(populate_existing=True)
    )
    rows = list(found)
    for row in rows:
        session.expunge(row)
    return rows


def look_at(row: Deadline, now: datetime) -> NewEvent | None:
    """What the moment makes of an open deadline: a breach, a reminder, or (it is too early) nothing."""
    breach = rules.missed(_times(row), now)
    if breach is not None:
        put(row, status="breached", breach=breach[0], breached_at=breach[1], wake_at=None)
        return _changed("deadline.breached", row, now)
    if row.reminded_at is None and row.remind_at is not None and row.remind_at <= now:
        put(row, reminded_at=now, wake_at=rules.wake_at(_times(row), reminded=True))
        return _changed("deadline.due_soon", row, now)
    return None


def _answer(
    kept: Kept, chain: Sequence[Deadline], at: datetime, calendars: Mapping[UUID, Calendar], now: datetime
) -> None:
    """The response came: in time, or too late for those who missed it. The time lost is that of the first who had the
    lead and of who has it now; those between only passed it on."""
    for row in chain:
        calendar = calendars[row.owner_id]
        breach = rules.missed(_times(row), at) if row.status == "open" else None
        if breach is not None:
            put(row, status="breached", breach=breach[0], breached_at=breach[1])
            kept.events.append(_changed("deadline.breached", row, now))
        in_time, ends = row.breached_at is None, row is chain[0] or row is chain[-1]
        lost = working_between(calendar, row.breached_at, at) if row.breached_at is not None and ends else None
        put(
            row, status="met" if in_time else "late", fulfilled_at=at, wake_at=None,
            worked_s=int(working_between(calendar, row.set_at, at).total_seconds()),
            lost_s=0 if lost is None else int(lost.total_seconds()),
        )  # fmt: skip
        kept.events.append(_changed("deadline.fulfilled", row, now))
        kept.changed.append(row)


def _end(kept: Kept, chain: Iterable[Deadline], now: datetime) -> None:
    """Nobody waits any more for who has not missed it yet; a breach stays one."""
    for row in chain:
        if row.status == "open":
            put(row, status="void", wake_at=None, version=row.version + 1, updated_at=now)
            kept.changed.append(row)


def _same_for(standing: Standing, last: Deadline) -> list[Promise]:
    """What is expected of whoever has the lead now; after a breach the chain goes on behind where it was."""
    if standing.owner_id is None:
        return []
    step = last.step + 1 if last.status == "breached" else last.step
    return [
        Promise(
            lead_id=standing.lead_id, owner_id=standing.owner_id, team_id=standing.team_id, rule_id=last.rule_id,
            response=last.response, step=step,
        )
    ]  # fmt: skip


def _row(workspace_id: UUID, promise: Promise, moments: Times, now: datetime) -> Deadline:
    return new_row(
        Deadline, workspace_id=workspace_id, id=new_id(), version=1, status="open", lead_id=promise.lead_id,
        owner_id=promise.owner_id, team_id=promise.team_id, rule_id=promise.rule_id, response=dict(promise.response),
        step=promise.step, set_at=now, due_at=moments.due_at, remind_at=moments.remind_at,
        accept_by=moments.accept_by, wake_at=rules.wake_at(moments, reminded=False), reminded_at=None,
        breached_at=None, breach=None, fulfilled_at=None, worked_s=None, lost_s=None, updated_at=now,
    )  # fmt: skip


def _times(row: Deadline) -> Times:
    return Times(row.due_at, row.remind_at, row.accept_by)


def _changed(event: str, row: Deadline, now: datetime) -> NewEvent:
    put(row, version=row.version + 1, updated_at=now)
    return deadline_event(event, row)
