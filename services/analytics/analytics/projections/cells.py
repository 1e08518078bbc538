"""What each fact counts for: pure functions from facts to marks.

A *mark* says that something counts once, with every dimension it may be asked by; `tallying.py` adds them up. A lead
and its deals are one *case*: deals have their source dimensions from the lead, and whether a lead is lost depends on
its deals, so a case is always counted whole.

`definitions.py` says the same in SQL, for facts in bulk; a test holds the two equal.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.projections.facts import DealRow, InquiryRow, LeadRow, SubmissionRow
from analytics.projections.measures import (
    BASES,
    LONGEST_DIMENSION,
    Basis,
    bucket_of,
)

RULES = 3
"""Raise it with every change of what is counted: workers then build a new generation of each workspace's cells."""

SUBMISSION_MEASURES = {
    "pending": "waiting",
    "ready": "waiting",
    "delivered": "delivered",
    "interest": "interests",
    "spam": "spam",
    "duplicate": "duplicates",
    "ignored": "ignored",
    "unreadable": "unreadable",
    "parked": "parked",
}
OPEN = ("new", "assigned", "in_progress", "qualified")


class Frame(NamedTuple):
    """In what a generation of cells is counted: the zone that gives a moment its day, the currency of amounts."""

    zone: ZoneInfo
    currency: str


Kind = Literal["entry", "case", "passage"]
"""What lies in the same families: submissions and inquiries, leads and deals, deals' passages of stages."""

Local = tuple[date, str, str]
"""A moment in the frame's zone: day, weekday, hour of day."""

Owner = tuple[str, str]
Stage = tuple[str, str, str, str, str]
"""pipeline, stage, loss_reason, now, outcome."""
Dimensions = tuple[str, str, str, str, str, str, str, str]
"""channel, source, medium, campaign, campaign_id, product, region, temperature."""

PLACE = (
    *("kind", "basis", "day", "weekday", "hour_of_day"),
    *("channel", "source", "medium", "campaign", "campaign_id", "product", "region", "temperature"),
    *("owner", "team", "pipeline", "stage", "loss_reason", "now", "outcome"),
)
Place = tuple[Kind, Basis, *Local, *Dimensions, *Owner, *Stage]
"""Where something counts; `PLACE` names its parts. Absent dimensions are ''.

A plain tuple, since some of them are made for each event."""

KIND: Final = 0

Number = int | Decimal
Counted = tuple[Place, str, int, int, Number]
"""A mark: where it counts, for which measure, in which bucket of time (else 0), how often, and the amount it adds."""

NO_DIMENSIONS: Dimensions = ("",) * 8
NOBODY: Owner = ("", "")
NO_STAGE: Stage = ("", "", "", "", "")
HOURS = [f"{hour:02}" for hour in range(24)]


def submission_marks(fact: SubmissionRow, frame: Frame) -> Iterator[Counted]:
    """The same in both bases: the submission, and what became of it."""
    yield from _entry_marks(("submissions", SUBMISSION_MEASURES[fact.status]), fact, frame)


def inquiry_marks(fact: InquiryRow, frame: Frame) -> Iterator[Counted]:
    """The same in both bases: the inquiry, its result, and whether it came without lead-intake."""
    yield from _entry_marks(
        ("inquiries", f"inquiries_{fact.result}", *(("direct",) if fact.direct else ())), fact, frame
    )


def _entry_marks(measures: Iterable[str], fact: SubmissionRow | InquiryRow, frame: Frame) -> Iterator[Counted]:
    rest = (*_local(fact.occurred_at, frame.zone), *_touch(fact), "", "", "", *NOBODY, *NO_STAGE)
    places: list[Any] = [("entry", basis, *rest) for basis in BASES]
    for measure in measures:
        for place in places:
            yield place, measure, 0, 1, 0


def case_marks(lead: LeadRow | None, deals: Sequence[DealRow], frame: Frame) -> list[Counted]:
    """Everything a lead and its deals count for; a deal whose lead is not known (yet) stands alone."""
    marks: list[Counted] = []
    if lead is not None:
        _count_lead(_Counting(lead, lead, lead.occurred_at, frame, marks), lead, deals)
    for deal in deals:
        _count_deal(deal, lead, frame, marks)
    return marks


