"""What is usual, and what leaves it."""

from analytics.alerts.rules import Week, in_words, left, usual
from hypothesis import given
from hypothesis import strategies as st

CALM = [Week(value, 20) for value in (100.0, 104.0, 98.0, 102.0, 96.0, 100.0)]


def test_a_week_far_from_the_median_is_told_and_a_common_one_is_not() -> None:
    assert left(Week(180.0, 20), CALM) is not None
    assert left(Week(20.0, 20), CALM) is not None
    assert left(Week(120.0, 20), CALM) is None


def test_few_leads_or_a_short_past_tell_nothing() -> None:
    assert left(Week(180.0, 9), CALM) is None
    assert left(Week(180.0, 20), CALM[:3]) is None
    assert left(Week(180.0, 20), [Week(each.value, 9) for each in CALM]) is None


def test_one_wild_week_of_the_past_does_not_hide_the_next() -> None:
    assert left(Week(180.0, 20), [*CALM, Week(5000.0, 20)]) is not None


def test_words_say_by_how_much_and_against_what() -> None:
    within = usual(CALM)
    assert within is not None
    words = in_words("cost_per_lead", "yandex", Week(180.0, 20), within, "RUB")
    assert words["en"].startswith("A lead from yandex cost 180.00 RUB, 80% more than usual (70.00 RUB to 130.00 RUB")
    assert "на 80% дороже обычного" in words["ru"]
    assert "40% less often" in in_words("leads_to_qualified", "x", Week(60.0, 20), within, "RUB")["en"]


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=12))
def test_the_median_itself_is_always_usual(values: list[float]) -> None:
    within = usual([Week(value, 20) for value in values])
    assert within is not None
    assert within.low <= within.median <= within.high
