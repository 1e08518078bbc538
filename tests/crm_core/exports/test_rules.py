"""Rows as cells of a table."""

import pytest
from crm_core.exports.rules import cells, safe


def test_cells_are_taken_by_their_paths() -> None:
    row = {"person": {"full_name": "Anna"}, "phones": ["+7", "+8"], "score": 5, "repeat": True, "custom": {"a": None}}
    paths = ["person.full_name", "phones", "score", "repeat", "custom.a", "custom.b.c", "score.x"]
    assert cells(row, paths) == ["Anna", "+7, +8", "5", "true", "", "", ""]


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+A1", "\t=1", "\r=1"]
)
def test_no_text_is_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+74951234567", "-15.50", "Anna", "", "a=b", "+7 (495) 123-45-67", "+7, +8"])
def test_numbers_phones_and_words_stay_as_they_are(text: str) -> None:
    assert safe(text) == text