class _Counting:
    """Makes the marks of one lead or deal in both bases: on its cohort's day for the owner of now, and on the moment's.

    `born` gives the cohort its day: the lead's, or the deal's own when it has no lead.
    """

    def __init__(
        self, fact: LeadRow | DealRow, lead: LeadRow | None, born: datetime, frame: Frame, marks: list[Counted]
    ) -> None:
        self.zone = frame.zone
        self.marks = marks
        self.owner_now: Owner = (_text(fact.owner_id), _text(fact.team_id))
        self.owners = _history(fact.owners) if len(fact.owners) > 1 else []
        self.first_owner = self.owner_now if not fact.owners else _owner(fact.owners[0])
        self.born = born
        self.cohort = _local(born, frame.zone)
        self.dimensions = _dimensions(lead) if lead is not None else NO_DIMENSIONS
        self.places: dict[tuple[datetime, Owner], Place] = {}

    def at(self, stage: Stage, kind: Kind = "case") -> None:
        """What is counted from here on lies at this stage."""
        self.stage = stage
        self.kind: Kind = kind
        self.of_cohort: Place = (kind, "cohort", *self.cohort, *self.dimensions, *self.owner_now, *stage)
        self.places.clear()

    def count(self, measure: str, at: datetime, amount: Number = 0, *, bucket: int = 0, n: int = 1) -> None:
        """What happened at `at`, in the hands of whoever owned it then."""
        self._mark(measure, at, self._owner_at(at) if self.owners else self.first_owner, amount, bucket, n)

    def count_present(self, measure: str, since: datetime, amount: Number = 0) -> None:
        """What is so now and began at `since`: the owner of now in both bases."""
        self._mark(measure, since, self.owner_now, amount, 0, 1)

    def count_time(self, measure: str, start: datetime | None, end: datetime | None) -> None:
        """How long it took, on the day it ended; nothing while one end is open."""
        if start is not None and end is not None:
            seconds = max(0, int((end - start).total_seconds()))
            self.count(measure, end, bucket=bucket_of(seconds))

    def _mark(self, measure: str, at: datetime, owner: Owner, amount: Number, bucket: int, n: int) -> None:
        place = self.places.get((at, owner)) or self._placed(at, owner)
        self.marks.append((self.of_cohort, measure, bucket, n, amount))
        self.marks.append((place, measure, bucket, n, amount))

    def _placed(self, at: datetime, owner: Owner) -> Place:
        local = self.cohort if at == self.born else _local(at, self.zone)
        place: Place = (self.kind, "period", *local, *self.dimensions, *owner, *self.stage)
        self.places[at, owner] = place
        return place

    def _owner_at(self, moment: datetime) -> Owner:
        owner = self.first_owner
        for since, later in self.owners:
            if since > moment:
                break
            owner = later
        return owner


def _count_lead(counting: _Counting, lead: LeadRow, deals: Sequence[DealRow]) -> None:
    counting.at(("", lead.status, _text(lead.loss_reason_id), "", ""))
    born = lead.occurred_at
    if lead.status == "merged":
        counting.count("merged", born)
        return
    counting.count("leads", born, lead.completeness)
    if lead.repeat:
        counting.count("repeat", born)
    if lead.assigned_at is not None:
        counting.count("assigned", lead.assigned_at)
    if lead.status == "postponed":
        counting.count("postponed", lead.postponed_at or born)
    elif lead.status == "disqualified":
        counting.count("disqualified", lead.disqualified_at or born)
    elif lead.status in OPEN:
        counting.count_present("open", born)
    counting.count_time("first_response", born, lead.first_response_at)
    if lead.respond_by is not None:
        counting.count("with_deadline", lead.respond_by)
        if lead.first_response_at is not None and lead.first_response_at <= lead.respond_by:
            counting.count("answered_in_time", lead.respond_by)
    _count_steps(counting, lead, deals)


def _count_steps(counting: _Counting, lead: LeadRow, deals: Sequence[DealRow]) -> None:
    """Every step reached, the time from one to the next, and how the furthest one stands: lost or still there."""
    bought_at = min((deal.won_at for deal in deals if deal.status == "won" and deal.won_at), default=None)
    last, reached_at = "leads", lead.occurred_at
    for step, at in (
        ("contacted", lead.contacted_at),
        ("qualified", lead.qualified_at),
        ("converted", lead.converted_at),
        ("customers", bought_at),
    ):
        if at is None:
            break
        counting.count(step, at)
        counting.count_time(f"time_{last}", reached_at, at)
        last, reached_at = step, at
    if last == "customers":
        if lead.repeat:
            counting.count("repeat_customers", reached_at)
        return
    lost = _lost(lead, deals)
    if lost is None:
        counting.count_present(f"here_{last}", reached_at)
        return
    lost_at, reason = lost
    counting.at(("", lead.status, _text(reason), "", ""))
    counting.count(f"lost_{last}", lost_at)


