"""Finding where each inquiry of a batch belongs: one search for all, then a decision and its effect one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, cast
from uuid import UUID

from leadkit.contracts.inquiry import Inquiry
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.points import Point
from crm_core.contacts.queries import contacts_by_points
from crm_core.deals.queries import open_deals_of_contacts, open_deals_of_leads
from crm_core.inquiries import queries
from crm_core.inquiries.reading import Arriving
from crm_core.inquiries.rules import KINDS, OPEN, ClosedLeadPolicy, Decision, FoundDeal, FoundLead, Outcome, decide
from crm_core.inquiries.tables import InquiryRow
from crm_core.leads import arrivals
from crm_core.leads.arrivals import Arrivals
from crm_core.leads.card import Beginning

THREAD = -1
Result = Literal["created", "attached", "reopened"]
RESULTS: dict[Outcome, Result] = {
    "create": "created",
    "attach": "attached",
    "return": "attached",
    "deal": "attached",
    "reopen": "reopened",
}


class Asking(Protocol):
    """What a place is sought for: by the addresses that tell who it is, and the messages that it answers."""

    @property
    def keys(self) -> Sequence[Point]:
        """Normalised, none of those that never match."""

    @property
    def threads(self) -> Sequence[str]:
        """The nearest first."""


class OnALead(Protocol):
    """What was put somewhere before, maybe on a lead."""

    @property
    def lead_id(self) -> UUID | None:
        """The lead, to be locked."""


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """An open deal that an inquiry may belong to."""

    id: UUID
    lead_id: UUID | None
    contact_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None
    created_at: datetime


@dataclass(slots=True)
class Surroundings:
    """Everything found for a batch: leads, contacts by address, open deals, and where messages of threads went."""

    leads: Arrivals
    contacts: dict[tuple[str, str], list[UUID]]
    deals: dict[UUID, OpenDeal]
    threads: dict[str, list[queries.ThreadEnd]]
    policy: ClosedLeadPolicy


@dataclass(frozen=True, slots=True)
class Placed:
    """An inquiry and where it went."""

    arriving: Arriving
    result: Result
    lead_id: UUID | None
    contact_id: UUID | None
    deal: OpenDeal | None = field(default=None)


async def survey(
    session: AsyncSession,
    workspace_id: UUID,
    arriving: Sequence[Asking],
    later: Iterable[OnALead],
    *,
    policy: str,
) -> Surroundings:
    """Finds, for the whole batch at once, what its inquiries may belong to, and locks the leads, those of
    `later`, the stored inquiries that will be revised, too."""
    points = list(dict.fromkeys(point for one in arriving for point in one.keys))
    threads = await queries.thread_ends(session, workspace_id, [name for one in arriving for name in one.threads])
    named = {end.lead_id for ends in threads.values() for end in ends if end.lead_id}
    named |= {row.lead_id for row in later if row.lead_id}
    leads = await arrivals.meet(session, workspace_id, points, named)
    contacts = await contacts_by_points(session, workspace_id, points)
    persons = {contact for found in contacts.values() for contact in found}
    persons |= {end.contact_id for ends in threads.values() for end in ends if end.contact_id}
    converted = [lead.id for lead in leads.leads.values() if lead.status == "converted"]
    deals = [
        *(await open_deals_of_contacts(session, workspace_id, list(persons)) if persons else ()),
        *(await open_deals_of_leads(session, workspace_id, converted) if converted else ()),
    ]
    found = {
        deal.id: OpenDeal(deal.id, deal.lead_id, deal.contact_id, deal.owner_id, deal.team_id, deal.created_at)
        for deal in deals
    }
    return Surroundings(leads, contacts, found, threads, cast(ClosedLeadPolicy, policy))


def place(around: Surroundings, one: Arriving, *, by: str, now: datetime) -> Placed:
    """Decides where the inquiry goes and puts it there; later ones of the batch find what this one made."""
    leads, deals, contacts = candidates(
        around, one.keys, [end for name in one.threads for end in around.threads.get(name, ())]
    )
    decision = decide(leads, deals, known_contact=bool(contacts), policy=around.policy)
    placed = _put(around, one, decision, next(iter(contacts), None), by=by, now=now)
    if one.thread_id is not None:
        end = queries.ThreadEnd(placed.lead_id, placed.contact_id)
        around.threads.setdefault(one.thread_id, []).insert(0, end)
    return placed


def candidates(
    around: Surroundings, points: Sequence[Point], ends: Sequence[queries.ThreadEnd] = ()
) -> tuple[list[FoundLead], list[FoundDeal], list[UUID]]:
    """The leads, open deals and contacts (the best first) that addresses and threads lead to."""
    contacts = _ranked_contacts(around, points)
    leads = _leads(around, points, ends)
    return leads, _deals(around, leads, contacts, ends), list(contacts)


def learn(around: Surroundings, one: Arriving, row: InquiryRow, *, by: str, now: datetime) -> None:
    """A revised inquiry may tell its lead more, while somebody works on that; it moves nowhere."""
    lead = around.leads.leads.get(row.lead_id) if row.lead_id else None
    if lead is not None and lead.status in OPEN and row.deal_id is None:
        arrivals.attach(around.leads, lead.id, beginning_of(one), counts=False, by=by, now=now)


def beginning_of(one: Arriving, *, contact_id: UUID | None = None, repeat: bool = False) -> Beginning:
    """What the inquiry tells a lead's card."""
    inquiry = one.inquiry
    return Beginning(
        person=inquiry.person,
        points=one.points,
        unmatched=one.unmatched,
        subject=inquiry.subject,
        message=inquiry.message,
        product=inquiry.product,
        region=inquiry.region,
        language=inquiry.language,
        source_id=inquiry.source_id,
        channel=inquiry.channel,
        provider=inquiry.provider,
        attribution=inquiry.attribution,
        budget=inquiry.budget,
        contact_id=contact_id,
        repeat=repeat,
        inquiries=1,
        behaviour=_behaviour(inquiry),
        occurred_at=one.occurred_at,
        outgoing=one.outgoing,
    )


