"""How one of several who can get a lead is chosen. Pure; one table of strategies, each a function."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from crm_core.assignment.limits import able_of, fits
from crm_core.assignment.model import Asked, Matched, Person, Rule, StrategyName
from crm_core.assignment.turns import next_in_turn

Points = Mapping[UUID, int]
Narrowed = tuple[Sequence[Person], Points]
"""Those among whom the turn decides, and the points by which they were found."""

FIT_POINTS: Mapping[Matched, int] = {"product": 40, "language": 30, "region": 20}
LEVEL_POINTS = {"hot": 6, "warm": 3, "cold": 0}
"""For each level of experience, by the temperature of the lead: a cold one needs no expert."""


def _by_turn(people: Sequence[Person], _: Asked) -> Narrowed:
    return people, {}


def _least_open(people: Sequence[Person], _: Asked) -> Narrowed:
    fewest = min(person.open for person in people)
    return [person for person in people if person.open == fewest], {person.id: person.open for person in people}


def _best_fit(people: Sequence[Person], lead: Asked) -> Narrowed:
    points = {person.id: fit_of(person, lead) for person in people}
    best = max(points.values())
    return [person for person in people if points[person.id] == best], points


def _sticky(people: Sequence[Person], lead: Asked) -> Narrowed:
    return [person for person in people if person.id == lead.previous_owner_id] or people, {}


STRATEGIES: Mapping[StrategyName, Callable[[Sequence[Person], Asked], Narrowed]] = {
    "round_robin": _by_turn,
    "weighted": _by_turn,
    "least_open": _least_open,
    "best_fit": _best_fit,
    "sticky": _sticky,
}
"""Each narrows those who can get the lead to the ones among whom the turn decides."""


def choose(rule: Rule, people: Sequence[Person], lead: Asked, counts: Mapping[UUID, int]) -> tuple[UUID, Points]:
    """Who gets the lead, and the points that decided; there must be somebody."""
    narrowed, points = STRATEGIES[rule.strategy](people, lead)
    weights = rule.weights if rule.strategy == "weighted" else None
    return next_in_turn({person.id: counts[person.id] for person in narrowed}, weights), points


def fit_of(person: Person, lead: Asked) -> int:
    """Points for experience and for what the person is known to be able to, as far as the lead asks for it. Who has no
    limits neither gains nor loses by them."""
    points = person.level * LEVEL_POINTS.get(str(lead.facts.get("temperature")), 0)
    for name, worth in FIT_POINTS.items():
        if lead.text(name) and able_of(person, name):
            points += worth if fits(person, name, lead) else -worth
    return points
