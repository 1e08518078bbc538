"""How numbers are written, which language is spoken, and how charts are measured."""

from datetime import date
from decimal import Decimal

import pytest
from analytics.dashboard.rules import (
    Language,
    Written,
    funnel_widths,
    labels,
    language_for,
    line,
    nice_end,
    shares,
    trapezoid,
)
from analytics.reports.periods import Relative, period_of

RU, EN = Written("ru"), Written("en")


@pytest.mark.parametrize(
    ("chosen", "accepted", "spoken"),
    [
        ("ru", "en", "ru"),
        (None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, "de,en;q=0.5,ru;q=0.7", "ru"),
        ("xx", "fr;q=zero", "en"),
        (None, "", "en"),
    ],
)
def test_the_language_chosen_goes_before_the_one_the_browser_wants(
    chosen: str | None, accepted: str, spoken: Language
) -> None:
    assert language_for(chosen, accepted) == spoken


def test_numbers_are_written_as_people_of_the_language_do() -> None:
    written = [
        (EN.number(12345), "12,345"), (RU.number(12345), "12 345"), (EN.number(None), "—"), (RU.number(-0.4), "0"),
        (EN.percent(0.083), "8.3%"), (RU.percent(0.5), "50 %"), (EN.percent(-1), "−100%"),
        (EN.money(Decimal("1600.01"), "RUB"), "₽1,600"), (RU.money(Decimal("12.50"), "USD"), "12,50 $"),
        (EN.money(Decimal(-5), "USD"), "−$5"), (EN.money(Decimal(7), "AED"), "7 AED"),
        (RU.money(Decimal(44_120_000), "RUB", short=True), "44,1 млн ₽"),
        (EN.short(500_000, "USD"), "$500K"), (EN.short(1500), "1.5K"), (EN.short(0.5), "0.5"),
        (EN.duration(59), "59 s"), (RU.duration(3700), "1 ч 1 мин"), (EN.duration(86_400), "1 d"),
        (RU.day(date(2026, 5, 3), year=True), "3 мая 2026"),
        (EN.change(110, 100), "+10%"), (EN.change(90, 100), "−10%"), (EN.change(5, 0), None),
        (EN.change(5000, 1), None),
    ]  # fmt: skip
    assert [(str(is_).replace("\xa0", " "), str(should)) for is_, should in written if
            str(is_).replace("\xa0", " ") != str(should)] == []  # fmt: skip


@pytest.mark.parametrize(("largest", "end"), [(0, 1), (1, 1), (3, 4), (26, 40), (41, 50), (99, 100), (0.3, 0.4)])
def test_axes_end_at_numbers_that_are_easy_to_halve(largest: float, end: float) -> None:
    assert nice_end(largest) == pytest.approx(end)


def test_lines_and_funnels_are_measured() -> None:
    assert line([0, 10, 5], 10, 3)[:2] == ("0.0,200.0 500.0,0.0 1000.0,100.0", "")
    assert line([0, 10, 5], 10, 2)[:2] == ("0.0,200.0 500.0,0.0", "500.0,0.0 1000.0,100.0")
    assert line([4], 8, 1)[:2] == ("0.0,100.0 1000.0,100.0", "")
    assert line([4], 8, 0)[:2] == ("", "0.0,100.0 1000.0,100.0")
    assert trapezoid(1, 0.5) == "0.00,0 100.00,0 75.00,40 25.00,40"
    assert shares([4, 0, 1]) == [1, 0, 0.25]
    assert shares([0, 0]) == [0, 0]
    assert funnel_widths([("visits", 9000), ("submissions", 40), ("leads", 10)]) == [1, 1, 0.25]
    assert funnel_widths([("visits", 9000), ("submissions", 0)]) == [1, 0]
    days = [date(2026, 1, day) for day in range(1, 8)]
    assert [day.day for day in labels(days)] == [1, 4, 7]


@pytest.mark.parametrize(
    ("relative", "start", "end"),
    [
        ("today", "2026-03-01", "2026-03-02"),
        ("yesterday", "2026-02-28", "2026-03-01"),
        ("last_7_days", "2026-02-23", "2026-03-02"),
        ("this_week", "2026-02-23", "2026-03-02"),
        ("last_week", "2026-02-16", "2026-02-23"),
        ("this_month", "2026-03-01", "2026-04-01"),
        ("last_month", "2026-02-01", "2026-03-01"),
        ("this_quarter", "2026-01-01", "2026-04-01"),
        ("last_quarter", "2025-10-01", "2026-01-01"),
        ("this_year", "2026-01-01", "2027-01-01"),
        ("last_year", "2025-01-01", "2026-01-01"),
    ],
)
def test_relative_periods_are_whole_days_weeks_and_months(relative: Relative, start: str, end: str) -> None:
    period = period_of(relative, date(2026, 3, 1))  # a Sunday
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
