"""What the values of custom fields have to be."""

from typing import Any
from uuid import UUID

import pytest
from crm_core.custom_fields.rules import TYPES, FieldInfo, TypeName, users_named, values_of

USER = "0198f1d2-0000-7000-8000-000000000001"
CHOICES = ("small", "large")


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("text", "oak", "oak"),
        ("number", 3.5, 3.5),
        ("money", {"amount": "1500", "currency": "RUB"}, {"amount": "1500.00", "currency": "RUB"}),
        ("date", "2026-05-01", "2026-05-01"),
        ("bool", False, False),
        ("choice", "large", "large"),
        ("multichoice", ["large", "small", "large"], ["large", "small"]),
        ("url", "https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("user", USER.upper(), USER),
    ],
)
def test_a_value_of_its_type_is_stored_in_one_form(kind: TypeName, given: Any, stored: Any) -> None:
    assert TYPES[kind].read(given, CHOICES) == stored


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", 5),
        ("number", "5"),
        ("number", True),
        ("number", 1e300),
        ("money", {"amount": "1.005", "currency": "RUB"}),
        ("money", "1500"),
        ("date", "01.05.2026"),
        ("date", 20260501),
        ("bool", "true"),
        ("choice", "huge"),
        ("multichoice", "large"),
        ("multichoice", ["huge"]),
        ("url", "javascript:alert(1)"),
        ("url", "https:///path"),
        ("url", "https://[bad/"),
        ("user", "Anna"),
        ("user", 5),
    ],
)
def test_a_value_of_another_type_is_refused_with_what_would_be_right(kind: TypeName, given: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        TYPES[kind].read(given, CHOICES)


FIELDS = {
    "floor": FieldInfo(key="floor", type="number", required=True),
    "size": FieldInfo(key="size", type="choice", choices=CHOICES, personal=False),
    "price": FieldInfo(key="price", type="money", personal=False),
    "keeper": FieldInfo(key="keeper", type="user"),
}


def test_a_new_card_needs_what_is_required_and_an_old_one_must_not_lose_it() -> None:
    assert [error.pointer for error in values_of(FIELDS, {}).errors] == ["/custom/floor"]
    assert not values_of(FIELDS, {"size": "small"}, before={}).errors
    assert [error.pointer for error in values_of(FIELDS, {"floor": None}, before={"floor": 3}).errors] == [
        "/custom/floor"
    ]


def test_everything_that_is_wrong_is_told_at_its_place() -> None:
    wrong = values_of(FIELDS, {"floor": "x", "size": "huge", "keeper": USER}, at="/deal/custom")
    assert [error.pointer for error in wrong.errors] == [
        "/deal/custom/floor", "/deal/custom/size", "/deal/custom/keeper",
    ]  # fmt: skip


def test_part_of_a_value_is_merged_and_the_whole_is_read() -> None:
    before = {"price": {"amount": "1.00", "currency": "RUB"}, "floor": 1}
    changed = values_of(FIELDS, {"price": {"amount": "2"}}, before=before)
    assert (changed.errors, changed.stored["price"]) == ([], {"amount": "2.00", "currency": "RUB"})


def test_events_tell_only_what_is_not_personal_and_defined() -> None:
    read = values_of(FIELDS, {"floor": 2, "size": "small", "passport": "4509"})
    assert read.stored == {"floor": 2, "size": "small", "passport": "4509"}
    assert read.told == {"size": "small"}


def test_users_are_named_as_far_as_they_can_be_read() -> None:
    assert users_named(FIELDS, {"keeper": USER, "floor": 1}) == {UUID(USER)}
    assert users_named(FIELDS, {"keeper": "Anna"}) == set()
