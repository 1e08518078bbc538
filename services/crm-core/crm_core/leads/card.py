"""A lead's card in memory: begun, filled up by what later inquiries add, and what follows from its fields."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Money, written
from leadkit.contracts.inquiry import Attribution, Person
from leadkit.ids import new_id

from crm_core.contacts.points import Point, messenger_from, values_of
from crm_core.finding.words import name_to_sort, search_text
from crm_core.leads.points import completeness_of, missing_on, scored_facts
from crm_core.leads.tables import Lead
from crm_core.rows import new_row, put
from crm_core.scoring.rules import Model, score_of

NAMES = ("full_name", "last_name", "first_name", "middle_name")
SEARCHED = (*NAMES, "company", "position")
INTEREST = ("subject", "message", "product", "region", "language")


@dataclass(kw_only=True, slots=True)
class Beginning:
    """What a lead starts with, from an inquiry or by hand. `points` are normalised, `unmatched` are those of them (or
    others) by which nobody is recognised, `outgoing` is the attribution as events tell it, if it was made already."""

    person: Person = field(default_factory=Person)
    points: Sequence[Point] = ()
    unmatched: frozenset[Point] = frozenset()
    subject: str | None = None
    message: str | None = None
    product: str | None = None
    region: str | None = None
    language: str | None = None
    source_id: UUID | None = None
    channel: str | None = None
    provider: str | None = None
    attribution: Attribution = field(default_factory=Attribution)
    budget: Money | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    custom_told: dict[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    contact_id: UUID | None = None
    repeat: bool = False
    inquiries: int = 0
    behaviour: dict[str, int] = field(default_factory=dict)
    occurred_at: datetime
    outgoing: Mapping[str, Any] | None = None

    @property
    def keys(self) -> list[Point]:
        """The addresses that tell who the person is."""
        return [point for point in self.points if point not in self.unmatched]


def begin(workspace_id: UUID, start: Beginning, model: Model, *, now: datetime) -> Lead:
    """A new lead; its first status counts from `occurred_at`, when the person asked."""
    lead = new_row(
        Lead, workspace_id=workspace_id, id=new_id(), version=1, status="new", person=start.person.model_dump(),
        subject=start.subject, message=start.message, product=start.product, region=start.region,
        language=start.language, source_id=start.source_id, channel=start.channel, provider=start.provider,
        attribution=start.attribution.model_dump(mode="json"), budget_amount=start.budget and start.budget.amount,
        budget_currency=start.budget and start.budget.currency, qualification={}, behaviour=start.behaviour,
        temperature="cold",
        temperature_set=False, owner_id=None, team_id=None, owners=[], contact_id=start.contact_id, deal_id=None,
        loss_reason_id=None, loss_note=None, merged_into=None, postponed_until=None, next_step_at=None, respond_by=None,
        first_response_at=None, inquiry_count=start.inquiries, repeat=start.repeat, custom=start.custom,
        custom_told=start.custom_told, tags=list(start.tags), reached={"new": written(start.occurred_at)},
        passages={"new": 1},
        occurred_at=start.occurred_at, moved_at=start.occurred_at, last_activity_at=start.occurred_at,
        created_at=now, updated_at=now,
    )  # fmt: skip
    put_points(lead, start.points)
    refresh(lead, model, start.attribution, now=now)
    return lead


def put_points(lead: Lead, points: Sequence[Point]) -> None:
    """These are the lead's phones, e-mails and messengers."""
    messengers = [messenger_from(value).model_dump() for value in values_of(points, "messenger")]
    put(lead, phones=values_of(points, "phone"), emails=values_of(points, "email"), messengers=messengers)


def points_on(lead: Lead) -> list[Point]:
    """The lead's phones, e-mails and messengers as matching compares them."""
    return [
        *(Point("phone", value) for value in lead.phones),
        *(Point("email", value) for value in lead.emails),
        *(Point("messenger", f"{one['network']}:{one['id']}") for one in lead.messengers),
    ]


def fill_up(lead: Lead, more: Beginning, points: Iterable[Point]) -> None:
    """Adds what a later inquiry tells and the card lacks; what is there stays. Attribution is never touched."""
    told = more.person.model_dump()
    if any(told[name] and not lead.person.get(name) for name in told):
        lead.person = {name: lead.person.get(name) or told[name] for name in told}
    for name in INTEREST:
        if getattr(lead, name) is None:
            setattr(lead, name, getattr(more, name))
    if lead.budget_amount is None and more.budget is not None:
        lead.budget_amount, lead.budget_currency = more.budget.amount, more.budget.currency
    known = points_on(lead)
    added = [point for point in points if point not in known]
    if added:
        put_points(lead, [*known, *added])


def refresh(lead: Lead, model: Model, attribution: Attribution | None = None, *, now: datetime) -> None:
    """Brings up to date what follows from the other fields: searched words, score, temperature, completeness.

    `attribution` spares reading the lead's own again."""
    facts = scored_facts(lead, model, attribution or Attribution.model_validate(lead.attribution))
    lines = model.lines(facts, lead.qualification.get("answers", {}), now=now)
    score = score_of(lines)
    put(
        lead,
        search_name=name_to_sort(lead.person.get(name) for name in NAMES),
        search_text=search_text([*(lead.person.get(name) for name in SEARCHED), lead.subject], points_on(lead)),
        score_points=[{"points": line.points, "reason": line.reason} for line in lines],
        score=score,
        completeness=completeness_of(missing_on(lead)),
        temperature=lead.temperature if lead.temperature_set else model.temperature_of(score),
    )


def behaved(lead: Lead, what: str) -> None:
    """They did that once more: spoke with us (`calls_answered`), or answered us (`replies`)."""
    lead.behaviour = {**lead.behaviour, what: lead.behaviour.get(what, 0) + 1}
