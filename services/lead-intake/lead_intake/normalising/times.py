"""Times as providers and forms write them, made aware. A time without an offset is in the source's zone."""

import re
from datetime import UTC, datetime, tzinfo
from email.utils import mktime_tz, parsedate_tz

_DOTTED = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T,]{1,3}(\d{1,2}):(\d{2})(?::(\d{2}))?)?$")
_FLOATING = re.compile(r"^\d{9,10}\.\d{1,9}$")
_ZONES = {"MSK": "+0300", "MSD": "+0400", "SAMT": "+0400", "YEKT": "+0500", "OMST": "+0600", "NOVT": "+0700",
          "KRAT": "+0700", "IRKT": "+0800", "YAKT": "+0900", "VLAT": "+1000", "CET": "+0100", "CEST": "+0200",
          "EET": "+0200", "EEST": "+0300", "BST": "+0100"}  # fmt: skip


def parse(text: str, zone: tzinfo) -> datetime | None:
    """ISO 8601, Unix seconds or milliseconds, `31.12.2026 23:59`, or the date of a mail; None for anything else."""
    text = text.strip()[:64]
    if not text:
        return None
    try:
        if text.isascii() and text.isdigit():
            return _epoch(int(text))
        if _FLOATING.match(text):
            return datetime.fromtimestamp(float(text), UTC)
        moment = _dotted(text, zone) or _iso(text)
        if moment is None:
            return mail_date(text, zone)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def mail_date(text: str, zone: tzinfo) -> datetime | None:
    """The date of an RFC 5322 header; Russian and European zone names are known."""
    words = [_ZONES.get(word.upper(), word) for word in text[:200].split("(")[0].split()]
    try:
        parts = parsedate_tz(" ".join(words))
        if parts is None or len(words) < 4:
            return None
        if parts[9] is None:
            return datetime(*parts[:6], tzinfo=zone).astimezone(UTC)
        return datetime.fromtimestamp(mktime_tz(parts), UTC)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def _epoch(number: int) -> datetime | None:
    if 100_000_000 <= number < 100_000_000_000:
        return datetime.fromtimestamp(number, UTC)
    if 100_000_000_000 <= number < 100_000_000_000_000:
        return datetime.fromtimestamp(number / 1000, UTC)
    return None


def _iso(text: str) -> datetime | None:
    if not text[:4].isdigit():
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _dotted(text: str, zone: tzinfo) -> datetime | None:
    found = _DOTTED.match(text)
    if not found:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)
