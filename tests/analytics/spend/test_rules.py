"""Shared money sums to what was spent, to the cent."""

from analytics.spend.rules import UNATTRIBUTED, Claim, Key, Spent, largest_remainder, share
from hypothesis import given
from hypothesis import strategies as st

names = st.sampled_from(("a", "b", "c"))
maybe = st.one_of(st.none(), names)
cents = st.integers(0, 10**9)


def test_cents_left_over_go_to_the_largest_remainders() -> None:
    assert largest_remainder(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert largest_remainder(100, {"a": 1, "b": 2, "c": 3}) == {"a": 17, "b": 33, "c": 50}


def test_without_any_weight_nothing_is_shared() -> None:
    assert largest_remainder(100, {}) == {}
    assert largest_remainder(100, {"a": 0}) == {}


@given(cents, st.dictionaries(st.text(max_size=3), st.integers(0, 1000), max_size=20))
def test_the_parts_sum_to_the_whole_and_none_is_off_by_a_cent(total: int, weights: dict[str, int]) -> None:
    parts = largest_remainder(total, weights)
    if sum(weights.values()):
        assert sum(parts.values()) == total
        assert all(abs(part - total * weights[key] / sum(weights.values())) < 1 for key, part in parts.items())


@given(
    st.lists(st.builds(Spent, own=st.tuples(maybe, maybe), match=st.tuples(maybe, maybe), cents=cents), max_size=8),
    st.lists(
        st.builds(Claim, values=st.tuples(names, names), match=st.tuples(names, names), leads=st.integers(1, 9)),
        max_size=8,
    ),
)
def test_what_was_spent_comes_out_to_the_cent(spent: list[Spent], claims: list[Claim]) -> None:
    assert sum(share(spent, claims).values()) == sum(unit.cents for unit in spent)


OWNERS = [
    Claim(values=("google", "anna"), match=("google", "brand"), leads=1),
    Claim(values=("google", "boris"), match=("google", "brand"), leads=2),
    Claim(values=("google", "boris"), match=("google", "other"), leads=5),
]


def _shared(own: Key, match: Key) -> dict[Key, int]:
    return share([Spent(own, match, 100)], OWNERS)


def test_a_named_dimension_keeps_its_value_whether_or_not_a_lead_came() -> None:
    assert share([Spent(("bing",), ("bing", None), 100)], []) == {("bing",): 100}


def test_a_lacking_dimension_is_shared_over_the_leads_of_the_same_keys() -> None:
    assert _shared(("google", None), ("google", "brand")) == {("google", "anna"): 33, ("google", "boris"): 67}
    assert _shared(("google", None), ("google", None)) == {("google", "anna"): 13, ("google", "boris"): 87}


def test_what_no_lead_claims_is_unattributed() -> None:
    assert _shared(("google", None), ("google", "nobody")) == {("google", UNATTRIBUTED): 100}
