"""CloudEvents 1.0, as both ends of a feed use them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from leadkit.contracts.common import Moment, Shape

BATCH_TYPE = "application/cloudevents-batch+json"


class CloudEvent(Shape):
    """One event; `id` works as `lastEventId` for ever. `workspaceid` and `requestid` are extension attributes."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(examples=["000000000000002a-0198f1d2a0b17c3c8d4e5f60718293a4"])
    source: str = Field(examples=["/crm-core"])
    type: str = Field(examples=["lead.created"])
    subject: str = Field(examples=["0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"])
    time: Moment
    workspaceid: UUID
    requestid: str | None = None
    traceparent: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]


def event_id(position: int, inner: UUID) -> str:
    """Position and event in one opaque text, so that it still names a place when the event itself is gone."""
    return f"{position:016x}-{inner.hex}"


def position_of(last_event_id: str | None) -> int:
    """The place in the feed that an event id names, 0 for none; raises ValueError for a text that is no id of ours."""
    if not last_event_id:
        return 0
    position, dash, inner = last_event_id.partition("-")
    if len(position) != 16 or not dash or len(inner) != 32:
        raise ValueError("not an event id of this feed")
    return int(position, 16)
