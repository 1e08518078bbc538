import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising import language
from lead_intake.normalising.text import _PLACEHOLDERS, clean, clean_json, is_placeholder, many_lines, one_line

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text()


@given(ANY_TEXT)
def test_clean_text_stays_as_it_is_and_can_be_stored(text: str) -> None:
    for cleaned in (clean(text), one_line(text, 20), many_lines(text, 30)):
        assert "\x00" not in cleaned
        cleaned.encode()
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text, 20), 20) == one_line(text, 20)
    assert many_lines(many_lines(text, 30), 30) == many_lines(text, 30)


def test_invisible_and_control_characters_go_and_words_stay() -> None:
    assert clean("При\x00вет\u200b, \ud800мир\r\n") == "Привет, мир\n"


@pytest.mark.parametrize(
    "text",
    ["", " ", "(not set)", "(none)", "<не указано>", "undefined", "NULL", "--", "{{phone}}", "{campaign_id}", "[name]"],
)
def test_placeholders_say_nothing(text: str) -> None:
    assert is_placeholder(text)


@given(st.sampled_from(sorted(_PLACEHOLDERS)), st.data())
def test_placeholder_is_known_in_any_letters(text: str, data: st.DataObject) -> None:
    assert is_placeholder("".join([data.draw(st.sampled_from([letter.upper(), letter])) for letter in text]))


@pytest.mark.parametrize("text", ["[срочно] перезвоните", "{a@b.ru}", "Анна", "0", "нет", "<b>окно ПВХ</b>"])
def test_words_are_no_placeholders(text: str) -> None:
    assert not is_placeholder(text)


def test_json_is_cut_to_what_can_be_stored() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    cleaned = clean_json({"deep": deep, "big": 10**40, "inf": float("inf"), "nul": "a\x00b", "many": list(range(5000))})
    assert cleaned["big"] == "1" + "0" * 40
    assert cleaned["inf"] == "inf"
    assert cleaned["nul"] == "ab"
    assert len(cleaned["many"]) == 1000
    json.dumps(cleaned, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Сколько стоит доставка?", "ru"),
        ("How much is it?", "en"),
        ("Скільки коштує доставка в Київ?", "uk"),
        ("12 345", None),
        ("Нужен монтаж Windows", "ru"),
    ],
)
def test_language_is_told_by_letters(text: str, expected: str | None) -> None:
    assert language.guess(text) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [("RU", "ru"), ("en_us", "en-US"), ("русский", "ru"), ("ru-RU,ru;q=0.9", "ru-RU"), ("да", None)],
)
def test_language_told_becomes_a_tag(told: str, expected: str | None) -> None:
    assert language.tag(told) == expected
