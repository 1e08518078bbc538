"""Cells of a statement as values: amounts, counts, days, currencies. Pure; `ValueError` says what is wrong."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

Mark = Literal[".", ","]
Order = Literal["dmy", "mdy"]

MILLION: Final = Decimal(1_000_000)
CENT: Final = Decimal("0.01")
LARGEST: Final = Decimal(10) ** 15
NO_VALUE: Final = frozenset({"", "-", "--", "—", "–", "n/a", "null", "none"})
YES, NO = frozenset({"true", "yes", "1", "да"}), frozenset({"false", "no", "0", "нет"})

_AROUND: Final = re.compile(r"^[^\d.,+\-]*|[^\d.,]*$")
_SPACES: Final = str.maketrans("", "", " \xa0\u202f\u2009'’_")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PARTS: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4})(?:[T ].*)?")
_DAY_FIRST: Final = re.compile(r"(?:\w+,\s*)?(\d{1,2})\s+([^\W\d]+)\.?,?\s+(\d{4})(?:\s*г\.?)?")
_MONTH_FIRST: Final = re.compile(r"(?:\w+,\s*)?([^\W\d]+)\.?\s+(\d{1,2}),?\s+(\d{4})")
_MONTHS: Final = (
    ("jan", "янв"), ("feb", "фев"), ("mar", "мар"), ("apr", "апр"), ("may", "май", "мая"), ("jun", "июн"),
    ("jul", "июл"), ("aug", "авг"), ("sep", "сен"), ("oct", "окт"), ("nov", "ноя"), ("dec", "дек"),
)  # fmt: skip
_SIGNS: Final = {
    "₽": "RUB", "руб": "RUB", "руб.": "RUB", "р.": "RUB", "rur": "RUB", "$": "USD", "us$": "USD", "€": "EUR",
    "£": "GBP", "₸": "KZT", "₴": "UAH", "br": "BYN",
}  # fmt: skip


def absent(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return text.strip().lower() in NO_VALUE


def _bare(text: str) -> str:
    return _AROUND.sub("", text.translate(_SPACES).replace("\u2212", "-"))


def decimal_mark(cells: Iterable[str]) -> Mark:
    """Whether these amounts have a decimal point or a decimal comma.

    Where both occur in a cell the last one is it; a comma followed by other than three digits, or after a lone zero, is
    one. Otherwise commas separate thousands.
    """
    for cell in cells:
        text = _bare(cell)
        if "," in text and "." in text:
            return "," if text.rindex(",") > text.rindex(".") else "."
        if text.count(",") == 1 and (not _THOUSANDS.fullmatch(text) or text.lstrip("+-").startswith("0,")):
            return ","
    return "."


def number(text: str, mark: Mark) -> Decimal:
    """A number with any thousands separators; signs and letters of currencies around it are passed over."""
    bare = _bare(text)
    if mark == ",":
        bare = bare.replace(".", "").replace(",", ".")
    elif bare.count(".") > 1 and _THOUSANDS.fullmatch(bare):
        bare = bare.replace(".", "")
    else:
        bare = bare.replace(",", "")
    if not _NUMBER.fullmatch(bare) or len(bare) > 40 or "<" in text or ">" in text or "%" in text:
        raise ValueError("is not a number")
    value = Decimal(bare)
    if abs(value) >= LARGEST:
        raise ValueError("is too large")
    return value


def amount(text: str, mark: Mark, *, micros: bool) -> Decimal:
    """Money to the cent; nothing where there is no value."""
    if absent(text):
        return Decimal(0)
    value = number(text, mark)
    value = (value / MILLION if micros else value).quantize(CENT, ROUND_HALF_UP)
    if value < 0:
        raise ValueError("is below nothing")
    return value


def count(text: str, mark: Mark) -> int | None:
    """A whole number, None where there is no value."""
    if absent(text):
        return None
    value = number(text, mark)
    if value != int(value) or value < 0:
        raise ValueError("is not a whole number")
    return int(value)


def in_micros(cells: Iterable[str], mark: Mark) -> bool:
    """Whether whole amounts can be millionths: none has decimals, none is less than a hundredth of the currency."""
    for cell in cells:
        if absent(cell):
            continue
        try:
            value = number(cell, mark)
        except ValueError:
            continue
        if value != int(value) or mark + "0" in cell or 0 < value < MILLION * CENT:
            return False
    return True


def date_order(cells: Iterable[str]) -> Order | None:
    """Whether days or months come first in `10/03/2026`; None where the cells do not tell. With dots, days do."""
    for cell in cells:
        found = _PARTS.fullmatch(cell.strip())
        if found and found[2] != ".":
            if int(found[1]) > 12:
                return "dmy"
            if int(found[3]) > 12:
                return "mdy"
    return None


def day(text: str, order: Order | None) -> date:
    """A day in any usual writing; `order` decides what `10/03/2026` is, and without it that is refused."""
    written = text.strip()
    if found := _ISO.fullmatch(written) or _COMPACT.fullmatch(written):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _PARTS.fullmatch(written):
        one, other, year = int(found[1]), int(found[3]), int(found[4])
        if found[2] != "." and order is None and one != other:
            raise ValueError("may be day or month first: say date_order=dmy or mdy")
        return _date(year, one, other) if order == "mdy" and found[2] != "." else _date(year, other, one)
    if found := _DAY_FIRST.fullmatch(written):
        return _date(int(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_FIRST.fullmatch(written):
        return _date(int(found[3]), _month(found[1]), int(found[2]))
    raise ValueError("is not a day")


def _date(year: int, month: int, day_: int) -> date:
    try:
        return date(year, month, day_)
    except ValueError:
        raise ValueError("is not a day") from None


def _month(name: str) -> int:
    for number_, names in enumerate(_MONTHS, start=1):
        if name.lower().startswith(names):
            return number_
    raise ValueError("is not a day")


def period(text: str) -> tuple[date, date] | None:
    """First and last day of a line such as `(2026-03-10 - 2026-03-11)` or `March 10, 2026 - March 11, 2026`."""
    parts = re.split(r"\s+[-–—]\s+|\s+to\s+", text.strip().strip('"()'))
    try:
        first, last = day(parts[0], None), day(parts[-1], None)
    except ValueError:
        return None
    return (first, last) if len(parts) <= 2 and first <= last else None


def currency(text: str) -> str | None:
    """An ISO 4217 code from a code or a sign, None where the text holds neither."""
    written = text.strip()
    if written.lower() in _SIGNS:
        return _SIGNS[written.lower()]
    for word in re.split(r"[\s,;()]+", written):
        if word.lower() in _SIGNS:
            return _SIGNS[word.lower()]
        if re.fullmatch(r"[A-Z]{3}", word) and word not in ("VAT", "CPC", "CPM"):
            return "RUB" if word == "RUR" else word
    return None


def vat(text: str) -> bool | None:
    """Whether a caption or a cell says that VAT is in the amount; None where it says nothing."""
    written = text.strip().lower()
    if written in YES | NO:
        return written in YES
    if re.search(r"без\s+(уч[её]та\s+)?ндс|excl\w*\.?\s+(of\s+)?vat|without\s+vat|net of vat", written):
        return False
    if re.search(r"\bс\s+(уч[её]том\s+)?ндс|вкл\w*\.?\s+ндс|incl\w*\.?\s+vat|with\s+vat", written):
        return True
    return None
