"""What each fact counts for: pure functions from facts to marks, and from marks to the sums that cells hold.

A *mark* says that something counts once, with every dimension it may be asked by; a *tally* adds and subtracts marks
and spreads what is left over the families of cells. A lead and its deals are one *case*: deals have their source
dimensions from the lead, and whether a lead is lost depends on its deals, so a case is always counted whole.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.projections.facts import DealRow, InquiryRow, LeadRow, SubmissionRow
from analytics.projections.measures import BASES, FAMILIES, LONGEST_DIMENSION, MEASURES, Basis, bucket_of

RULES = 2
"""Raise it with every change of what is counted here: workers then build a new generation of each workspace's cells."""

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


Place = tuple[date, str, str]
"""A moment in the frame's zone: day, weekday, hour of day."""

Owner = tuple[str, str]
Stage = tuple[str, str, str]
Dimensions = tuple[str, str, str, str, str, str, str, str]
"""channel, source, medium, campaign, campaign_id, product, region, temperature."""

MARK = (
    *("basis", "measure", "bucket", "day", "weekday", "hour_of_day"),
    *("channel", "source", "medium", "campaign", "campaign_id", "product", "region", "temperature"),
    *("owner", "team", "pipeline", "stage", "loss_reason", "blank"),
)
Mark = tuple[Basis, str, int, *Place, *Dimensions, *Owner, *Stage, Literal[""]]
"""One thing that counts; `MARK` names its places. Absent dimensions are ''; `blank` fills unused places of a key.

A plain tuple, since some ten of them are made for each event."""

MEASURE: Final = 1

Number = int | Decimal
Counted = tuple[Mark, int, Number]
"""A mark, how often it counts, and the amount it adds."""

CellKey = tuple[str, str, date, str, str, str, str, str, int]
"""basis, measure, day, d1 to d5, bucket: a cell's key inside its family."""

NO_DIMENSIONS: Dimensions = ("",) * 8
NOBODY: Owner = ("", "")
NO_STAGE: Stage = ("", "", "")
PLACES = [f"{hour:02}" for hour in range(24)]


def submission_marks(fact: SubmissionRow, frame: Frame) -> Iterator[Counted]:
    """The same in both bases: the submission, and what became of it."""
    for measure in ("submissions", SUBMISSION_MEASURES[fact.status]):
        yield from _in_both_bases(measure, fact, frame)


def inquiry_marks(fact: InquiryRow, frame: Frame) -> Iterator[Counted]:
    """The same in both bases: the inquiry, its result, and whether it came without lead-intake."""
    for measure in ("inquiries", f"inquiries_{fact.result}", *(("direct",) if fact.direct else ())):
        yield from _in_both_bases(measure, fact, frame)


def _in_both_bases(measure: str, fact: SubmissionRow | InquiryRow, frame: Frame) -> Iterator[Counted]:
    place = _place(fact.occurred_at, frame.zone)
    dimensions: Dimensions = (*_touch(fact), "", "", "")
    for basis in BASES:
        yield (basis, measure, 0, *place, *dimensions, *NOBODY, *NO_STAGE, ""), 1, 0


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
        self.cohort = _place(born, frame.zone)
        self.dimensions = _dimensions(lead) if lead is not None else NO_DIMENSIONS
        self.stage: Stage = NO_STAGE

    def count(self, measure: str, at: datetime, amount: Number = 0, *, bucket: int = 0, n: int = 1) -> None:
        """What happened at `at`, in the hands of whoever owned it then."""
        self._mark(measure, at, self._owner_at(at), amount, bucket, n)

    def count_present(self, measure: str, since: datetime, amount: Number = 0) -> None:
        """What is so now and began at `since`: the owner of now in both bases."""
        self._mark(measure, since, self.owner_now, amount, 0, 1)

    def count_time(self, measure: str, start: datetime | None, end: datetime | None) -> None:
        """How long it took, on the day it ended; nothing while one end is open."""
        if start is not None and end is not None:
            seconds = max(0, int((end - start).total_seconds()))
            self.count(measure, end, seconds, bucket=bucket_of(seconds))

    def _mark(self, measure: str, at: datetime, owner: Owner, amount: Number, bucket: int, n: int) -> None:
        kept, stage = self.dimensions, self.stage
        mark: Mark = ("cohort", measure, bucket, *self.cohort, *kept, *self.owner_now, *stage, "")
        self.marks.append((mark, n, amount))
        place = self.cohort if at == self.born else _place(at, self.zone)
        mark = ("period", measure, bucket, *place, *kept, *owner, *stage, "")
        self.marks.append((mark, n, amount))

    def _owner_at(self, moment: datetime) -> Owner:
        owner = self.first_owner
        for since, later in self.owners:
            if since > moment:
                break
            owner = later
        return owner


