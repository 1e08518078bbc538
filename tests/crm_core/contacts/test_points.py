"""Contact points in the one form in which equal means same, and what a known contact learns."""

import pytest
from crm_core.contacts import points
from crm_core.contacts.points import Point, email, messenger, messenger_from, phone, points_of
from crm_core.contacts.rules import chosen, filled_up, search_name
from hypothesis import given, settings
from hypothesis import strategies as st
from leadkit.contracts.inquiry import Messenger
from leadkit.problems import Invalid


@pytest.mark.parametrize("written", ["8 (495) 123-45-67", "+7 495 1234567", "84951234567", "4951234567"])
def test_every_spelling_of_a_number_is_the_same_number(written: str) -> None:
    assert phone(written, "RU") == "+74951234567"


@pytest.mark.parametrize("written", ["", "12", "call me", "+7", "+999123"])
def test_what_cannot_be_dialled_is_no_phone(written: str) -> None:
    assert phone(written, "RU") is None


@settings(max_examples=30)
@given(st.sampled_from("349"), st.integers(0, 999_999_999), st.sampled_from(["RU", "US"]))
def test_what_is_told_at_a_glance_is_read_the_same(first: str, rest: int, region: str) -> None:
    written = f"+7{first}{rest:09}"
    assert phone(written, region) == points._phone_read(written, region)


@given(st.integers(min_value=9_000_000_000, max_value=9_999_999_999))
def test_a_normalised_number_stays_as_it_is(number: int) -> None:
    once = phone(f"+7{number}", "RU")
    assert once is not None
    assert phone(once, "US") == once


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Ivan.Petrov@Example.COM ", "ivan.petrov@example.com"),
        ("иван@почта.рф", "иван@почта.рф"),
        ("x@xn--80a1acny.xn--p1ai", "x@xn--80a1acny.xn--p1ai"),
        ("ivan@localhost", None),
        ("ivan@1.2.3.4", None),
        ("two words@example.com", None),
        ("a@b@example.com", None),
        ("a" * 65 + "@example.com", None),
    ],
)
def test_an_address_is_lower_case_or_none(written: str, address: str | None) -> None:
    assert email(written) == address


def test_a_messenger_is_its_network_and_id() -> None:
    one = Messenger(network=" Telegram ", id="@Ivan:1")
    assert messenger(one) == "telegram:@Ivan:1"
    assert messenger_from("telegram:@Ivan:1") == Messenger(network="telegram", id="@Ivan:1")
    assert messenger(Messenger(network="telegram", id=" ")) is None


def test_points_are_read_in_order_and_each_once() -> None:
    points = points_of(["+74951234567", "8 495 123 45 67"], ["A@b.ru", "a@B.ru"], [], region="RU")
    assert points == [Point("phone", "+74951234567"), Point("email", "a@b.ru")]


def test_every_wrong_point_is_named_by_its_place() -> None:
    with pytest.raises(Invalid) as refused:
        points_of(["+74951234567", "x"], ["y"], [Messenger(network="", id="z")], region="RU")
    assert [error.pointer for error in refused.value.errors or []] == ["/phones/1", "/emails/0", "/messengers/0"]


def test_names_are_searched_without_case_and_last_name_first() -> None:
    person = {"first_name": "Пётр", "last_name": "Семёнов", "full_name": "Семёнов Пётр", "company": "Ромашка"}
    assert search_name(person) == "семенов петр"


def test_a_known_person_learns_only_what_was_missing() -> None:
    known = {"first_name": "Ivan", "last_name": None}
    assert filled_up(known, {"first_name": "I.", "last_name": "Petrov", "position": "Head"}) == {
        "first_name": "Ivan",
        "last_name": "Petrov",
        "position": "Head",
    }


def test_a_preferred_point_that_is_gone_is_preferred_no_more() -> None:
    assert chosen("a", ["a", "b"]) == "a"
    assert chosen("a", ["b"]) is None
