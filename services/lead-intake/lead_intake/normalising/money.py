"""Amounts as people write them: `12 500,00 руб.`, `$1,200`, `50 тыс`."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"\d[\d\s\xa0\u202f.,']{0,24}")
_TO = re.compile(r"^[-–—]\s?\d[\d\s\xa0.,]{0,24}")
"""The other end of a range, whose unit is that of both: `100-200 тыс`."""
_CURRENCIES = (
    ("RUB", ("₽", "руб", "rub", " р.", "р.", "rur")),
    ("USD", ("$", "usd", "долл")),
    ("EUR", ("€", "eur", "евро")),
    ("KZT", ("₸", "kzt", "тенге", "тг")),
    ("BYN", ("byn", "бел")),
    ("GBP", ("£", "gbp")),
    ("CNY", ("cny", "юан")),
    ("UAH", ("uah", "грн")),
    ("AED", ("aed",)),
    ("CHF", ("chf",)),
    ("UZS", ("uzs",)),
)
_BY_REGION = {"RU": "RUB", "US": "USD", "GB": "GBP", "KZ": "KZT", "BY": "BYN", "DE": "EUR", "FR": "EUR", "ES": "EUR"}
_THOUSANDS = ("тыс", "тр", "т.р", "k", "к")
_MILLIONS = ("млн", "mln", "million", "m")
_LIMIT = Decimal(10) ** 15


def parse(text: str, currency: str | None, region: str) -> tuple[Decimal, str, str | None] | None:
    """The first amount in a text, its currency and a warning where the currency was guessed; None without a number."""
    found = _NUMBER.search(text[:200])
    named = currency.upper() if currency and re.fullmatch("[A-Za-z]{3}", currency) else _named(text.lower())
    known = named or _BY_REGION.get(region)
    if not found or not known:
        return None
    after = _TO.sub("", text[found.end() : 200].strip().lower())
    amount = _amount(found[0]) * _scale(after)
    if amount >= _LIMIT:
        return None
    return amount.quantize(Decimal("0.01")), known, None if named else f"currency {known} assumed"


def _named(text: str) -> str | None:
    return next((code for code, marks in _CURRENCIES if any(mark in text for mark in marks)), None)


def _scale(after: str) -> int:
    if after.startswith(_MILLIONS[:3]):
        return 1_000_000
    return 1000 if after.startswith(_THOUSANDS) else 1


def _amount(digits: str) -> Decimal:
    compact = "".join([mark for mark in digits if (mark.isascii() and mark.isdigit()) or mark in ".,"]).rstrip(".,")
    whole, point, cents = compact.replace(",", ".").rpartition(".")
    if point and len(cents) <= 2:
        return Decimal(f"{whole.replace('.', '') or '0'}.{cents}")
    return Decimal(f"{whole}{cents}".replace(".", "") or "0")
