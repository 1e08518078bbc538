"""What is read at once: which measures, by what, of when, on which basis, where."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.metrics.asking import Condition, Period
from analytics.metrics.dimensions import CALENDAR, Dimension, Subject
from analytics.projections.measures import Basis

Key = tuple[str, ...]
"""Values of the dimensions asked for, in their order, as cells write them ('' where absent)."""


class Wanted(NamedTuple):
    """A measure to be summed, and what it counts."""

    measure: str
    subject: Subject


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a workspace's data that is asked for, in the zone and currency that its cells are in."""

    workspace_id: UUID
    by: tuple[Dimension, ...]
    period: Period
    basis: Basis
    zone: ZoneInfo
    currency: str
    where: tuple[Condition, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """Keys of the dimensions, beyond the calendar's, that the rows must have."""
        asked = [*self.by, *(condition.dimension for condition in self.where)]
        return tuple(dict.fromkeys(dimension.key for dimension in asked if dimension.key not in CALENDAR))
