"""A lead's deadline as clients see it."""

from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.deadlines.rules import Breach


class DeadlineOut(Shape):
    """By when whoever has (or had) the lead is to respond, in their working time. `breached`: not answered by then;
    `late`: answered afterwards; `void`: the lead was closed or went to somebody else before. `worked_s` is their
    working time to the response, `lost_s` what of it came too late."""

    owner_id: UUID
    rule_id: UUID | None
    status: Literal["open", "breached", "met", "late", "void"]
    set_at: Moment
    due_at: Moment | None
    remind_at: Moment | None
    accept_by: Moment | None = Field(description="By when the first contact is to be begun")
    reminded_at: Moment | None
    breached_at: Moment | None
    breach: Breach | None
    fulfilled_at: Moment | None
    worked_s: int | None = Field(examples=[540])
    lost_s: int | None = Field(examples=[0])


class LeadDeadlines(Shape):
    """By when a lead was first to be answered, when it was, and what was expected of each who had it."""

    respond_by: Moment | None
    first_response_at: Moment | None
    items: list[DeadlineOut]
