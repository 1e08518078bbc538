"""What a lead's fields become, with plain values."""

from crm_core.conversion_mapping.rules import (
    DEFAULT_PAIRS,
    FITTING,
    SOURCES,
    TARGETS,
    Pair,
    Target,
    mapped,
    taken_as,
    together,
)


def test_every_default_pair_names_fields_that_fit() -> None:
    for pair in DEFAULT_PAIRS:
        assert SOURCES[pair.lead_field] in FITTING[TARGETS[pair.entity][pair.field].kind]


def test_the_first_field_that_is_filled_names_the_deal() -> None:
    facts = {"product": " ", "subject": "", "company": "Romashka", "full_name": "Ivan"}
    assert mapped(DEFAULT_PAIRS, facts, TARGETS)["deal"]["name"] == "Romashka"
    assert "name" not in mapped(DEFAULT_PAIRS, {}, TARGETS)["deal"]


def test_tags_are_gathered_and_each_is_there_once() -> None:
    pairs = [Pair("tags", "deal", "tags"), Pair("region", "deal", "tags")]
    assert mapped(pairs, {"tags": ["vip", "77"], "region": "77"}, TARGETS)["deal"] == {"tags": ["vip", "77"]}


def test_no_card_gets_more_tags_than_it_can_have() -> None:
    tags = [f"t{number}" for number in range(100)]
    assert together(["vip", ""], tags) == ["vip", *tags[:99]]
    pairs = [Pair("region", "deal", "tags"), Pair("tags", "deal", "tags")]
    assert len(mapped(pairs, {"tags": tags, "region": "77"}, TARGETS)["deal"]["tags"]) == 100


def test_a_field_that_is_gone_gets_nothing() -> None:
    assert mapped([Pair("product", "deal", "custom.gone")], {"product": "Doors"}, TARGETS)["deal"] == {}


def test_values_are_written_as_the_target_writes_them() -> None:
    text = Target("text", 12)
    assert taken_as({"amount": "5.00", "currency": "RUB"}, text) == "5.00 RUB"
    assert [taken_as(value, text) for value in (True, 7, ["a", "b"], "x" * 20)] == ["true", "7", "a, b", "x" * 12]
    assert taken_as("hall", Target("multichoice")) == ["hall"]
    assert taken_as(7, Target("number")) == 7