def _behaviour(inquiry: Inquiry) -> dict[str, int]:
    """What it says of how the person behaves: a call that was taken, an answer to what we wrote."""
    spoke = inquiry.call is not None and inquiry.call.result == "answered"
    return {**({"calls_answered": 1} if spoke else {}), **({"replies": 1} if inquiry.in_reply_to else {})}


def _put(
    around: Surroundings, one: Arriving, decision: Decision, contact_id: UUID | None, *, by: str, now: datetime
) -> Placed:
    if decision.outcome == "deal":
        deal = around.deals[cast(UUID, decision.deal_id)]
        return Placed(one, "attached", deal.lead_id, deal.contact_id, deal)
    if decision.outcome == "create":
        start = beginning_of(one, contact_id=contact_id, repeat=decision.repeat)
        lead = arrivals.create(around.leads, start, previous_owner=_previous_owner(around, one), by=by, now=now)
    else:
        lead = around.leads.leads[cast(UUID, decision.lead_id)]
        arrivals.attach(around.leads, lead.id, beginning_of(one), counts=True, by=by, now=now)
    arrivals.suggest(around.leads, lead.id, one.keys, now=now)
    return Placed(one, RESULTS[decision.outcome], lead.id, lead.contact_id)


def _leads(around: Surroundings, points: Sequence[Point], ends: Sequence[queries.ThreadEnd]) -> list[FoundLead]:
    ranks: dict[UUID, int] = {end.lead_id: THREAD for end in ends if end.lead_id}
    for point in sorted(points, key=_rank):
        for lead_id in around.leads.of([point]):
            ranks.setdefault(lead_id, _rank(point))
    known = around.leads.leads
    return [
        FoundLead(lead_id, known[lead_id].status, rank, known[lead_id].last_activity_at)  # type: ignore[arg-type]
        for lead_id, rank in ranks.items()
        if lead_id in known
    ]


def _ranked_contacts(around: Surroundings, points: Sequence[Point]) -> dict[UUID, int]:
    """The contacts that the addresses reach, the best first."""
    ranks: dict[UUID, int] = {}
    for point in sorted(points, key=_rank):
        for contact_id in around.contacts.get(point, ()):
            ranks.setdefault(contact_id, _rank(point))
    return ranks


def _deals(
    around: Surroundings, leads: Sequence[FoundLead], contacts: dict[UUID, int], ends: Sequence[queries.ThreadEnd]
) -> list[FoundDeal]:
    of_lead = {lead.id: lead.rank for lead in leads}
    of_contact = contacts | {end.contact_id: THREAD for end in ends if end.contact_id and not end.lead_id}
    found = []
    for deal in around.deals.values():
        ranks = [of_lead[deal.lead_id]] if deal.lead_id in of_lead else []
        ranks += [of_contact[deal.contact_id]] if deal.contact_id in of_contact else []
        if ranks:
            found.append(FoundDeal(deal.id, min(ranks), deal.created_at))
    return found


def _previous_owner(around: Surroundings, one: Arriving) -> UUID | None:
    """Who had the person's latest lead."""
    owned = [lead for lead in map(around.leads.leads.__getitem__, around.leads.of(one.keys)) if lead.owner_id]
    return max(owned, key=lambda lead: lead.last_activity_at).owner_id if owned else None


def _rank(point: Point) -> int:
    return KINDS.index(point.kind)
