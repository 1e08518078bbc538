"""Form plugins of WordPress that post what the owner named: common reading of their fields and special tags."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import local_dates
from lead_intake.providers.base import SourceView
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])\.?m\.?", re.IGNORECASE)


class WordPressForms(SharedSecret):
    """A form plugin: a secret of ours in the address or a header, no signature."""

    channels: ClassVar[tuple[Channel, ...]] = ("form",)


def told_time(reader: FormReader, date: Any, time: Any, source: SourceView) -> None:
    """Date and time as the site writes them, in its zone; what cannot be read is kept."""
    if not isinstance(date, str) or not date:
        return
    clock = time if isinstance(time, str) else ""
    written = f"{date.strip()} {_CLOCK.sub(_of_24_hours, clock.strip())}".strip()
    day_first = local_dates.day_first([written], source.default_region)
    told = _in_words(written, source) or local_dates.parse(written, source.time_zone, day_first=day_first)
    reader.draft.occurred_at = reader.draft.occurred_at or told
    if reader.draft.occurred_at is None:
        reader.keep("date", date)
        reader.keep("time", clock)


def _in_words(written: str, source: SourceView) -> datetime | None:
    """`March 11, 2026 15:30`, as WordPress writes a date where it was set up in English."""
    for pattern in ("%B %d, %Y %H:%M", "%d %B %Y %H:%M", "%b %d, %Y %H:%M", "%B %d, %Y"):
        try:
            return datetime.strptime(written, pattern).replace(tzinfo=source.time_zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def _of_24_hours(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)
    return f"{hour:02}:{found[2]}"


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The fields but those named, whatever their capitals."""
    return {key: value for key, value in fields.items() if key.lower() not in names}
