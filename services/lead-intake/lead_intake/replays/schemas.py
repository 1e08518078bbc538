"""Replays as clients ask for them and see them."""

from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment
from leadkit.contracts.events import SubmissionStatus
from leadkit.contracts.inquiry import Channel
from pydantic import BaseModel, ConfigDict, Field, model_validator

ReplayStatus = Literal["queued", "running", "done", "cancelled"]


class ReplayWanted(BaseModel):
    """Which submissions are to be read again: all that meet every one of these; at least one must be named."""

    model_config = ConfigDict(extra="forbid")

    status: list[SubmissionStatus] | SubmissionStatus | None = Field(default=None, examples=[["parked", "unreadable"]])
    channel: Channel | None = None
    provider: str | None = Field(default=None, max_length=50)
    source_id: UUID | None = None
    received_from: Moment | None = None
    received_to: Moment | None = Field(default=None, description="Exclusive")
    reason: str | None = Field(default=None, max_length=255)

    @model_validator(mode="after")
    def _names_something(self) -> "ReplayWanted":
        if all(value is None for value in dict(self).values()):
            raise ValueError("name at least one of status, channel, provider, source_id, received_from, reason")
        return self

    @property
    def statuses(self) -> list[str]:
        """One or several, as a list."""
        return [self.status] if isinstance(self.status, str) else list(self.status or ())


class ReplayOut(BaseModel):
    """A replay and how far it has come; of a dry run only the number of submissions is told (`id` is null).

    `changed` say something else now, or are on their way again; `failed` could not be read (again)."""

    id: UUID | None
    status: ReplayStatus | Literal["dry_run"] = Field(examples=["running"])
    wanted: dict[str, object] = Field(examples=[{"status": ["parked"]}])
    normaliser_version: int
    total: int = Field(examples=[1200])
    done: int = Field(examples=[800])
    changed: int = Field(examples=[790])
    unchanged: int = Field(examples=[7])
    failed: int = Field(examples=[3])
    created_at: Moment
    finished_at: Moment | None
    updated_at: Moment
