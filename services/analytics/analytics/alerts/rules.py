"""When a week is unusual, and how that is said. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

TRAILING_WEEKS: Final = 12
FEWEST_WEEKS: Final = 4
FEWEST_LEADS: Final = 10
"""A week with fewer leads tells nothing; neither does a past with fewer such weeks."""

K: Final = 3.0
SCALE: Final = 1.4826
"""Makes the median absolute deviation of a normal distribution its standard deviation."""
LEAST_SPREAD: Final = 0.1
"""A past that hardly varied has at least this share of its median as deviation, so that trifles raise no alarm."""

Metric = Literal["cost_per_lead", "leads_to_qualified"]


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a source: the metric, and of how many leads it is."""

    value: float
    leads: int


@dataclass(frozen=True, slots=True)
class Range:
    """What is usual, from so many weeks."""

    median: float
    low: float
    high: float
    weeks: int


def usual(past: Sequence[Week]) -> Range | None:
    """Median ± K deviations of the weeks that have enough leads (Hampel identifier); None where too few do.

    Hampel: The influence curve and its role in robust estimation, JASA 69, 1974.
    """
    values = [week.value for week in past if week.leads >= FEWEST_LEADS]
    if len(values) < FEWEST_WEEKS:
        return None
    middle = median(values)
    spread = K * max(SCALE * median(abs(value - middle) for value in values), LEAST_SPREAD * middle)
    return Range(middle, max(0.0, middle - spread), middle + spread, len(values))


def left(week: Week, past: Sequence[Week]) -> Range | None:
    """The usual range, if the week has enough leads and lies outside of it."""
    within = usual(past)
    if within is None or week.leads < FEWEST_LEADS or within.low <= week.value <= within.high:
        return None
    return within


def in_words(metric: Metric, source: str, week: Week, within: Range, currency: str) -> dict[str, str]:
    """What happened, for people, in English and Russian."""
    more = week.value > within.median
    times = f"{abs(week.value / within.median - 1):.0%}" if within.median else "—"
    if metric == "cost_per_lead":
        value, middle, low, high = (f"{each:,.2f} {currency}" for each in _all(week, within))
        named_en, named_ru = "A lead", "Лид"
        said_en = f"cost {value}, {times} {'more' if more else 'less'} than usual"
        said_ru = f"стоил {value}, на {times} {'дороже' if more else 'дешевле'} обычного"
    else:
        value, middle, low, high = (f"{each:.1%}" for each in _all(week, within))
        named_en, named_ru = "Leads", "Лиды"
        said_en = f"qualified at {value}, {times} {'more' if more else 'less'} often than usual"
        said_ru = f"квалифицировались в {value} случаев, на {times} {'чаще' if more else 'реже'} обычного"
    return {
        "en": f"{named_en} from {source} {said_en} ({low} to {high}, median {middle} of {within.weeks} weeks; "
        f"{week.leads} leads this week).",
        "ru": f"{named_ru} из {source} {said_ru} (от {low} до {high}, медиана {middle} за {within.weeks} нед.; "
        f"лидов за неделю: {week.leads}).",
    }


def _all(week: Week, within: Range) -> tuple[float, float, float, float]:
    return week.value, within.median, within.low, within.high
