"""What somebody who searches means, and the words by which a row is found."""

import pytest
from crm_core.contacts.points import Point
from crm_core.finding.words import address_in, beginnings, name_to_sort, parts, search_text


def test_words_of_a_row_stand_once_each_after_a_space_phones_as_digits() -> None:
    points = [Point("phone", "+74951234567"), Point("email", "ivan@example.com")]
    text = search_text(["Иван  Петров", None, "ООО «Алёна» иван"], points)
    assert text == " иван петров ооо алена 74951234567 ivan@example.com"


def test_what_a_list_is_sorted_by_fits_into_an_index() -> None:
    assert len(name_to_sort(["Ы" * 300, "Б"])) == 200


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("Алёна", [["%алена%"]]),
        ("Иван Ли", [["%иван%"], ["% ли%"]]),
        ("100%_\\", [["%100\\%\\_\\\\%"]]),
        ("8 (495) 123", [["%8495123%", "%495123%"]]),
        ("495-12", [["%49512%"]]),
        ("Петров +7 495", [["%петров%"], ["% 7%"], ["%495%"]]),
        ("ivan@ex", [["%ivan@ex%"]]),
        ("()", []),
        ("   ", []),
    ],
)
def test_a_search_is_read_as_patterns(q: str, expected: list[list[str]]) -> None:
    assert parts(q, "RU") == expected


def test_a_search_is_first_read_as_beginnings_of_words() -> None:
    assert beginnings("Петров +7 495_а") == ["% петров%", "% 7%", "% 495\\_а%"]
    assert search_text(["х" * 150]) == " " + "х" * 100
    assert beginnings("х" * 150) == ["% " + "х" * 100 + "%"]


def test_only_whole_addresses_are_looked_up_as_such() -> None:
    assert address_in("8 495 123-45-67", "RU") == Point("phone", "+74951234567")
    assert address_in(" Ivan@Example.com ", "RU") == Point("email", "ivan@example.com")
    assert address_in("ivan@", "RU") is None
    assert address_in("Ivan 84951234567", "RU") is None
