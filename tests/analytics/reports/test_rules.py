"""What reports add to rows, and how evenly leads were given out."""

from typing import Any

import pytest
from analytics.reports.rules import with_fairness, with_share


def _manager(owner: str | None, given: int, team: str = "t", due: int = 0, kept: int = 0) -> dict[str, Any]:
    return {
        "owner": owner, "owner_name": owner, "team": team, "team_name": team, "assigned": given,
        "with_deadline": due, "answered_in_time": kept,
    }  # fmt: skip


def test_shares_are_of_the_total_and_empty_rows_are_left_out() -> None:
    rows = [{"source": "a", "leads": 1}, {"source": "b", "leads": 3}, {"source": "c", "leads": 0}]
    assert [(row["source"], row["share"]) for row in with_share(rows, {"leads": 4}, ("leads",))] == [
        ("b", 0.75), ("a", 0.25),
    ]  # fmt: skip


def test_shares_are_of_the_first_column_that_has_anything() -> None:
    rows = [{"disqualified": 0, "lost": 2}]
    assert with_share(rows, {"disqualified": 0, "lost": 2}, ("disqualified", "lost"))[0]["share"] == 1.0


def test_an_even_share_is_one_of_the_managers_own_team() -> None:
    rows = [_manager("anna", 30), _manager("boris", 10), _manager("vera", 7, "u"), _manager(None, 5)]
    anna, boris, vera = with_fairness(rows, {}, ("assigned",))
    assert (anna["share"], anna["expected_share"], anna["expected"]) == (0.75, 0.5, 20.0)
    # (30 - 20) / sqrt(40 * 1/2 * 1/2)
    assert anna["deviation"] == pytest.approx(3.16)
    assert (anna["unusual"], boris["unusual"]) == (True, True)
    assert (vera["share"], vera["deviation"], vera["unusual"]) == (1.0, None, False)


def test_what_chance_does_is_not_called_unusual() -> None:
    assert not any(row["unusual"] for row in with_fairness([_manager("a", 6), _manager("b", 2)], {}, ("assigned",)))


def test_breaches_are_deadlines_not_met() -> None:
    assert with_fairness([_manager("a", 5, due=4, kept=3)], {}, ("assigned",))[0]["breaches"] == 1
