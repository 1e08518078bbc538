"""What the page shows, on plain values: languages, how numbers are written, and the geometry of charts. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from math import floor, log10
from typing import Final, Literal, NamedTuple

Language = Literal["ru", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ru", "en")

SYMBOLS: Final = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸", "UAH": "₴", "TRY": "₺", "CNY": "¥"}
MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "ru": ("янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
UNITS: Final[Mapping[Language, tuple[str, str, str, str]]] = {
    "ru": ("с", "мин", "ч", "д"),
    "en": ("s", "min", "h", "d"),
}
SHORT: Final[Mapping[Language, tuple[tuple[int, str], ...]]] = {
    "ru": ((1_000_000_000, " млрд"), (1_000_000, " млн"), (1_000, " тыс.")),
    "en": ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")),
}
NBSP: Final = "\N{NO-BREAK SPACE}"
TENFOLD: Final = 10
LARGE: Final = 10_000_000
MINUS: Final = "\N{MINUS SIGN}"
NONE: Final = "\N{EM DASH}"
NICE: Final = (1, 2, 4, 5, 10)
"""Ends of axes, times a power of ten: their halves are read easily too."""


def language_for(chosen: str | None, accepted: str) -> Language:
    """The language chosen, else the first of `Accept-Language` that the page speaks, else English."""
    for language in LANGUAGES:
        if chosen == language:
            return language
    wanted: list[tuple[float, Language]] = []
    for entry in accepted.split(","):
        name, _, weight = entry.strip().partition(";q=")
        for language in LANGUAGES:
            if name.partition("-")[0].lower() == language:
                wanted.append((_weight(weight), language))
    return max(wanted, key=lambda each: each[0])[1] if wanted else "en"


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


class Written:
    """Numbers as people of one language write them; what is not known is a dash."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def number(self, value: float | Decimal | None, digits: int = 0) -> str:
        """`12 345` or `12,345`, with so many decimals."""
        if value is None:
            return NONE
        text = f"{abs(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)):,}"
        if self._language == "ru":
            text = text.replace(",", NBSP).replace(".", ",")
        return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text

    def percent(self, rate: float | Decimal | None) -> str:
        """A share as a percentage, with a decimal where it would else say little."""
        if rate is None:
            return NONE
        value = Decimal(rate) * 100
        sign = f"{NBSP}%" if self._language == "ru" else "%"
        return f"{self.number(value, 1 if 0 < abs(value) < 10 else 0)}{sign}"

    def money(self, amount: Decimal | None, currency: str, *, short: bool = False) -> str:
        """An amount with its currency, without cents where these are lost in it; `short`: millions as such."""
        if amount is None:
            return NONE
        if short and amount >= LARGE:
            return self.short(round(float(amount), -5), currency)
        digits = 0 if abs(amount) >= 100 or amount == amount.to_integral_value() else 2
        return self._with_currency(self.number(amount, digits), currency)

    def short(self, value: float, currency: str | None = None) -> str:
        """For the ends of axes: `1,5 млн`, `1.5M`."""
        text = self.number(value, 0 if value == floor(value) else 1)
        for size, name in SHORT[self._language]:
            if value >= size:
                part = value / size
                text = f"{self.number(part, 0 if part == floor(part) else 1)}{name.replace(' ', NBSP)}"
                break
        return self._with_currency(text, currency) if currency else text

    def duration(self, seconds: float | None) -> str:
        """A length of time in its two largest units."""
        if seconds is None:
            return NONE
        second, minute, hour, day = UNITS[self._language]
        whole = round(seconds)
        if whole < 60:
            return f"{whole}{NBSP}{second}"
        if whole < 3600:
            return f"{whole // 60}{NBSP}{minute}"
        if whole < 86_400:
            return _two(whole // 3600, hour, whole % 3600 // 60, minute)
        return _two(whole // 86_400, day, whole % 86_400 // 3600, hour)

    def day(self, day: date, *, year: bool = False) -> str:
        """`3 ноя` or `3 Nov`, with the year where asked."""
        text = f"{day.day}{NBSP}{MONTHS[self._language][day.month - 1]}"
        return f"{text}{NBSP}{day.year}" if year else text

    def change(self, now: float | Decimal | None, before: float | Decimal | None) -> str | None:
        """How much more or less than before, as a percentage; None where that cannot be said, or says nothing."""
        if now is None or not before:
            return None
        change = (Decimal(now) - Decimal(before)) / abs(Decimal(before))
        if change >= TENFOLD:
            return None
        return f"+{self.percent(change)}" if change > 0 else self.percent(change)

    def _with_currency(self, text: str, currency: str) -> str:
        symbol = SYMBOLS.get(currency, currency)
        if self._language == "ru" or len(symbol) > 1:
            return f"{text}{NBSP}{symbol}"
        return f"{MINUS}{symbol}{text[1:]}" if text.startswith(MINUS) else f"{symbol}{text}"


def _two(large: int, of_large: str, small: int, of_small: str) -> str:
    text = f"{large}{NBSP}{of_large}"
    return f"{text} {small}{NBSP}{of_small}" if small else text


def nice_end(largest: float) -> float:
    """The end of an axis: at least the largest value, and easy to halve."""
    if largest <= 0:
        return 1
    power = 10.0 ** floor(log10(largest))
    return next(step * power for step in NICE if step * power >= largest * 0.9999)


WIDTH: Final = 1000
HEIGHT: Final = 200
"""Of the plots of trends, which the page stretches to its own size."""


class Line(NamedTuple):
    """A line as the points of an SVG: what is final, the rest, which may change yet, and the area below both."""

    points: str
    open: str
    area: str


def line(values: Sequence[float], end: float, final: int) -> Line:
    """The values from left to right, the first `final` of them final; a single one goes all the way, to be seen."""
    seen, final = ([values[0], values[0]], final * 2) if len(values) == 1 else (values, final)
    step = WIDTH / max(1, len(seen) - 1)
    points = [f"{index * step:.1f},{HEIGHT * (1 - value / end):.1f}" for index, value in enumerate(seen)]
    area = f"0,{HEIGHT} {' '.join(points)} {WIDTH},{HEIGHT}"
    return Line(" ".join(points[:final]), " ".join(points[max(0, final - 1) :] if final < len(points) else ()), area)


def trapezoid(width: float, following: float) -> str:
    """A step of the funnel in a box of 100 by 40: as wide as it is on top, as the next one at the bottom (0 to 1)."""
    top, bottom = max(width, 0.004) * 50, max(following, 0.004) * 50
    corners = ((50 - top, 0), (50 + top, 0), (50 + bottom, 40), (50 - bottom, 40))
    return " ".join(f"{x:.2f},{y}" for x, y in corners)


def shares(values: Sequence[float]) -> list[float]:
    """Each value as a part of the largest, 0 to 1."""
    largest = max(values, default=0)
    return [max(0.0, value) / largest if largest > 0 else 0.0 for value in values]


def funnel_widths(steps: Sequence[tuple[str, int]]) -> list[float]:
    """Each step beside the largest, 0 to 1. Visits are so many that beside them nothing else could be seen: they are
    as wide as the widest of the others."""
    largest = max((entered for key, entered in steps if key != "visits"), default=0)
    return [min(1.0, entered / largest) if largest else float(bool(entered)) for _, entered in steps]


def labels(days: Sequence[date]) -> list[date]:
    """The days that an axis names: the first, the middle one and the last."""
    if len(days) <= 3:
        return list(days)
    return [days[0], days[len(days) // 2], days[-1]]
