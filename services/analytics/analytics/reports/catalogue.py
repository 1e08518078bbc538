"""The standard reports as one tuple: which metrics, by what, and what is worked out of their rows.

Routes and documents read it; a report is one entry.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from analytics.metrics.catalogue import METRIC_BY_KEY
from analytics.metrics.dimensions import Names
from analytics.metrics.kinds import Metric
from analytics.projections.measures import Basis
from analytics.reports.rules import Row, with_fairness, with_share

Finish = Callable[[Iterable[Row], Mapping[str, Any], Sequence[str]], list[Row]]


class Report(NamedTuple):
    """`ranked` are the columns by which rows are kept, ordered and shared; `adds` the columns that `finish` adds.

    `by` is what a caller may replace, unless `fixed`. `basis`: the only one that the report makes sense in.
    """

    key: str
    name: Names
    definition: str
    metrics: tuple[Metric, ...]
    by: str
    ranked: tuple[str, ...]
    adds: tuple[str, ...] = ("share",)
    finish: Finish = with_share
    fixed: bool = False
    basis: Basis | None = None


def _metrics(*keys: str) -> tuple[Metric, ...]:
    return tuple(METRIC_BY_KEY[key] for key in keys)


REPORTS: Final[tuple[Report, ...]] = (
    Report(
        "leads-by-status", Names("Leads by status", "Лиды по статусам"),
        "How many leads stand in each status now.",
        _metrics("leads", "repeat", "completeness"), "status", ("leads",),
    ),
    Report(
        "leads-by-source", Names("Leads by source", "Лиды по источникам"),
        "What each source brought, how far it went, and what it cost.",
        _metrics("leads", "contacted", "qualified", "customers", "leads_to_qualified", "leads_to_won", "revenue",
                 "spend", "cost_per_lead", "romi"),
        "source", ("leads", "customers"),
    ),
    Report(
        "leads-by-manager", Names("Leads by manager", "Лиды по менеджерам"),
        "What each manager was given and made of it.",
        _metrics("leads", "open", "contacted", "qualified", "customers", "disqualified", "leads_to_contacted",
                 "leads_to_qualified", "leads_to_won", "revenue", "first_response"),
        "owner", ("leads", "customers"),
    ),
    Report(
        "response-time", Names("Response time", "Время ответа"),
        "How quickly leads were answered first, and how many of those with a deadline in time; by manager, or by "
        "`by=hour_of_day` or both.",
        _metrics("leads", "first_response", "first_response_p90", "with_deadline", "answered_in_time",
                 "answered_in_time_share"),
        "owner", ("leads", "with_deadline"),
    ),
    Report(
        "loss-reasons", Names("Loss reasons", "Причины отказов"),
        "Why leads were refused and deals were lost, as they stand now.",
        _metrics("disqualified", "lost"), "loss_reason", ("disqualified", "lost"),
    ),
    Report(
        "card-completeness", Names("Card completeness", "Заполненность карточек"),
        "How much of what a lead's card may hold is filled in, on average.",
        _metrics("leads", "completeness"), "owner", ("leads",),
    ),
    Report(
        "assignment-fairness", Names("Fairness of assignment", "Справедливость распределения"),
        "Whom leads were given to first, in the period, beside an even share among those of the team that were given "
        "any; a manager who works less or was given a lower weight deviates for that reason.",
        _metrics("assigned", "first_response", "first_response_p90", "with_deadline", "answered_in_time",
                 "answered_in_time_share"),
        "owner,team", ("assigned",),
        adds=("share", "expected_share", "expected", "deviation", "unusual", "breaches"),
        finish=with_fairness, fixed=True, basis="period",
    ),
)  # fmt: skip
