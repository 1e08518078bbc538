"""What a metric is and what it can be made of: the words in which the catalogue is written."""

from dataclasses import dataclass
from typing import Literal

from analytics.metrics.dimensions import Names
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
class Average:
    """What a measure adds up, divided by what it counts."""

    measure: str
    subject: Subject


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


@dataclass(frozen=True, slots=True)
class Together:
    """One metric and another."""

    one: str
    other: str


Read = Count | Amount | Spent | Quantile | Average
"""What is worked out of a measure."""
WorkedOut = Ratio | Difference | Together
"""What is worked out of two other metrics."""
Source = Read | WorkedOut


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One number that can be asked for, its meaning, and where it comes from."""

    key: str
    name: Names
    unit: Unit
    definition: str
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step of the way from a submission to a sale; `counted_by` is the metric that says how many entered it."""

    key: str
    name: Names
    counted_by: str
