"""The catalogue of metrics, one explicit tuple: what each is in words, and from which measures it is made.

Query, catalogue endpoint, funnel and cost answers read it. A metric is one entry; a new kind of fact also needs a
measure in `projections/measures.py`. Rates `<a>_to_<b>` follow from `STEPS` by one rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from analytics.metrics.dimensions import DIMENSIONS, Dimension, Names
from analytics.projections.measures import Subject

Unit = Literal["count", "money", "rate", "ratio", "seconds"]
"""A rate is a share from 0 to 1 (more only where the later step is no part of the earlier); a ratio is any number."""


@dataclass(frozen=True, slots=True)
class Count:
    """The number of what a measure counts."""

    measure: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Amount:
    """The money that a measure adds up, in the workspace's currency."""

    measure: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Spent:
    """Money spent on marketing, under its own keys and shared where it lacks them."""

    subject: Literal["spend"] = "spend"


@dataclass(frozen=True, slots=True)
class Quantile:
    """The length of time below which `share` of the measured cases lie, within 2 %."""

    measure: str
    subject: Subject
    share: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """One metric divided by another; null where that is nothing."""

    numerator: str
    denominator: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One metric less another."""

    minuend: str
    subtrahend: str


Source = Count | Amount | Spent | Quantile | Ratio | Difference


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that can be asked for, its meaning, and where it comes from."""

    key: str
    name: Names
    unit: Unit
    definition: str
    source: Source


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way from a submission to a sale; `counted_by` is the metric that says how many entered it."""

    key: str
    name: Names
    counted_by: str


STEPS: Final[tuple[Step, ...]] = (
    Step("submissions", Names("Submissions", "Заявки"), "submissions"),
    Step("inquiries", Names("Inquiries", "Обращения"), "inquiries"),
    Step("leads", Names("Leads", "Лиды"), "leads"),
    Step("contacted", Names("Contacted", "Взяты в работу"), "contacted"),
    Step("qualified", Names("Qualified", "Квалифицированы"), "qualified"),
    Step("converted", Names("Converted", "Сконвертированы"), "converted"),
    Step("won", Names("Won", "Продажи"), "customers"),
)
"""The last step counts leads with a won deal, so it is a part of the leads before it; the metric `won` counts deals."""

_BASE: Final[tuple[Metric, ...]] = (
    Metric(
        "submissions", Names("Submissions", "Заявки"), "count",
        "Submissions received by lead-intake, whatever became of them.", Count("submissions", "submission"),
    ),
    Metric(
        "interests", Names("Interests", "Интересы"), "count",
        "Submissions that leave no way to contact the person.", Count("interests", "submission"),
    ),
    Metric("spam", Names("Spam", "Спам"), "count", "Submissions held as spam.", Count("spam", "submission")),
    Metric(
        "duplicates", Names("Duplicates", "Повторы"), "count",
        "Submissions that were sent again.", Count("duplicates", "submission"),
    ),
    Metric(
        "inquiries", Names("Inquiries", "Обращения"), "count",
        "Inquiries recorded on a lead or a deal, with and without lead-intake.", Count("inquiries", "inquiry"),
    ),
    Metric(
        "leads", Names("Leads", "Лиды"), "count",
        "Leads by the day of their first inquiry; those merged into another are left out.", Count("leads", "lead"),
    ),
    Metric(
        "repeat", Names("Repeat leads", "Повторные лиды"), "count",
        "Leads of a person who was already known.", Count("repeat", "lead"),
    ),
    Metric(
        "contacted", Names("Contacted", "Взяты в работу"), "count",
        "Leads that reached in_progress or a later step.", Count("contacted", "lead"),
    ),
    Metric(
        "qualified", Names("Qualified", "Квалифицированы"), "count",
        "Leads that reached qualified or a later step.", Count("qualified", "lead"),
    ),
    Metric(
        "converted", Names("Converted", "Сконвертированы"), "count",
        "Leads that were converted.", Count("converted", "lead"),
    ),
    Metric(
        "customers", Names("Customers", "Клиенты"), "count",
        "Leads with at least one won deal.", Count("customers", "lead"),
    ),
    Metric(
        "open", Names("Open leads", "Лиды в работе"), "count",
        "Leads that are new, assigned, in progress or qualified now.", Count("open", "lead"),
    ),
    Metric(
        "postponed", Names("Postponed", "Отложены"), "count", "Leads postponed now.", Count("postponed", "lead")
    ),
    Metric(
        "disqualified", Names("Disqualified", "Отказы"), "count",
        "Leads that stand refused now.", Count("disqualified", "lead"),
    ),
    Metric("deals", Names("Deals", "Сделки"), "count", "Deals, whatever their state.", Count("deals", "deal")),
    Metric("won", Names("Won deals", "Выигранные сделки"), "count", "Deals that stand won.", Count("won", "deal")),
    Metric("lost", Names("Lost deals", "Проигранные сделки"), "count", "Deals that stand lost.", Count("lost", "deal")),
    Metric("revenue", Names("Revenue", "Выручка"), "money", "Amounts of won deals.", Amount("won", "deal")),
    Metric(
        "pipeline", Names("Pipeline", "Сделки в работе"), "money",
        "Amounts of deals open now.", Amount("deals_open", "deal"),
    ),
    Metric(
        "forecast", Names("Forecast", "Прогноз"), "money",
        "Amounts of deals open now, weighted by their probability.", Amount("forecast", "deal"),
    ),
    Metric(
        "spend", Names("Spend", "Расходы"), "money",
        "Money spent on marketing, under its own keys; for a dimension that it lacks it is shared over the leads of "
        "the same keys, the rest is unattributed.", Spent(),
    ),
    Metric(
        "profit", Names("Marketing profit", "Прибыль маркетинга"), "money",
        "Revenue less spend.", Difference("revenue", "spend"),
    ),
    Metric(
        "average_deal", Names("Average deal", "Средний чек"), "money",
        "Revenue divided by won deals.", Ratio("revenue", "won"),
    ),
    Metric(
        "cost_per_lead", Names("Cost per lead", "Стоимость лида"), "money",
        "Spend divided by leads.", Ratio("spend", "leads"),
    ),
    Metric(
        "cost_per_qualified", Names("Cost per qualified lead", "Стоимость квалифицированного лида"), "money",
        "Spend divided by qualified leads.", Ratio("spend", "qualified"),
    ),
    Metric(
        "cost_per_deal", Names("Cost per deal", "Стоимость сделки"), "money",
        "Spend divided by deals.", Ratio("spend", "deals"),
    ),
    Metric(
        "cost_per_won", Names("Cost per won deal", "Стоимость продажи"), "money",
        "Spend divided by won deals.", Ratio("spend", "won"),
    ),
    Metric(
        "cac", Names("Customer acquisition cost", "Стоимость клиента"), "money",
        "Spend divided by the leads that became customers.", Ratio("spend", "customers"),
    ),
    Metric(
        "romi", Names("ROMI", "ROMI"), "ratio",
        "Revenue less spend, divided by spend; 0 is break-even, below it money was lost.", Ratio("profit", "spend"),
    ),
    Metric(
        "first_response", Names("First response", "Первый ответ"), "seconds",
        "Median time from the lead to the first response.", Quantile("first_response", "lead", 0.5),
    ),
    Metric(
        "first_response_p90", Names("First response, p90", "Первый ответ, p90"), "seconds",
        "Time within which nine of ten answered leads were answered.", Quantile("first_response", "lead", 0.9),
    ),
    Metric(
        "sales_cycle", Names("Sales cycle", "Цикл сделки"), "seconds",
        "Median time from the lead to its won deal.", Quantile("sales_cycle", "deal", 0.5),
    ),
    Metric(
        "sales_cycle_p90", Names("Sales cycle, p90", "Цикл сделки, p90"), "seconds",
        "Time within which nine of ten won deals were won.", Quantile("sales_cycle", "deal", 0.9),
    ),
    Metric(
        "with_deadline", Names("With deadline", "Со сроком ответа"), "count",
        "Leads with a deadline for the first response.", Count("with_deadline", "lead"),
    ),
    Metric(
        "answered_in_time", Names("Answered in time", "Отвечены в срок"), "count",
        "Leads answered not after their deadline.", Count("answered_in_time", "lead"),
    ),
    Metric(
        "answered_in_time_share", Names("Share answered in time", "Доля отвеченных в срок"), "rate",
        "Leads answered in time, of those with a deadline.", Ratio("answered_in_time", "with_deadline"),
    ),
    Metric(
        "deals_to_won", Names("Deals → won", "Сделки → продажи"), "rate",
        "Deals that stand won, of all deals.", Ratio("won", "deals"),
    ),
)  # fmt: skip


def _rates() -> Iterator[Metric]:
    """Each step to each later one: the share of those in the first that are in the second."""
    for index, first in enumerate(STEPS):
        for later in STEPS[index + 1 :]:
            yield Metric(
                f"{first.key}_to_{later.key}",
                Names(f"{first.name.en} → {later.name.en.lower()}", f"{first.name.ru} → {later.name.ru.lower()}"),
                "rate",
                f"{later.name.en} ({later.counted_by}) divided by {first.name.en.lower()} ({first.counted_by}).",
                Ratio(later.counted_by, first.counted_by),
            )


METRICS: Final[tuple[Metric, ...]] = (*_BASE, *_rates())
METRIC_BY_KEY: Final = {metric.key: metric for metric in METRICS}


def ingredients(metric: Metric) -> tuple[Metric, ...]:
    """The metrics that are read, not computed, which this one is made of (itself, when it is one of them)."""
    match metric.source:
        case Ratio(left, right) | Difference(left, right):
            return (*ingredients(METRIC_BY_KEY[left]), *ingredients(METRIC_BY_KEY[right]))
        case _:
            return (metric,)


def allowed_dimensions(metric: Metric) -> tuple[Dimension, ...]:
    """The dimensions that every subject of the metric has."""
    subjects = {part.source.subject for part in ingredients(metric) if not isinstance(part.source, Ratio | Difference)}
    return tuple(dimension for dimension in DIMENSIONS if subjects <= dimension.subjects)
