"""A call that we made: no inquiry, but told to crm-core, where it stands on the timeline of whoever was called."""

from typing import Any, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from leadkit.contracts.common import Moment, Shape
from leadkit.contracts.inquiry import Call, Messenger

CallOutcome = Literal["attached", "unmatched", "updated"]


class OutboundCall(Shape):
    """One call from us to a person. `id` equals the submission's id when it came through lead-intake; a higher
    `revision` of the same id replaces what was known. A canonical inquiry that holds an outbound call is one too."""

    id: UUID
    revision: int = Field(default=1, ge=1)
    source_id: UUID | None = None
    provider: str | None = Field(default=None, max_length=50)
    external_id: str | None = Field(default=None, max_length=255)
    occurred_at: Moment | None = None
    received_at: Moment | None = None
    phones: list[str] = Field(default_factory=list, max_length=20)
    messengers: list[Messenger] = Field(default_factory=list, max_length=20)
    call: Call
    extra: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_outbound(self) -> Self:
        if self.call.direction != "outbound":
            raise ValueError("an inbound call is an inquiry")
        return self
