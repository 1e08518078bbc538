"""What cells count and by what: the families of dimensions, the measures, and the buckets of times.

Everything that reads cells (metrics, dashboard, SQL views) and everything that fills them (`cells.py`, `counting.py`)
reads these tuples. Both bases have every measure:

- `cohort`: on the day of the lead (its first inquiry), with the owner of now. A deal lies on its lead's day.
- `period`: on the day when it happened, with the owner of that moment. What only describes the present has the owner
  of now and lies on the day when it began: `open` on the lead's, `here_*` on the step's, `deals_open` and `forecast` on
  the deal's day; deadlines (`with_deadline`, `answered_in_time`) on the day they fell due.

Submissions and inquiries are the same in both: on the day they occurred.
"""

import math
from typing import Final, Literal, NamedTuple

Basis = Literal["cohort", "period"]
BASES: tuple[Basis, ...] = ("cohort", "period")

Grain = Literal["day", "month"]
"""How long the time of a cell is. Every cell is kept by both, so that a year is read from months and a few days."""

GRAINS: tuple[Grain, ...] = ("day", "month")


def part(family: str, basis: Basis, grain: Grain) -> str:
    """How a cell says what it is a sum by, such as `source.cohort.day`."""
    return f"{family}.{basis}.{grain}"


Subject = Literal["submission", "inquiry", "lead", "deal", "passage", "visit"]
"""What a measure counts; a passage is a deal's time in one stage. Visits are in no cell: `traffic` keeps them."""

FAMILIES: dict[str, tuple[str, ...]] = {
    "day": (),
    "source": ("source",),
    "campaign": ("channel", "source", "medium", "campaign", "campaign_id"),
    "source_owner": ("source", "owner"),
    "owner": ("owner", "team"),
    "product": ("product", "region", "temperature"),
    "stage": ("pipeline", "stage", "loss_reason"),
    "hour": ("weekday", "hour_of_day"),
    "flow": ("pipeline", "stage", "now", "outcome", "loss_reason"),
}
"""Family -> its dimensions, as `d1`, `d2`, ... of a cell. Every family has the day (or month) beside them.

`weekday` is '1' (Monday) to '7', `hour_of_day` '00' to '23', both local. In family `stage` a lead has pipeline '', its
status of now as the stage, and its loss reason; a deal has its own three of now. In `flow` the stage is one that the
deal was in; pipeline, `now` (the stage), `outcome` (open, won, lost) and the loss reason are the deal's of now."""

OF_ENTRIES: Final = ("day", "source", "campaign", "hour")
OF_CASES: Final = ("day", "source", "campaign", "source_owner", "owner", "product", "stage", "hour")
FAMILIES_OF: Final[dict[Subject, tuple[str, ...]]] = {
    "submission": OF_ENTRIES,
    "inquiry": OF_ENTRIES,
    "lead": OF_CASES,
    "deal": OF_CASES,
    "passage": ("flow",),
}
"""Subject -> the families that have all its measures; what is asked by other dimensions is read from the facts."""

WITHOUT_TIMES: Final = frozenset({"source_owner", "product", "stage", "hour"})
"""Families that keep no lengths of time: these would be about as many as the cases."""

LONGEST_DIMENSION = 120
"""Cells hold the first so many characters of a text dimension (an index entry has to fit a page); facts hold all."""

STEPS = ("leads", "contacted", "qualified", "converted", "won")
"""The steps of a lead, in order; each is reached with any later one, so none has more leads than the one before.
The last is measured by `customers` (leads with a won deal); `won` counts deals."""


class Measure(NamedTuple):
    """`n` and `amount` tell what a cell's columns `<key>` and `<key>_amount` hold (None: there is no amount).

    A `timed` measure has no column: its cases are kept by length of time, in cells of their own.
    """

    key: str
    subject: Subject
    n: str
    amount: str | None = None
    timed: bool = False

    @property
    def families(self) -> tuple[str, ...]:
        """The families of cells that have it."""
        families = FAMILIES_OF[self.subject]
        return tuple(family for family in families if family not in WITHOUT_TIMES) if self.timed else families


