"""Form plugins of WordPress that post what the owner named: common reading of their fields and special tags."""

from collections.abc import Mapping
from typing import Any, ClassVar

from leadkit.contracts.inquiry import Channel

from lead_intake.normalising import times
from lead_intake.providers.base import SourceView
from lead_intake.providers.forms import FormReader
from lead_intake.providers.webhooks import SharedSecret


class WordPressForms(SharedSecret):
    """A form plugin: a secret of ours in the address or a header, no signature."""

    channels: ClassVar[tuple[Channel, ...]] = ("form",)


def told_time(reader: FormReader, date: Any, time: Any, source: SourceView) -> None:
    """Date and time as the site writes them, in its zone; what cannot be read is kept."""
    if not isinstance(date, str) or not date:
        return
    clock = time if isinstance(time, str) else ""
    reader.draft.occurred_at = reader.draft.occurred_at or times.parse(f"{date} {clock}".strip(), source.time_zone)
    if reader.draft.occurred_at is None:
        reader.keep("date", date)
        reader.keep("time", clock)


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The fields but those named, whatever their capitals."""
    return {key: value for key, value in fields.items() if key.lower() not in names}
