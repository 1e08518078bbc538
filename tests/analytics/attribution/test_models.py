"""Attribution models: what each gives to whom, and that none gives more or less than there is."""

import pytest
from analytics.attribution.markov import removal_effects
from analytics.attribution.models import ATTRIBUTION_MODELS, MODEL_BY_KEY, Journey, credited
from hypothesis import given, settings
from hypothesis import strategies as st

A, B, C = ("a",), ("b",), ("c",)


def _way(*keys: tuple[str], value: int = 100, direct: tuple[int, ...] = (), cases: int = 1) -> Journey:
    ages = tuple(7 * (len(keys) - place) for place in range(len(keys)))
    return Journey(keys, ages, tuple(place in direct for place in range(len(keys))), cases, cases, value)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {A: 100}),
        ("last", {C: 100}),
        ("last_non_direct", {B: 100}),
        ("linear", {A: 34, B: 33, C: 33}),
        ("position", {A: 40, B: 20, C: 40}),
        ("time_decay", {A: 14, B: 29, C: 57}),
    ],
)
def test_a_way_of_three_touches_a_week_apart_is_shared_as_worked_out_by_hand(
    model: str, expected: dict[tuple[str], int]
) -> None:
    told = credited(MODEL_BY_KEY[model], [_way(A, B, C, direct=(2,))])
    assert {key: value for key, value in told.items() if value} == expected


def test_position_gives_halves_to_two_and_all_to_one() -> None:
    assert credited(MODEL_BY_KEY["position"], [_way(A, B)]) == {A: 50, B: 50}
    assert credited(MODEL_BY_KEY["position"], [_way(A)]) == {A: 100}


def test_last_non_direct_falls_back_to_the_last_where_all_were_direct() -> None:
    assert credited(MODEL_BY_KEY["last_non_direct"], [_way(A, B, direct=(0, 1))]) == {B: 100}


def test_removal_effects_are_as_worked_out_by_hand() -> None:
    """Of four ways a-b converts, a and b alone do not, c does: without c half is lost, without a or b the other."""
    effects = removal_effects([((A, B), 1, 1), ((A,), 1, 0), ((B,), 1, 0), ((C,), 1, 1)])
    # From a: 1/2 to b, 1/2 lost; from b: 1/2 converts. start: 1/2 a, 1/4 b, 1/4 c. P = 1/2*1/2*1/2 + 1/4*1/2 + 1/4.
    whole = 1 / 8 + 1 / 8 + 1 / 4
    assert effects[A] == pytest.approx((1 / 8) / whole)
    assert effects[B] == pytest.approx((1 / 4) / whole)
    assert effects[C] == pytest.approx((1 / 4) / whole)


def test_nobody_converting_leaves_nothing_to_give() -> None:
    assert removal_effects([((A,), 3, 0)]) == {}
    assert removal_effects([]) == {}


def test_rare_kinds_keep_what_is_theirs_when_a_chain_would_be_too_large() -> None:
    ways = [_way((f"k{number}",), value=100) for number in range(100)]
    told = credited(MODEL_BY_KEY["data_driven"], ways)
    assert set(told.values()) == {100}


journeys = st.lists(
    st.builds(
        lambda keys, ages, cases, part, value: Journey(
            tuple((key,) for key in keys), tuple(ages[: len(keys)]), tuple(age % 2 == 0 for age in ages[: len(keys)]),
            cases, min(cases, part), value,
        ),
        st.lists(st.sampled_from("abcd"), min_size=1, max_size=6),
        st.lists(st.integers(0, 400), min_size=6, max_size=6),
        st.integers(1, 50),
        st.integers(0, 50),
        st.integers(0, 10**9),
    ),
    max_size=8,
)  # fmt: skip


@settings(max_examples=60)
@given(journeys)
def test_every_model_gives_out_exactly_what_there_is(told: list[Journey]) -> None:
    total = sum(journey.value for journey in told)
    kinds = {key for journey in told for key in journey.keys}
    for model in ATTRIBUTION_MODELS:
        parts = credited(model, told)
        assert sum(parts.values()) == total
        assert set(parts) <= kinds
        assert min(parts.values(), default=0) >= 0
        assert credited(model, told[::-1]) == parts
