"""Score, temperature and completeness: sums of points that are shown with their reasons. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadkit.contracts.events import Temperature

HOT_FROM = 60
WARM_FROM = 30
HIGHEST = 100


@dataclass(frozen=True, slots=True)
class Card:
    """What scoring may know of a lead."""

    named: bool
    phone: bool
    email: bool
    messenger: bool
    interest: bool
    company: bool
    message: bool
    budget: bool
    channel: str | None
    direct_traffic: bool
    repeat: bool
    inquiries: int
    qualification: int
    """How many questions of qualification are answered."""


@dataclass(frozen=True, slots=True)
class Point:
    """Points that one fact gives; the reason is shown to people."""

    points: int
    reason: str


def points_of(card: Card) -> list[Point]:
    """Every fact that counts, with its points; the score is their sum, at most 100."""
    facts = (
        (card.phone, 10, "can be called"),
        (card.email, 5, "has an e-mail address"),
        (card.messenger, 5, "has a messenger"),
        (card.named, 5, "gave a name"),
        (card.company, 10, "named a company"),
        (card.interest, 10, "said what they want"),
        (card.message, 5, "wrote a message"),
        (card.budget, 15, "named a budget"),
        (card.channel == "call", 15, "called"),
        (card.channel == "chat", 10, "wrote in a chat"),
        (not card.direct_traffic, 5, "came from a known source"),
        (card.repeat, 15, "asked before"),
        (card.inquiries > 1, min(20, 10 * (card.inquiries - 1)), "asked more than once"),
        (card.qualification > 0, min(40, 10 * card.qualification), "answered questions of qualification"),
    )
    return [Point(points, reason) for holds, points, reason in facts if holds]


def score_of(points: Sequence[Point]) -> int:
    """The sum of the points, at most 100."""
    return min(HIGHEST, sum(point.points for point in points))


def temperature_of(score: int) -> Temperature:
    """The temperature that a score stands for."""
    if score >= HOT_FROM:
        return "hot"
    return "warm" if score >= WARM_FROM else "cold"


def completeness_of(card: Card) -> float:
    """The share of the expected fields of the card that are filled: name, contact, interest, company."""
    filled = (card.named, card.phone or card.email or card.messenger, card.interest, card.company)
    return sum(filled) / len(filled)
