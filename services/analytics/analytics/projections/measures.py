"""What cells count and by what: the families of dimensions, the measures, and the buckets of times.

Everything that reads cells (metrics, dashboard, SQL views) and everything that fills them (`cells.py`) reads these
tuples. Both bases have every measure:

- `cohort`: on the day of the lead (its first inquiry), with the owner of now. A deal lies on its lead's day.
- `period`: on the day when it happened, with the owner of that moment. What only describes the present has the owner
  of now and lies on the day when it began: `open` on the lead's, `here_*` on the step's, `deals_open` and `forecast` on
  the deal's day; deadlines (`with_deadline`, `answered_in_time`) on the day they fell due.

Submissions and inquiries are the same in both: on the day they occurred.
"""

import math
from typing import Literal, NamedTuple

Basis = Literal["cohort", "period"]
BASES: tuple[Basis, ...] = ("cohort", "period")

FAMILIES: dict[str, tuple[str, ...]] = {
    "day": (),
    "source": ("channel", "source", "medium", "campaign", "campaign_id"),
    "source_owner": ("source", "owner"),
    "owner": ("owner", "team"),
    "product": ("product", "region", "temperature"),
    "stage": ("pipeline", "stage", "loss_reason"),
    "hour": ("weekday", "hour_of_day"),
}
"""Family -> its dimensions, as `d1`, `d2`, ... of a cell. Every family has the day beside them.

`weekday` is '1' (Monday) to '7', `hour_of_day` '00' to '23', both local. In family `stage` a lead has pipeline '', its
status of now as the stage, and its loss reason; a deal has its own three of now (in `stage_*`: the stage counted)."""

LONGEST_DIMENSION = 120
"""Cells hold the first so many characters of a text dimension (an index entry has to fit a page); facts hold all."""

STEPS = ("leads", "contacted", "qualified", "converted", "won")
"""The steps of a lead, in order; each is reached with any later one, so none has more leads than the one before.
The last is measured by `customers` (leads with a won deal); `won` counts deals."""

_INQUIRY = ("day", "source", "hour")
_PEOPLE = ("day", "source", "owner")
_LEAD = ("day", "source", "source_owner", "owner", "product")
_STEP = (*_LEAD, "hour")
_STANDING = (*_LEAD, "stage")
_EVERY = tuple(FAMILIES)
_STAGE = ("stage",)


class Measure(NamedTuple):
    """`n` and `amount` tell what these columns of a cell hold (None: always 0); `bucketed`: by length of time.

    `families` are those that have it; what is asked by other dimensions is read from the facts.
    """

    key: str
    n: str
    amount: str | None = None
    families: tuple[str, ...] = _LEAD
    bucketed: bool = False


MEASURES: tuple[Measure, ...] = (
    Measure("submissions", "submissions received, whatever became of them", families=_INQUIRY),
    Measure("delivered", "submissions handed to crm-core", families=_INQUIRY),
    Measure("interests", "submissions without a way to contact the person", families=_INQUIRY),
    Measure("spam", "submissions held as spam", families=_INQUIRY),
    Measure("duplicates", "submissions sent again", families=_INQUIRY),
    Measure("ignored", "submissions that are no inquiry (bounces, outbound calls, pings)", families=_INQUIRY),
    Measure("unreadable", "submissions stored raw because they cannot be read", families=_INQUIRY),
    Measure("parked", "submissions that crm-core refused", families=_INQUIRY),
    Measure("waiting", "submissions pending or ready", families=_INQUIRY),
    Measure("inquiries", "inquiries that crm-core recorded", families=_INQUIRY),
    Measure("inquiries_created", "inquiries that made a lead", families=_INQUIRY),
    Measure("inquiries_attached", "inquiries put on an open lead or deal", families=_INQUIRY),
    Measure("inquiries_reopened", "inquiries that reopened a lead", families=_INQUIRY),
    Measure("direct", "inquiries that came without lead-intake", families=_INQUIRY),
    Measure("leads", "leads (merged ones left out)", "sum of completeness, 0 to 1 each", families=_EVERY),
    Measure("merged", "leads merged into another; they count nowhere else"),
    Measure("repeat", "leads of a person already known"),
    Measure("assigned", "leads that ever had an owner"),
    Measure("contacted", "leads that reached in_progress or later", families=_STEP),
    Measure("qualified", "leads that reached qualified or converted", families=_STEP),
    Measure("converted", "leads that were converted", families=_STEP),
    Measure("customers", "converted leads with at least one deal won now", families=_STEP),
    Measure("open", "leads in work now: new, assigned, in_progress, qualified"),
    Measure("postponed", "leads postponed now", families=_STANDING),
    Measure("disqualified", "leads refused now", families=_STANDING),
    *(
        Measure(f"lost_{step}", f"leads lost now whose furthest step is {step}", families=_STANDING)
        for step in STEPS[:-1]
    ),
    *(Measure(f"here_{step}", f"leads neither lost nor further than {step}") for step in STEPS[:-1]),
    Measure("with_deadline", "leads with a deadline for the first response", families=_PEOPLE),
    Measure("answered_in_time", "leads answered not after that deadline", families=_PEOPLE),
    Measure("deals", "deals", "their amounts", families=_EVERY),
    Measure("deals_open", "deals open now", "their amounts (pipeline)", families=_STANDING),
    Measure("forecast", "deals open now", "their amounts weighted by probability", families=_STANDING),
    Measure("won", "deals won now", "their amounts (revenue)", families=_EVERY),
    Measure("lost", "deals lost now", "their amounts", families=_STANDING),
    Measure(
        "unconverted",
        "deals in another currency than the workspace's; their amounts are in no measure",
        families=_STANDING,
    ),
    Measure("stage_reached", "deals that ever were in the stage (period: on the first day they were)", families=_STAGE),
    Measure("stage_passages", "entries of deals into the stage, every time", families=_STAGE),
    Measure("time_leads", "leads, by seconds from the lead to contacted", "those seconds", bucketed=True),
    Measure("time_contacted", "leads, by seconds from contacted to qualified", "those seconds", bucketed=True),
    Measure("time_qualified", "leads, by seconds from qualified to converted", "those seconds", bucketed=True),
    Measure("time_converted", "leads, by seconds from converted to the first won deal", "those seconds", bucketed=True),
    Measure("first_response", "leads, by seconds from the lead to the first response", "those seconds", bucketed=True),
    Measure(
        "sales_cycle", "won deals, by seconds from the lead (else the deal) to won", "those seconds", bucketed=True
    ),
)
"""Balance, in basis cohort: step = next step + lost_<step> + here_<step>, where won stands for customers.

A converted lead is lost when it has deals and all are lost, for the last one's reason. Amounts are in the currency of
the cells' generation."""

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
