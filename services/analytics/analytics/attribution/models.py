"""The models, one explicit tuple: how much of a conversion each touch on the way to it gets. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.attribution.markov import removal_effects
from analytics.metrics.dimensions import Names
from analytics.spend.rules import Key, largest_remainder

FINE: Final = 10_000
"""Parts of a hundredth in which credit is added up before it is rounded once."""

WHOLE: Final = 1_000_000
HALF_LIFE_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Journey:
    """Alike ways of persons, oldest touch first: `ages` in days before the conversion.

    `cases` went this way, `conversions` of them came to the end, and `value` (in hundredths) is what these brought.
    """

    keys: tuple[Key, ...]
    ages: tuple[int, ...]
    direct: tuple[bool, ...]
    cases: int
    conversions: int
    value: int


Weigh = Callable[[Journey], Sequence[int]]
"""A weight for each touch of the way."""


@dataclass(frozen=True, slots=True)
class Model:
    """`weigh` looks at one way by itself; a model without it looks at all ways together (`removal_effects`)."""

    key: str
    name: Names
    definition: str
    weigh: Weigh | None


def _first(journey: Journey) -> Sequence[int]:
    return [1, *[0] * (len(journey.keys) - 1)]


def _last(journey: Journey) -> Sequence[int]:
    return [*[0] * (len(journey.keys) - 1), 1]


def _last_non_direct(journey: Journey) -> Sequence[int]:
    told = [place for place, direct in enumerate(journey.direct) if not direct]
    counts = told[-1] if told else len(journey.keys) - 1
    return [int(place == counts) for place in range(len(journey.keys))]


def _linear(journey: Journey) -> Sequence[int]:
    return [1] * len(journey.keys)


def _position(journey: Journey) -> Sequence[int]:
    between = len(journey.keys) - 2
    if between <= 0:
        return [1] * len(journey.keys)
    return [2 * between, *[1] * between, 2 * between]


def _time_decay(journey: Journey) -> Sequence[int]:
    nearest = min(journey.ages)
    return [max(1, round(WHOLE * 0.5 ** ((age - nearest) / HALF_LIFE_DAYS))) for age in journey.ages]


ATTRIBUTION_MODELS: Final[tuple[Model, ...]] = (
    Model("first", Names("First touch", "Первое касание"), "All to the first touch.", _first),
    Model("last", Names("Last touch", "Последнее касание"), "All to the last touch.", _last),
    Model(
        "last_non_direct", Names("Last non-direct touch", "Последнее непрямое касание"),
        "All to the last touch that was no direct visit; to the last one where all were.", _last_non_direct,
    ),
    Model("linear", Names("Linear", "Линейная"), "Every touch the same.", _linear),
    Model(
        "position", Names("Position", "По позиции"),
        "40 % to the first and to the last touch, 20 % to those between; of two touches each gets half.", _position,
    ),
    Model(
        "time_decay", Names("Time decay", "С учётом давности"),
        f"A touch counts half as much for every {HALF_LIFE_DAYS} days that it lies further back.", _time_decay,
    ),
    Model(
        "data_driven", Names("Data-driven", "На основе данных"),
        "As much as conversions would be fewer without the touches of that kind, by a Markov chain over all ways "
        "(removal effect).", None,
    ),
)  # fmt: skip
MODEL_BY_KEY: Final = {model.key: model for model in ATTRIBUTION_MODELS}


def credited(model: Model, journeys: Iterable[Journey]) -> dict[Key, int]:
    """What each kind of touch is owed, in hundredths: whole numbers that sum to what all the ways brought."""
    told = list(journeys)
    total = sum(journey.value for journey in told)
    sums = _by_way(model.weigh, told) if model.weigh else _together(told, total)
    return largest_remainder(total, sums)


def _by_way(weigh: Weigh, journeys: Iterable[Journey]) -> dict[Key, int]:
    sums: dict[Key, int] = {}
    for journey in journeys:
        parts = largest_remainder(journey.value * FINE, dict(enumerate(weigh(journey))))
        for place, part in parts.items():
            if part:
                sums[journey.keys[place]] = sums.get(journey.keys[place], 0) + part
    return sums


def _together(journeys: Sequence[Journey], total: int) -> dict[Key, int]:
    """By removal effects; kinds too rare for a chain share what is theirs as every touch the same."""
    linear = _by_way(_linear, journeys)
    effects = removal_effects([(each.keys, each.cases, each.conversions) for each in journeys])
    weights = {key: round(effect * WHOLE) for key, effect in effects.items() if key in linear}
    if not any(weights.values()):
        return linear
    apart = sum(linear.values()) - sum(linear[key] for key in weights)
    shared = largest_remainder(total * FINE - apart, weights)
    return {key: shared.get(key, value) for key, value in linear.items()}