def _count_lead(counting: _Counting, lead: LeadRow, deals: Sequence[DealRow]) -> None:
    counting.stage = ("", lead.status, _text(lead.loss_reason_id))
    born = lead.occurred_at
    if lead.status == "merged":
        counting.count("merged", born)
        return
    counting.count("leads", born, lead.completeness)
    if lead.repeat:
        counting.count("repeat", born)
    if lead.assigned_at is not None:
        counting.count("assigned", lead.assigned_at)
    _count_steps(counting, lead, deals)
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
        return
    lost = _lost(lead, deals)
    if lost is None:
        counting.count_present(f"here_{last}", reached_at)
        return
    lost_at, reason = lost
    stage = counting.stage
    counting.stage = (*stage[:2], _text(reason))
    counting.count(f"lost_{last}", lost_at)
    counting.stage = stage


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
    pipeline, reason = _text(deal.pipeline_id), _text(deal.loss_reason_id)
    counting.stage = (pipeline, _text(deal.stage_id), reason)
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
    for stage, first in deal.reached.items():
        if stage not in ("won", "lost"):
            counting.stage = (pipeline, stage, "")
            at = datetime.fromisoformat(first)
            counting.count("stage_reached", at)
            counting.count("stage_passages", at, n=deal.passages.get(stage, 1))


@lru_cache(maxsize=8192)
def _place(moment: datetime, zone: ZoneInfo) -> Place:
    local = moment.astimezone(zone)
    return local.date(), str(local.isoweekday()), PLACES[local.hour]


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


def _picker(dimensions: tuple[str, ...]) -> Callable[[Mark], CellKey]:
    """Takes a cell's key for these dimensions out of a mark."""
    filled = (*dimensions, *("blank",) * (5 - len(dimensions)))
    pick: Callable[[Any], Any] = itemgetter(*map(MARK.index, ("basis", "measure", "day", *filled, "bucket")))
    return pick


_PICKERS = {family: _picker(dimensions) for family, dimensions in FAMILIES.items()}
_SPREAD = {measure.key: tuple((family, _PICKERS[family]) for family in measure.families) for measure in MEASURES}


class Tally:
    """Adds and subtracts marks; `cells` gives what is left, summed to cells. Marks on both sides cancel before that."""

    def __init__(self) -> None:
        self._marks: dict[Mark, list[Number]] = {}

    def add(self, counted: Iterable[Counted], *, times: int = 1) -> None:
        """`times` is -1 to take away what was counted before."""
        marks = self._marks
        for mark, n, amount in counted:
            sums = marks.get(mark)
            if sums is None:
                marks[mark] = [times * n, times * amount]
            else:
                sums[0] += times * n
                sums[1] += times * amount

    def cells(self) -> dict[str, dict[CellKey, list[Number]]]:
        """Family -> key -> [n, amount], only where one of them is not 0."""
        families: dict[str, dict[CellKey, list[Number]]] = {family: {} for family in FAMILIES}
        for mark, (n, amount) in self._marks.items():
            if n or amount:
                for family, pick in _SPREAD[mark[MEASURE]]:
                    cells, key = families[family], pick(mark)
                    sums = cells.get(key)
                    if sums is None:
                        cells[key] = [n, amount]
                    else:
                        sums[0] += n
                        sums[1] += amount
        return {family: {key: sums for key, sums in cells.items() if any(sums)} for family, cells in families.items()}
