"""Deadlines whose moment has come, found by a timer of the worker: the owner is reminded, and a lead that was not
answered in time goes to the next candidate, the team's head or the pool.

A batch locks its leads and commits whole, so several workers share the work and one that dies leaves nothing half
done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.worker import batch_after_batch
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.access.users.queries import heads_of
from crm_core.assignment.actions import Outcome, without_rules
from crm_core.deadlines.actions import look_at, running
from crm_core.deadlines.queries import had_by, leads_due, workspaces_due
from crm_core.deadlines.rules import ToWhom, terms_of
from crm_core.leads import lifecycle, store
from crm_core.leads.handing import give_by_rules, hand_over, take_away
from crm_core.leads.rules import OPEN
from crm_core.leads.tables import Lead
from crm_core.rows import Write, put, write
from crm_core.working_time.queries import calendars_among
from crm_core.working_time.rules import unavailable

EVERY_S = 1
BATCH = 200

Heads = Mapping[UUID | None, Sequence[UUID]]


@dataclass(slots=True)
class Late:
    """A lead whose deadline was missed: who had it before, and to whom it may still go (place in the chain, whom)."""

    lead: Lead
    had_by: frozenset[UUID]
    chain: list[tuple[int, ToWhom]] = field(default_factory=list)
    went_to: int | None = None

    @property
    def next(self) -> ToWhom | None:
        """To whom it goes now."""
        return self.chain[0][1] if self.chain else None


async def watch_deadlines(db: Database) -> int:
    """Looks at every deadline whose moment has come; answers at how many."""
    now = clock.now()
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = await workspaces_due(session, now)
    return await batch_after_batch(
        db, workspaces, lambda session, workspace_id: _batch(session, workspace_id, now), size=BATCH
    )


async def _batch(session: AsyncSession, workspace_id: UUID, now: datetime) -> int:
    """Up to BATCH leads; those that another worker or a request is at are skipped, and looked at the next time."""
    leads = await _locked(session, workspace_id, await leads_due(session, workspace_id, now, BATCH))
    rows = [row for row in await running(session, workspace_id, list(leads)) if row.status == "open"]
    changes, late, told = store.Changes(), list[Late](), []
    had = await had_by(session, workspace_id, list(leads))
    for row in rows:
        lead = leads[row.lead_id]
        if lead.status not in OPEN or lead.first_response_at is not None:
            put(row, wake_at=None)
            changes.changed.append(lead)  # `store` ends its deadline
        elif (event := look_at(row, now)) is not None:
            told.append(event)
            if row.status == "breached":
                chain = list(enumerate(terms_of(row.response).then))[row.step :]
                late.append(Late(lead, had.get(lead.id, frozenset()) | {row.owner_id}, chain))
    await _pass_on(session, workspace_id, late, changes, now)
    steps = {one.lead.id: one.went_to for one in late if one.went_to is not None}
    for row in rows:
        put(row, step=steps.get(row.lead_id, row.step))
    await write(session, [Write(rows, "update")])
    changes.events = [*told, *changes.events]
    await store.store(session, workspace_id, changes, by=SYSTEM, now=now)
    return len(leads)


async def _locked(session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]) -> dict[UUID, Lead]:
    found = await session.scalars(
        select(Lead)
        .where(Lead.workspace_id == workspace_id, Lead.id.in_(lead_ids))
        .order_by(Lead.id)
        .with_for_update(skip_locked=True)
    )
    leads = {UUID(int=lead.id.int): lead for lead in found}
    for lead in leads.values():
        session.expunge(lead)
    return leads


async def _pass_on(
    session: AsyncSession, workspace_id: UUID, late: Sequence[Late], changes: store.Changes, now: datetime
) -> None:
    """Each to the first of its chain who can take it; whoever has a lead that nobody else can take keeps it.

    The rules are asked once for all, since they count whose turn it is."""
    if not late:
        return
    heads = await _heads_at_work(session, workspace_id, now)
    step = lifecycle.Step(by=SYSTEM, at=now, now=now, by_rules=True)
    for one in late:
        _without_rules(one, heads, changes, step)
    asked = [one for one in late if one.next == "next"]
    excluded = {one.lead.id: one.had_by for one in asked}
    owners = {one.lead.id: one.lead.owner_id for one in asked}
    if asked:
        await give_by_rules(
            session, workspace_id, [(one.lead, None) for one in asked], changes, excluded=excluded, now=now
        )
    for one in asked:
        if one.lead.owner_id != owners[one.lead.id]:
            one.went_to, one.chain = one.chain[0][0], []
        one.chain = [(place, whom) for place, whom in one.chain if whom != "next"]
        _without_rules(one, heads, changes, step)
    changes.changed += [one.lead for one in late if one.went_to is not None]


def _without_rules(one: Late, heads: Heads, changes: store.Changes, step: lifecycle.Step) -> None:
    """To a head or the pool, until it went somewhere or the rules are to be asked."""
    lead = one.lead
    while one.next in ("head", "pool"):
        place, whom = one.chain[0]
        one.chain = one.chain[1:]
        near = [user for user in heads.get(lead.team_id, heads.get(None, ())) if user not in one.had_by]
        if whom == "head" and near:
            hand_over(lead, _outcome(lead, "late_head", near[lead.id.int % len(near)]), changes, step)
        elif whom == "pool":
            take_away(lead, _outcome(lead, "late_pool", None), changes, step)
        else:
            continue
        one.went_to, one.chain = place, []


def _outcome(lead: Lead, why: str, owner_id: UUID | None) -> Outcome:
    return without_rules(lead.id, why, owner_id=owner_id, team_id=lead.team_id)


async def _heads_at_work(session: AsyncSession, workspace_id: UUID, now: datetime) -> Heads:
    """The heads of each team, and (None) those above all teams, as far as they are at work."""
    heads = await heads_of(session, workspace_id)
    calendars = await calendars_among(session, workspace_id, heads)
    found: dict[UUID | None, list[UUID]] = {}
    for head in heads:
        user_id = UUID(int=head.id.int)
        if unavailable(calendars[user_id], now) is None:
            found.setdefault(head.team_id, []).append(user_id)
    return found
