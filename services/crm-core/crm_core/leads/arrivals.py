"""What a batch of inquiries does to leads: found and locked at once, changed in memory, stored at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.touches import outgoing
from leadkit.outbox import NewEvent
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner
from crm_core.contacts.points import Point
from crm_core.duplicates.rules import Sign
from crm_core.duplicates.suggesting import suggestion
from crm_core.leads import card, lifecycle, store
from crm_core.leads.handing import give_by_rules, give_to, orphaned
from crm_core.leads.rules import OPEN
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.rows import Write
from crm_core.scoring.defaults import DEFAULT_MODEL
from crm_core.scoring.queries import model_of
from crm_core.scoring.rules import Model

LIVE = (*OPEN, "postponed")
ONE_INQUIRY = Sign("one_inquiry", 1.0, "one inquiry names addresses of both")


@dataclass(slots=True)
class Arrivals:
    """The leads that a batch of inquiries meets. `model`: how they are scored; `owners`: previous owners of the persons
    of new leads; `named`: owners that people chose for new leads; `told`: the event by which each changed lead will be
    told; `outgoing`: attribution as events tell it, made once."""

    workspace_id: UUID
    model: Model = DEFAULT_MODEL
    leads: dict[UUID, Lead] = field(default_factory=dict)
    with_point: dict[Point, set[UUID]] = field(default_factory=dict)
    owners: dict[UUID, UUID | None] = field(default_factory=dict)
    told: dict[UUID, str] = field(default_factory=dict)
    named: dict[UUID, Owner] = field(default_factory=dict)
    outgoing: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    changes: store.Changes = field(default_factory=store.Changes)

    def of(self, points: Iterable[Point]) -> set[UUID]:
        """The leads that have one of these addresses."""
        return set().union(*(self.with_point.get(point, ()) for point in points))


async def meet(
    session: AsyncSession, workspace_id: UUID, points: Sequence[Point], lead_ids: Iterable[UUID]
) -> Arrivals:
    """Finds and locks every lead with one of the addresses, and those named; the addresses must be locked."""
    found = await store.leads_with(session, workspace_id, points)
    leads = await store.lock_leads(session, workspace_id, {*lead_ids, *(lead_id for _, lead_id in found)})
    arrivals = Arrivals(workspace_id, await model_of(session, workspace_id), {lead.id: lead for lead in leads})
    for point, lead_id in found:
        arrivals.with_point.setdefault(point, set()).add(lead_id)
    return arrivals


def create(arrivals: Arrivals, start: card.Beginning, *, previous_owner: UUID | None, by: str, now: datetime) -> Lead:
    """A new lead from an inquiry; it gets its owner when the batch is finished."""
    lead = card.begin(arrivals.workspace_id, start, arrivals.model, now=now)
    arrivals.leads[lead.id] = lead
    arrivals.owners[lead.id] = previous_owner
    arrivals.outgoing[lead.id] = start.outgoing or outgoing(start.attribution)
    arrivals.changes.created.append(lead)
    step = lifecycle.Step(by=by, at=start.occurred_at, now=now)
    arrivals.changes.history.append(lifecycle.history(lead, "create", step, before=None))
    _know(arrivals, lead, start.keys)
    return lead


def attach(arrivals: Arrivals, lead_id: UUID, more: card.Beginning, *, counts: bool, by: str, now: datetime) -> None:
    """Puts an inquiry on a lead; a postponed or disqualified one comes back. Addresses that other live leads have stay
    theirs. `counts`: it is an inquiry of its own, not an update."""
    lead = arrivals.leads[lead_id]
    if lead.status not in OPEN:
        step = lifecycle.Step(by=by, at=now, now=now, by_rules=True)
        arrivals.changes.history.append(lifecycle.take(lead, "reopen", step))
        arrivals.told[lead_id] = "lead.reopened"
    new = [point for point in more.points if not _of_another(arrivals, lead, point)]
    card.fill_up(lead, more, new)
    _know(arrivals, lead, [point for point in new if point not in more.unmatched])
    if counts:
        lead.inquiry_count += 1
        for what in more.behaviour:
            card.behaved(lead, what)
        lead.last_activity_at = max(lead.last_activity_at, more.occurred_at)
    card.refresh(lead, arrivals.model, now=now)
    if lead_id not in arrivals.owners:
        arrivals.told.setdefault(lead_id, "lead.updated")


def suggest(arrivals: Arrivals, lead_id: UUID, points: Sequence[Point], *, now: datetime) -> None:
    """Notes that others found by the same inquiry may be the same person as the lead: live ones, and refused or
    converted ones that share no address with it (those that share one are its past)."""
    own = set(card.points_on(arrivals.leads[lead_id]))
    for other_id in arrivals.of(points) - {lead_id}:
        other = arrivals.leads[other_id]
        if other.status == "merged" or (other.status not in LIVE and not own.isdisjoint(card.points_on(other))):
            continue
        arrivals.changes.suggestions.append(
            suggestion(arrivals.workspace_id, "lead", lead_id, other_id, [ONE_INQUIRY], now=now)
        )


async def finish(
    session: AsyncSession,
    arrivals: Arrivals,
    *,
    also: Sequence[Write] = (),
    events: Sequence[NewEvent] = (),
    by: str,
    now: datetime,
) -> None:
    """Gives out what has no owner (any more), stores everything, `also` what refers to these leads, and publishes the
    events of the leads and then `events`.

    Takes the last lock of the transaction: whose turn it is."""
    changes = arrivals.changes
    for lead in changes.created:
        changes.events.append(lead_event("lead.created", lead, arrivals.outgoing[lead.id]))
        if lead.id in arrivals.named:
            step = lifecycle.Step(by=by, at=lead.occurred_at, now=now)
            give_to(lead, arrivals.named[lead.id], changes, step, outgoing=arrivals.outgoing)
    for lead_id, event in arrivals.told.items():
        lead = arrivals.leads[lead_id]
        lifecycle.touch(lead, now)
        changes.changed.append(lead)
        changes.events.append(lead_event(event, lead))
    given = await _to_give(session, arrivals)
    await give_by_rules(session, arrivals.workspace_id, given, changes, outgoing=arrivals.outgoing, now=now)
    changes.also += also
    changes.events += events
    await store.store(session, arrivals.workspace_id, changes, by=by, now=now)


async def _to_give(session: AsyncSession, arrivals: Arrivals) -> list[tuple[Lead, UUID | None]]:
    """New leads, and those that came back to nobody or to somebody who is away for good."""
    back = [arrivals.leads[lead_id] for lead_id, event in arrivals.told.items() if event == "lead.reopened"]
    return [
        *((lead, arrivals.owners[lead.id]) for lead in arrivals.changes.created if lead.owner_id is None),
        *((lead, lead.owner_id) for lead in await orphaned(session, arrivals.workspace_id, back)),
    ]


def _know(arrivals: Arrivals, lead: Lead, points: Iterable[Point]) -> None:
    new = [point for point in points if lead.id not in arrivals.with_point.setdefault(point, set())]
    for point in new:
        arrivals.with_point[point].add(lead.id)
    arrivals.changes.keys += store.keys_for(lead, new)


def _of_another(arrivals: Arrivals, lead: Lead, point: Point) -> bool:
    others = arrivals.with_point.get(point, set()) - {lead.id}
    return any(arrivals.leads[other].status in LIVE for other in others)
