"""Webhooks and their deliveries as clients send and see them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, ConfigDict, Field

from crm_core.fields import Line, absent

Url = Annotated[str, Field(max_length=2000, examples=["https://hooks.example.com/leadflow"])]
Types = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=60, examples=[["lead.created"]])]
Matching = Annotated[
    dict[Annotated[str, Field(max_length=60)], Annotated[list[str | int | bool | None], Field(max_length=100)]],
    Field(
        max_length=20,
        description="Only events whose `data` has one of the values, for each field named",
        examples=[{"channel": ["form", "call"]}],
    ),
]


class WebhookCreate(BaseModel):
    """An endpoint that is told of events from now on. No types: of all."""

    name: Annotated[Line, Field(examples=["Warehouse"])]
    url: Url
    types: Types = Field(default_factory=list)
    matching: Matching = Field(default_factory=dict)


class WebhookPatch(BaseModel):
    """Merge patch. Enabled again, a webhook goes on in the feed where it had stopped."""

    name: Line = Field(default_factory=absent)
    url: Url = Field(default_factory=absent)
    types: Types = Field(default_factory=absent)
    matching: Matching = Field(default_factory=absent)
    enabled: bool = Field(default_factory=absent)


class WebhookOut(BaseModel):
    """A webhook and how its endpoint answers."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Warehouse"])
    url: str
    types: list[str]
    matching: dict[str, list[Any]]
    enabled: bool
    disabled_reason: str | None = Field(examples=[None], description="`failing`, `gone`, or null")
    failures: int = Field(examples=[0], description="Failed attempts in a row")
    failing_since: Moment | None
    retry_at: Moment
    created_by: str
    created_at: Moment
    updated_at: Moment


class WebhookSecret(BaseModel):
    """What its deliveries are signed with, shown this once."""

    secret: str = Field(examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])


class WebhookMade(WebhookOut, WebhookSecret):
    """A new webhook with its secret."""


class Attempt(BaseModel):
    """One try: the HTTP status, or why there was none; the beginning of what was answered."""

    at: Moment
    status: int | None = Field(examples=[200])
    error: str | None
    response: str | None = Field(examples=["ok"])
    milliseconds: int = Field(examples=[84])


class DeliveryOut(BaseModel):
    """An event on its way to an endpoint. `event_id` is sent as `webhook-id`, the same in every attempt."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    webhook_id: UUID
    event_id: str
    event_type: str = Field(examples=["lead.created"])
    status: Literal["waiting", "delivered", "failed", "cancelled"]
    attempts: list[Attempt] = Field(description="The latest 20")
    next_at: Moment = Field(description="When it is tried next, while it waits")
    payload: dict[str, Any] = Field(examples=[{"type": "lead.created", "data": {}}])
    created_at: Moment
    ended_at: Moment | None
