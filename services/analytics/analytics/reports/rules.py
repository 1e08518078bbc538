"""What reports add to the rows of a question: shares, breaches, and how evenly leads were given out. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any, Final

Row = dict[str, Any]

UNUSUAL: Final = 3.0
"""Standard deviations beyond which a share is hardly chance: one manager in 370 would be, were all given out by lot."""


def with_share(rows: Iterable[Row], totals: Mapping[str, Any], of: Sequence[str]) -> list[Row]:
    """Rows with anything in the columns `of` or any money, which nobody may have come for, the largest first, each with
    its `share` of the first one that has a total."""
    kept = [row for row in rows if any(row[column] for column in of) or any(map(_is_money, row.values()))]
    shared = next((column for column in of if totals.get(column)), of[0])
    whole = totals.get(shared)
    kept.sort(key=lambda row: [-(row[column] or 0) for column in of])
    return [row | {"share": row[shared] / whole if whole else None} for row in kept]


def _is_money(value: Any) -> bool:
    return bool(getattr(value, "amount", None))


def with_fairness(rows: Iterable[Row], _: Mapping[str, Any], of: Sequence[str]) -> list[Row]:
    """Managers with what an even share of their team's leads would be, and how far from it by chance alone they are.

    `deviation` is the standardised residual of a binomial share (n - e) / sqrt(e (1 - p)), p = 1 / managers of the team
    that were given any (A. Agresti, Categorical Data Analysis, 2013, section 1.5). None for the only one of a team.
    """
    (given,) = of
    managers = [row for row in rows if row["owner"] is not None and (row[given] or row["with_deadline"])]
    teams: dict[Any, list[int]] = {}
    for row in managers:
        teams.setdefault(row["team"], []).append(row[given])
    managers.sort(key=lambda row: (str(row["team_name"] or ""), -row[given], str(row["owner_name"] or "")))
    return [row | _fairness(row[given], teams[row["team"]]) | {"breaches": breaches(row)} for row in managers]


def breaches(row: Mapping[str, Any]) -> int:
    """Leads whose deadline fell due unanswered, or that were answered after it."""
    return int(row["with_deadline"]) - int(row["answered_in_time"])


def _fairness(given: int, team: Sequence[int]) -> Row:
    of_team, share = sum(team), 1 / len(team)
    expected = of_team * share
    spread = sqrt(expected * (1 - share))
    deviation = (given - expected) / spread if spread else None
    return {
        "share": given / of_team if of_team else None,
        "expected_share": share,
        "expected": round(expected, 2),
        "deviation": None if deviation is None else round(deviation, 2),
        "unusual": deviation is not None and abs(deviation) > UNUSUAL,
    }
