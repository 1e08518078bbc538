"""From sums to answers: metrics worked out of tallies and spend, and written as clients read them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from leadkit.contracts.common import Money
from leadkit.proportions import wilson_interval

from analytics.metrics.asking import ABSENT
from analytics.metrics.catalogue import METRIC_BY_KEY, ingredients
from analytics.metrics.dimensions import Dimension
from analytics.metrics.kinds import Amount, Average, Count, Difference, Metric, Quantile, Ratio, Spent, Together
from analytics.metrics.reading import Tally
from analytics.metrics.spending import Spending
from analytics.metrics.statistics import FEW
from analytics.projections.slices import Key, Wanted

Value = int | float | Decimal | None
CENT = Decimal("0.01")


@dataclass(slots=True)
class Numbers:
    """Everything summed for one combination of values: what metrics are worked out of."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    spend: Decimal = Decimal(0)
    credited: dict[str, Decimal] = field(default_factory=dict)
    """Metric -> what a model of attribution gave out, in the place of what was counted."""

    def merge(self, other: "Numbers") -> None:
        """Adds another combination's sums."""
        for measure, tally in other.tallies.items():
            self.tallies.setdefault(measure, Tally()).merge(tally)
        self.spend += other.spend
        for key, value in other.credited.items():
            self.credited[key] = self.credited.get(key, Decimal(0)) + value

    def value(self, metric: Metric) -> Value:
        """The metric's value: money unrounded, an undefined ratio None."""
        if metric.key in self.credited:
            return self.credited[metric.key]
        match metric.source:
            case Count(measure):
                return self._tally(measure).n
            case Amount(measure):
                return self._tally(measure).amount
            case Spent():
                return self.spend
            case Quantile(measure, _, share):
                return self._tally(measure).times.seconds(share)[0]
            case Average(measure):
                tally = self._tally(measure)
                return tally.amount / tally.n if tally.n else None
            case Together(left, right):
                return _both(self.value(METRIC_BY_KEY[left]), self.value(METRIC_BY_KEY[right]))
            case Difference(left, right):
                return _less(self.value(METRIC_BY_KEY[left]), self.value(METRIC_BY_KEY[right]))
            case Ratio(left, right):
                return _divided(self.value(METRIC_BY_KEY[left]), self.value(METRIC_BY_KEY[right]))

    def _tally(self, measure: str) -> Tally:
        return self.tallies.get(measure) or Tally()


def _both(one: Value, other: Value) -> Value:
    return None if one is None or other is None else int(one) + int(other)


def _less(left: Value, right: Value) -> Value:
    return None if left is None or right is None else Decimal(left) - Decimal(right)


def _divided(left: Value, right: Value) -> Value:
    return None if left is None or not right else Decimal(left) / Decimal(right)


def wanted_of(metrics: Iterable[Metric]) -> list[Wanted]:
    """The measures that the metrics are worked out of."""
    return [
        Wanted(part.source.measure, part.source.subject, isinstance(part.source, Amount | Average))
        for metric in metrics
        for part in ingredients(metric)
        if isinstance(part.source, Count | Amount | Quantile | Average)
    ]


def needs_spend(metrics: Iterable[Metric]) -> bool:
    """Whether one of the metrics is worked out of spend."""
    return any(isinstance(part.source, Spent) for metric in metrics for part in ingredients(metric))


def add_spend(rows: dict[Key, Numbers], spending: Spending | None, new: Callable[[], Numbers]) -> None:
    """Puts spend into its rows; `new` makes those that nothing else is in."""
    for key, amount in (spending.by_key if spending else {}).items():
        if amount:
            rows.setdefault(key, new()).spend += amount


def total_of(rows: Iterable[Numbers]) -> Numbers:
    """The sums over all rows; rates and times of the totals are worked out of these, not of the rows' rates."""
    total = Numbers()
    for row in rows:
        total.merge(row)
    return total


def written(metric: Metric, value: Value, currency: str) -> Any:
    """A value as the answer holds it: money as money, rounded to the cent; a rate as a number."""
    if value is None:
        return None
    if metric.unit == "money":
        return Money(amount=Decimal(value).quantize(CENT, ROUND_HALF_UP), currency=currency)
    return float(value) if metric.unit in ("rate", "ratio") or isinstance(value, Decimal) else value


def key_written(dimension: Dimension, value: str) -> str | int | None:
    """A dimension's value as the answer holds it: null where absent, numbers as numbers."""
    if value == ABSENT:
        return None
    return int(value) if dimension.kind == "number" and value.isdigit() else value


Names = Mapping[str, Mapping[str, str]]
"""Kind -> id -> display name."""


def row_written(
    by: Sequence[Dimension],
    key: Key,
    metrics: Sequence[Metric],
    numbers: Numbers,
    names: Names,
    currency: str,
    *,
    intervals: bool = False,
) -> dict[str, Any]:
    """One row keyed by column: dimensions with their names, then metrics."""
    row: dict[str, Any] = {}
    for dimension, value in zip(by, key, strict=True):
        row[dimension.key] = key_written(dimension, value)
        if dimension.name_kind and dimension.name_column:
            row[dimension.name_column] = names.get(dimension.name_kind, {}).get(value)
    return row | metrics_written(by, metrics, numbers, currency, intervals=intervals)


def metrics_written(
    by: Sequence[Dimension], metrics: Sequence[Metric], numbers: Numbers, currency: str, *, intervals: bool = False
) -> dict[str, Any]:
    """The metrics of a row or of the totals, keyed by column."""
    row: dict[str, Any] = {}
    for metric in metrics:
        column = column_of(metric, by)
        row[column] = written(metric, numbers.value(metric), currency)
        if intervals and isinstance(metric.source, Ratio) and metric.unit == "rate":
            row |= _certainty(column, metric.source, numbers)
    return row


def _certainty(column: str, rate: Ratio, numbers: Numbers) -> dict[str, Any]:
    """The rate's 95 % interval, and whether it is of too few cases to act on."""
    part, cases = (int(numbers.value(METRIC_BY_KEY[key]) or 0) for key in (rate.numerator, rate.denominator))
    low, high = wilson_interval(part, cases) or (None, None)
    return dict(zip(_certainty_columns(column), (low, high, cases < FEW), strict=True))


def _certainty_columns(column: str) -> tuple[str, str, str]:
    return f"{column}_low", f"{column}_high", f"{column}_few"


def column_of(metric: Metric, by: Sequence[Dimension]) -> str:
    """The metric's key, unless a dimension asked for has the same: `pipeline` by `pipeline` is `pipeline_amount`."""
    return f"{metric.key}_amount" if metric.key in [dimension.key for dimension in by] else metric.key


def columns_of(by: Sequence[Dimension], metrics: Sequence[Metric], *, intervals: bool = False) -> list[str]:
    """The columns of such a row, in order."""
    columns = [column for each in by for column in (each.key, each.name_column) if column]
    for metric in metrics:
        columns.append(column_of(metric, by))
        if intervals and isinstance(metric.source, Ratio) and metric.unit == "rate":
            columns += _certainty_columns(columns[-1])
    return columns