MEASURES: tuple[Measure, ...] = (
    Measure("submissions", "submission", "submissions received, whatever became of them"),
    Measure("delivered", "submission", "submissions handed to crm-core"),
    Measure("interests", "submission", "submissions without a way to contact the person"),
    Measure("spam", "submission", "submissions held as spam"),
    Measure("duplicates", "submission", "submissions sent again"),
    Measure("ignored", "submission", "submissions that are no inquiry (bounces, outbound calls, pings)"),
    Measure("unreadable", "submission", "submissions stored raw because they cannot be read"),
    Measure("parked", "submission", "submissions that crm-core refused"),
    Measure("waiting", "submission", "submissions pending or ready"),
    Measure("inquiries", "inquiry", "inquiries that crm-core recorded"),
    Measure("inquiries_created", "inquiry", "inquiries that made a lead"),
    Measure("inquiries_attached", "inquiry", "inquiries put on an open lead or deal"),
    Measure("inquiries_reopened", "inquiry", "inquiries that reopened a lead"),
    Measure("direct", "inquiry", "inquiries that came without lead-intake"),
    Measure("leads", "lead", "leads (merged ones left out)", "sum of completeness, 0 to 1 each"),
    Measure("merged", "lead", "leads merged into another; they count nowhere else"),
    Measure("repeat", "lead", "leads of a person already known"),
    Measure("assigned", "lead", "leads that ever had an owner"),
    Measure("contacted", "lead", "leads that reached in_progress or later"),
    Measure("qualified", "lead", "leads that reached qualified or converted"),
    Measure("converted", "lead", "leads that were converted"),
    Measure("customers", "lead", "converted leads with at least one deal won now"),
    Measure("repeat_customers", "lead", "those of them whose person was already known"),
    Measure("open", "lead", "leads in work now: new, assigned, in_progress, qualified"),
    Measure("postponed", "lead", "leads postponed now"),
    Measure("disqualified", "lead", "leads refused now"),
    *(Measure(f"lost_{step}", "lead", f"leads lost now whose furthest step is {step}") for step in STEPS[:-1]),
    *(Measure(f"here_{step}", "lead", f"leads neither lost nor further than {step}") for step in STEPS[:-1]),
    Measure("with_deadline", "lead", "leads with a deadline for the first response"),
    Measure("answered_in_time", "lead", "leads answered not after that deadline"),
    Measure("deals", "deal", "deals", "their amounts"),
    Measure("deals_open", "deal", "deals open now", "their amounts (pipeline)"),
    Measure("forecast", "deal", "deals open now", "their amounts weighted by probability"),
    Measure("won", "deal", "deals won now", "their amounts (revenue)"),
    Measure("lost", "deal", "deals lost now", "their amounts"),
    Measure("unconverted", "deal", "deals in another currency than the workspace's; no cell has their amounts"),
    Measure("stage_reached", "passage", "deals that ever were in the stage (period: on the first day they were)"),
    Measure("stage_passages", "passage", "entries of deals into the stage, every time"),
    Measure("time_leads", "lead", "leads, by seconds from the lead to contacted", timed=True),
    Measure("time_contacted", "lead", "leads, by seconds from contacted to qualified", timed=True),
    Measure("time_qualified", "lead", "leads, by seconds from qualified to converted", timed=True),
    Measure("time_converted", "lead", "leads, by seconds from converted to the first won deal", timed=True),
    Measure("first_response", "lead", "leads, by seconds from the lead to the first response", timed=True),
    Measure("sales_cycle", "deal", "won deals, by seconds from the lead (else the deal) to won", timed=True),
    Measure("time_in_stage", "passage", "deals, by seconds from the stage to the next one, won or lost", timed=True),
)
"""Balance, in basis cohort: step = next step + lost_<step> + here_<step>, where won stands for customers; inquiries =
leads + merged + inquiries_attached + inquiries_reopened.

A converted lead is lost when it has deals and all are lost, for the last one's reason. Amounts are in the currency of
the cells' generation; those in other currencies are added by `foreign_sums` when a question is answered."""

MEASURE: Final = {measure.key: measure for measure in MEASURES}
AMOUNT: Final = {measure.key: f"{measure.key}_amount" for measure in MEASURES if measure.amount}
"""Measure -> the column of its amount."""


def columns_of(*subjects: Subject) -> tuple[str, ...]:
    """The columns of a cell that hold the measures of these subjects."""
    columns = []
    for measure in MEASURES:
        if measure.subject in subjects and not measure.timed:
            columns += [measure.key, *([AMOUNT[measure.key]] if measure.amount else [])]
    return tuple(columns)


# A sketch with relative error (Masson, Rim, Lee: DDSketch, 2019): bucket i holds (G^(i-1), G^i], so the value in its
# middle is wrong by at most (G - 1) / (G + 1) = 2 %.
_ERROR = 0.02
_G = (1 + _ERROR) / (1 - _ERROR)
LOG_OF_BUCKET = math.log(_G)


def bucket_of(seconds: int) -> int:
    """The bucket of a length of time: 0 up to one second, then log-spaced so that `seconds_of` is right within 2 %."""
    return math.ceil(math.log(seconds) / LOG_OF_BUCKET) if seconds > 1 else 0


def seconds_of(bucket: int) -> float:
    """The length of time a bucket stands for."""
    return 2 * _G**bucket / (_G + 1) if bucket else 0.0


LANE: Final = 12
"""Decimal digits of one bucket in a *spread*: all buckets as one number, the sum of cases * 10 ** (LANE * bucket).

So a whole histogram is added and subtracted by `+` in any SQL, and one row holds what would be hundreds. A sum of more
cases would run into the next bucket. `times.py` reads it."""
