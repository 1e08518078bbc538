"""What the activity calls take and answer."""

from typing import Annotated, Any, Self
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field, model_validator

from crm_core.activities.rules import Direction, Kind

Subject = Annotated[str, Field(max_length=1000, examples=["Ask about the delivery date"])]
Body = Annotated[str, Field(max_length=20000)]
Result = Annotated[str, Field(max_length=1000, examples=["answered"])]
RemindBefore = Annotated[
    int, Field(ge=0, le=525_600, examples=[15], description="So long before due_at it is told to be due soon")
]
Free = Annotated[dict[str, Any], Field(examples=[{"duration_seconds": 184}])]
At = Annotated[Moment, Field(description="When it happened, if not now; needs the scope history:write")]


class ActivityOut(Shape):
    """Something done or to be done; open until `completed_at`. `at` is when it happened or was noted."""

    id: UUID
    version: int = Field(examples=[1])
    kind: Kind
    direction: Direction | None
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    owner_id: UUID | None
    team_id: UUID | None
    inquiry_id: UUID | None
    subject: str | None = Field(examples=["Ask about the delivery date"])
    body: str | None = Field(examples=[None])
    due_at: Moment | None
    remind_before_minutes: int | None = Field(examples=[15])
    reminded_at: Moment | None = Field(description="When it was told to be due soon")
    missed_at: Moment | None = Field(description="When it was told to be overdue")
    completed_at: Moment | None
    result: str | None = Field(examples=[None])
    data: dict[str, Any]
    at: Moment
    by: str
    created_at: Moment
    updated_at: Moment


class ActivityCreate(Shape):
    """An activity to note on a lead, contact or deal. Without `due_at` a call, e-mail, meeting or note is a record of
    something done; a task, and whatever has a due time, is still to be done."""

    kind: Kind
    direction: Direction | None = None
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None
    owner_id: UUID | None = None
    subject: Subject | None = None
    body: Body | None = None
    due_at: Moment | None = None
    remind_before_minutes: RemindBefore | None = None
    completed_at: Moment | None = None
    result: Result | None = None
    data: Free = Field(default_factory=dict)
    at: At | None = None

    @model_validator(mode="after")
    def _on_something(self) -> Self:
        if self.lead_id is None and self.contact_id is None and self.deal_id is None:
            raise ValueError("one of lead_id, contact_id, deal_id is needed")
        if self.remind_before_minutes is not None and self.due_at is None:
            raise ValueError("a reminder needs due_at")
        return self


class ActivityPatch(Shape):
    """What of an activity is to change; `data` is merged."""

    direction: Direction | None = None
    owner_id: UUID | None = None
    subject: Subject | None = None
    body: Body | None = None
    due_at: Moment | None = None
    remind_before_minutes: RemindBefore | None = None
    result: Result | None = None
    data: Free | None = None


class ActivityComplete(Shape):
    """What came of it: a result of the catalogue by key or by name, or other words."""

    result: Result | None = None
    at: At | None = None


class ActivityAssign(Shape):
    """The new owner."""

    owner_id: UUID = Field(examples=["0198f1d2-0000-7000-8000-000000000007"])
