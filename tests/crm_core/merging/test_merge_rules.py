"""Two cards becoming one, value by value, and parting again."""

from typing import Any

from crm_core.merging.rules import combined, joined, parted
from hypothesis import given, settings
from hypothesis import strategies as st

INTO = {"person": {"last_name": "Petrov", "company": None}, "phones": ["+1"], "product": None, "custom": {"size": 1}}
GONE = {"person": {"last_name": "Petroff", "company": "Romashka"}, "phones": ["+1", "+2"], "product": "chairs",
        "custom": {"size": 2, "floor": 3}}  # fmt: skip

WORDS = st.one_of(st.none(), st.sampled_from(["", "a", "b", "c"]))
CARDS = st.fixed_dictionaries(
    {
        "person": st.fixed_dictionaries({"first_name": WORDS, "last_name": WORDS}),
        "custom": st.dictionaries(st.sampled_from("xyz"), st.sampled_from("abc"), max_size=3),
        "phones": st.lists(st.sampled_from("123"), unique=True),
        "product": st.sampled_from([None, "a", "b"]),
    }
)


def test_the_survivor_keeps_its_values_and_its_gaps_are_filled() -> None:
    merged = joined(INTO, combined(INTO, GONE))
    assert merged == {
        "person": {"last_name": "Petrov", "company": "Romashka"},
        "phones": ["+1", "+2"],
        "product": "chairs",
        "custom": {"size": 1, "floor": 3},
    }


def test_each_value_says_whose_it_was_and_what_had_to_yield() -> None:
    told = {one.field: (one.source, one.value, one.other) for one in combined(INTO, GONE) if one.field != "phones"}
    assert told == {
        "person/last_name": ("into", "Petrov", "Petroff"),
        "person/company": ("from", "Romashka", None),
        "product": ("from", "chairs", None),
        "custom/size": ("into", 1, 2),
        "custom/floor": ("from", 3, None),
    }


@settings(max_examples=60)
@given(CARDS, CARDS)
def test_parting_gives_back_what_was(into: dict[str, Any], gone: dict[str, Any]) -> None:
    values = combined(into, gone)
    merged = joined(into, values)
    left = parted(merged, values)
    assert {**left, "person": {name: value or None for name, value in left["person"].items()}} == {
        **into,
        "person": {name: value or None for name, value in into["person"].items()},
    }
    assert set(into["phones"]) | set(gone["phones"]) == set(merged["phones"])


def test_what_was_changed_since_stays_as_it_was_changed() -> None:
    values = combined(INTO, GONE)
    later = {**joined(INTO, values), "product": "desks", "phones": ["+1", "+2", "+3"]}
    left = parted(later, values)
    assert (left["product"], left["phones"]) == ("desks", ["+1", "+3"])