def _lost(lead: LeadRow, deals: Sequence[DealRow]) -> tuple[datetime, UUID | None] | None:
    """When and why the lead was lost, if it is: refused, or converted with every deal lost (the last one's reason)."""
    if lead.status == "disqualified":
        return lead.disqualified_at or lead.updated_at, lead.loss_reason_id
    if lead.status == "converted" and deals and all(deal.status == "lost" for deal in deals):
        last = max(deals, key=lambda deal: (deal.lost_at or deal.updated_at, deal.id))
        return last.lost_at or last.updated_at, last.loss_reason_id
    return None


def _count_deal(deal: DealRow, lead: LeadRow | None, frame: Frame, marks: list[Counted]) -> None:
    born = lead.occurred_at if lead is not None else deal.created_at
    counting = _Counting(deal, lead, born, frame, marks)
    pipeline, stage, reason = _text(deal.pipeline_id), _text(deal.stage_id), _text(deal.loss_reason_id)
    counting.at((pipeline, stage, reason, "", ""))
    same_currency = deal.currency == frame.currency
    amount: Number = deal.amount if deal.amount is not None and same_currency else 0
    counting.count("deals", deal.created_at, amount)
    if deal.amount is not None and not same_currency:
        counting.count("unconverted", deal.created_at)
    if deal.status == "won":
        won_at = deal.won_at or deal.updated_at
        counting.count("won", won_at, amount)
        counting.count_time("sales_cycle", born, won_at)
    elif deal.status == "lost":
        counting.count("lost", deal.lost_at or deal.updated_at, amount)
    else:
        counting.count_present("deals_open", deal.created_at, amount)
        counting.count_present("forecast", deal.created_at, amount * deal.probability)
    _count_passages(counting, deal, (pipeline, stage, reason))


def _count_passages(counting: _Counting, deal: DealRow, now: tuple[str, str, str]) -> None:
    """Every stage the deal was in, beside the stage and outcome it has now; time until whatever it reached next."""
    pipeline, stage_now, reason = now
    reached = {stage: datetime.fromisoformat(at) for stage, at in deal.reached.items()}
    for stage, at in reached.items():
        if stage not in ("won", "lost"):
            counting.at((pipeline, stage, reason, stage_now, deal.status), "passage")
            counting.count("stage_reached", at)
            counting.count("stage_passages", at, n=deal.passages.get(stage, 1))
            counting.count_time(
                "time_in_stage", at, min((each for each in reached.values() if each > at), default=None)
            )


@lru_cache(maxsize=8192)
def _local(moment: datetime, zone: ZoneInfo) -> Local:
    local = moment.astimezone(zone)
    return local.date(), str(local.isoweekday()), HOURS[local.hour]


def _touch(fact: SubmissionRow | InquiryRow | LeadRow) -> tuple[str, str, str, str, str]:
    return (
        fact.channel or "",
        (fact.source or "")[:LONGEST_DIMENSION],
        (fact.medium or "")[:LONGEST_DIMENSION],
        (fact.campaign or "")[:LONGEST_DIMENSION],
        (fact.campaign_id or "")[:LONGEST_DIMENSION],
    )


def _dimensions(lead: LeadRow) -> Dimensions:
    product, region = (lead.product or "")[:LONGEST_DIMENSION], (lead.region or "")[:LONGEST_DIMENSION]
    return (*_touch(lead), product, region, lead.temperature)


def _text(identifier: UUID | None) -> str:
    return str(identifier) if identifier is not None else ""


def _owner(entry: dict[str, Any]) -> Owner:
    return entry["owner_id"] or "", entry["team_id"] or ""


def _history(owners: list[dict[str, Any]]) -> list[tuple[datetime, Owner]]:
    return [(datetime.fromisoformat(entry["at"]), _owner(entry)) for entry in owners]
