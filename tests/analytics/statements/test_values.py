"""Cells of statements as people and platforms write them."""

from datetime import date
from decimal import Decimal

import pytest
from analytics.statements import values
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.56", "1234.56"), ("1 234,56", "1234.56"), ("1.234,56", "1234.56"), ("1\xa0234,5\xa0₽", "1234.50"),
        ("$1,234", "1234.00"), ("0,5", "0.50"), ("852340000", "852340000.00"), ("--", "0.00"), ("", "0.00"),
        ("12.345678", "12.35"), ("1'234.50", "1234.50"), ("USD 7.10", "7.10"), ("1.234.567", "1234567.00"),
    ],
)  # fmt: skip
def test_amounts_are_read_whatever_separates_thousands_and_decimals(text: str, amount: str) -> None:
    assert values.amount(text, values.decimal_mark([text]), micros=False) == Decimal(amount)


def test_one_telling_cell_decides_for_the_whole_column() -> None:
    assert values.decimal_mark(["1,234", "12,5"]) == ","
    assert values.decimal_mark(["1,234", "1,234.00"]) == "."
    assert values.decimal_mark(["1,234", "2,000"]) == "."


@pytest.mark.parametrize("text", ["< 10%", "abc", "12%", "1-2", "1e5", "9" * 30])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|large"):
        values.amount(text, ".", micros=False)


def test_an_amount_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="below"):
        values.amount("-5.00", ".", micros=False)


@pytest.mark.parametrize(
    "text",
    ["2026-03-10", "20260310", "10.03.2026", "2026/3/10", "Mar 10, 2026", "March 10, 2026", "10 марта 2026 г.",
     "10 мар. 2026", "Tue, Mar 10, 2026", "2026-03-10 00:00:00", "2026-03-10T00:00:00Z"],
)  # fmt: skip
def test_days_are_read_in_any_usual_writing(text: str) -> None:
    assert values.day(text, None) == date(2026, 3, 10)


def test_a_day_that_may_be_a_month_is_refused_until_the_order_is_known() -> None:
    with pytest.raises(ValueError, match="date_order"):
        values.day("10/03/2026", None)
    assert values.day("10/03/2026", "dmy") == date(2026, 3, 10)
    assert values.day("10/03/2026", "mdy") == date(2026, 10, 3)
    assert values.date_order(["10/03/2026", "13/03/2026"]) == "dmy"
    assert values.date_order(["10/03/2026", "10/13/2026"]) == "mdy"


def test_whole_amounts_are_millionths_only_if_all_of_them_can_be() -> None:
    assert values.in_micros(["852340000", "--", "0"], ".")
    assert not values.in_micros(["852340000", "1.50"], ".")
    assert not values.in_micros(["852340000", "120"], ".")


@pytest.mark.parametrize(
    ("text", "code"),
    [("USD", "USD"), ("RUR", "RUB"), ("₽", "RUB"), ("руб. с НДС", "RUB"), ("EUR incl. VAT", "EUR"), ("x", None)],
)
def test_currencies_are_known_by_code_and_sign(text: str, code: str | None) -> None:
    assert values.currency(text) == code


@pytest.mark.parametrize(
    ("text", "told"),
    [("руб. с НДС", True), ("без НДС", False), ("с учетом НДС", True), ("excl. VAT", False), ("incl VAT", True),
     ("USD", None), ("true", True), ("нет", False)],
)  # fmt: skip
def test_captions_tell_whether_vat_is_in(text: str, told: bool | None) -> None:
    assert values.vat(text) is told


@given(st.text(max_size=30))
def test_no_text_breaks_the_reading_of_a_cell(text: str) -> None:
    for read in (
        lambda: values.amount(text, values.decimal_mark([text]), micros=False),
        lambda: values.count(text, "."),
        lambda: values.day(text, None),
    ):
        try:
            read()
        except ValueError:
            pass
    values.period(text), values.currency(text), values.vat(text)
