from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising import money, times

MOSCOW = ZoneInfo("Europe/Moscow")
NINE = datetime(2026, 3, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-12T12:00:00+03:00",
        "2026-03-12T09:00:00Z",
        "2026-03-12 12:00",
        "12.03.2026 12:00",
        "12.03.2026, 12:00:00",
        "1773306000",
        "1773306000000",
        "1773306000.0",
        "Thu, 12 Mar 2026 12:00:00 +0300",
        "12 Mar 2026 12:00:00 MSK",
    ],
)
def test_times_of_every_form_are_understood(text: str) -> None:
    assert times.parse(text, MOSCOW) == NINE


@pytest.mark.parametrize("text", ["", "вчера", "32.13.2026", "99999999999999999999", "7", "2026"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert times.parse(text, MOSCOW) is None


@given(st.text(max_size=40) | st.text("0123456789.-:TZ+ ", max_size=30))
def test_time_written_again_stays_the_same(text: str) -> None:
    told = times.parse(text, MOSCOW)
    if told is not None:
        assert times.parse(told.isoformat(), MOSCOW) == told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 500,00 руб.", ("12500.00", "RUB")),
        ("$1,200", ("1200.00", "USD")),
        ("1.200,50 €", ("1200.50", "EUR")),
        ("50 тыс", ("50000.00", "RUB")),
        ("1,5 млн", ("1500000.00", "RUB")),
        ("до 30000", ("30000.00", "RUB")),
        ("100-200 тыс", ("100000.00", "RUB")),
        ("2'000 CHF", ("2000.00", "CHF")),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, expected: tuple[str, str]) -> None:
    amount = money.parse(text, None, "RU")
    assert amount is not None
    assert (str(amount[0]), amount[1]) == expected


def test_assumed_currency_is_a_warning() -> None:
    assert money.parse("100", None, "RU") == (Decimal("100.00"), "RUB", "currency RUB assumed")
    assert money.parse("100", "usd", "RU") == (Decimal("100.00"), "USD", None)
    assert money.parse("много", None, "RU") is None


@given(st.text("0123456789 .,'тысмлн$€k", max_size=30))
def test_amount_is_never_too_large_to_store(text: str) -> None:
    amount = money.parse(text, "RUB", "RU")
    assert amount is None or amount[0] < 10**15
