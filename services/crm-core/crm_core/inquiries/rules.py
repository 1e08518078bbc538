"""Where an inquiry goes: one decision over what was found, the same for forms, calls and letters. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from leadkit.contracts.events import LeadStatus

KINDS = ("phone", "email", "messenger")
"""A phone decides before an e-mail address, that before a messenger."""

OPEN = ("new", "assigned", "in_progress", "qualified")
UNRELATED = len(KINDS)

ClosedLeadPolicy = Literal["reopen", "new"]
Outcome = Literal["attach", "return", "deal", "reopen", "create"]


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead that shares an address with the inquiry, or that its thread names (`rank` -1).

    `rank` is the place in KINDS of the best address shared."""

    id: UUID
    status: LeadStatus
    rank: int
    last_activity_at: datetime
    deal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FoundDeal:
    """An open deal of a person found, or of the thread (`rank` -1)."""

    id: UUID
    rank: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and with which lead or deal."""

    outcome: Outcome
    lead_id: UUID | None = None
    deal_id: UUID | None = None
    repeat: bool = False


def decide(
    leads: Sequence[FoundLead], deals: Sequence[FoundDeal], *, known_contact: bool, policy: ClosedLeadPolicy
) -> Decision:
    """The thread's lead or its open deal; an open or postponed lead; the newest open deal; a disqualified lead, if the
    workspace reopens those; else a new lead, which is a repeat when the person is known. A known contact alone never
    swallows an inquiry."""
    thread = _thread(leads, deals)
    if thread is not None:
        return thread
    live = [lead for lead in leads if lead.status in OPEN or lead.status == "postponed"]
    if live:
        best = min(live, key=lambda lead: (lead.rank, lead.status == "postponed", -lead.last_activity_at.timestamp()))
        return _onto(best)
    if deals:
        return Decision("deal", deal_id=min(deals, key=lambda deal: (deal.rank, -deal.created_at.timestamp())).id)
    refused = [lead for lead in leads if lead.status == "disqualified"]
    if refused and policy == "reopen":
        return Decision("reopen", min(refused, key=lambda lead: (lead.rank, -lead.last_activity_at.timestamp())).id)
    return Decision("create", repeat=known_contact or bool(leads))


def _thread(leads: Sequence[FoundLead], deals: Sequence[FoundDeal]) -> Decision | None:
    """What the thread itself decides: its lead while that is live, else the open deal it became."""
    own = [lead for lead in leads if lead.rank < 0 and (lead.status in OPEN or lead.status == "postponed")]
    if own:
        return _onto(max(own, key=lambda lead: lead.last_activity_at))
    became = [deal for deal in deals if deal.rank < 0]
    return Decision("deal", deal_id=max(became, key=lambda deal: deal.created_at).id) if became else None


def _onto(lead: FoundLead) -> Decision:
    return Decision("return" if lead.status == "postponed" else "attach", lead.id)
