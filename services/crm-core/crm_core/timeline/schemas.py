"""What the timeline calls answer."""

from typing import Any, Literal

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.timeline.entries import Entry
from crm_core.timeline.words import summary

EntryKind = Literal[
    "inquiry", "call", "email", "meeting", "task", "note", "transition", "stage", "assignment", "deadline", "merge",
    "change",
]  # fmt: skip


class TimelineItem(Shape):
    """One thing that happened, in words and as data."""

    at: Moment
    kind: EntryKind
    by: str | None = Field(examples=["user:0198f1d2-0000-7000-8000-000000000000"])
    summary: str = Field(examples=["Lead: new → assigned"])
    data: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry, language: str) -> "TimelineItem":
        """The entry in the workspace's language."""
        said = summary(language, entry.phrase, entry.words)
        told = {"at": entry.at, "kind": entry.kind, "by": entry.by, "summary": said, "data": entry.data}
        return cls.model_validate(told)


class Timeline(Shape):
    """A page of a timeline, newest first; `next_cursor` is null on the last."""

    items: list[TimelineItem]
    next_cursor: str | None = Field(examples=[None])
