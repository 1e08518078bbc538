"""Dates as tables hold them: in local order, with month names, as the serial numbers of a spreadsheet."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from lead_intake.normalising import times

# Where a date of three numbers between strokes begins with the day.
DAY_FIRST_REGIONS = frozenset("GB IE AU NZ IN FR ES IT PT BR DE NL BE GR TR IL AE SA EG MX AR CO CL".split())
_STROKES = re.compile(
    r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?:[ T,]{1,3}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\s*([AaPp])\.?[Mm]\.?)?)?$"
)
_SHORT_YEAR = re.compile(r"^(\d{1,2}\.\d{1,2}\.)(\d{2})(?!\d)(.*)$")
_YEAR_FIRST = re.compile(r"^(\d{4})[./](\d{1,2})[./](\d{1,2})(.*)$")
_WORDS = re.compile(r"^(\d{1,2})\s+([а-яёa-z]{3,9})\.?,?\s+(\d{4})(?:\s*г\.?)?,?(.*)$", re.IGNORECASE)
_SERIAL = re.compile(r"^\d{5}(?:[.,]\d{1,12})?$")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("янв jan", "фев feb", "мар mar", "апр apr", "мая май may", "июн jun", "июл jul", "авг aug", "сен sep",
         "окт oct", "ноя nov", "дек dec"), 1,
    )
    for name in names.split()
}  # fmt: skip
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000  # 1954 to 2119
_SERIAL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 -- the zone is the reader's


def parse(text: str, zone: tzinfo, *, day_first: bool) -> datetime | None:
    """A local date or time; `day_first` decides `3/4/2026`. None for anything that is no date."""
    text = " ".join(text.split())[:64]
    if len(text) < 5:
        return None
    try:
        return _strokes(text, zone, day_first) or _serial(text, zone) or times.parse(_usual(text), zone)
    except (ValueError, OverflowError):
        return None


def day_first(examples: list[str], region: str) -> bool:
    """Whether dates between strokes begin with the day: what the column itself proves, else the country's habit."""
    found = [match for match in map(_STROKES.match, examples) if match]
    if any(int(match[1]) > 12 for match in found):
        return True
    if any(int(match[2]) > 12 for match in found):
        return False
    return region in DAY_FIRST_REGIONS


def _strokes(text: str, zone: tzinfo, day_first: bool) -> datetime | None:
    found = _STROKES.match(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    day, month = (first, second) if day_first or first > 12 else (second, first)
    hour = int(found[4] or 0)
    if found[7]:
        hour = hour % 12 + (12 if found[7] in "Pp" else 0)
    year += 2000 if year < 100 else 0
    return datetime(year, month, day, hour, int(found[5] or 0), int(found[6] or 0), tzinfo=zone).astimezone(UTC)


def _serial(text: str, zone: tzinfo) -> datetime | None:
    if not _SERIAL.match(text):
        return None
    days = float(text.replace(",", "."))
    if not _FIRST_SERIAL <= days < _LAST_SERIAL:
        return None
    moment = _SERIAL_DAY_0 + timedelta(seconds=round(days * 86400))
    return moment.replace(tzinfo=zone).astimezone(UTC)


def _usual(text: str) -> str:
    """Short years, years in front and month names as `times` knows them."""
    if short := _SHORT_YEAR.match(text):
        return f"{short[1]}20{short[2]}{short[3]}"
    if turned := _YEAR_FIRST.match(text):
        return f"{turned[1]}-{int(turned[2]):02}-{int(turned[3]):02}{turned[4]}"
    if words := _WORDS.match(text):
        month = _MONTHS.get(words[2][:3].casefold())
        if month:
            return f"{words[1]}.{month}.{words[3]} {words[4].strip()}".strip()
    return text
