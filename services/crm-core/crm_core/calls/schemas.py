"""What `/v1/calls` takes and answers."""

from typing import Annotated, Any
from uuid import UUID

from leadkit.contracts.calls import CallOutcome
from leadkit.problems import ProblemBody
from pydantic import BaseModel, ConfigDict, Field

EXAMPLE: dict[str, Any] = {
    "id": "0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4e",
    "provider": "mango_office",
    "occurred_at": "2026-03-10T09:57:07Z",
    "phones": ["+79990000104"],
    "call": {"direction": "outbound", "result": "answered", "duration_seconds": 58, "operator": "101"},
}


class CallBatch(BaseModel):
    """Outbound calls as the contract describes them; each is validated by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE]}]})

    items: Annotated[list[Any], Field(min_length=1, max_length=500)]


class CallAnswer(BaseModel):
    """What became of one call: on which lead, deal or contact it is noted, or that nobody is known by the number."""

    index: int = Field(examples=[0])
    id: UUID | None = Field(description="Null when the item has no readable id")
    status: int = Field(examples=[201], description="201 recorded, 200 known or updated, 422 refused")
    result: CallOutcome | None
    lead_id: UUID | None
    contact_id: UUID | None
    deal_id: UUID | None
    activity_id: UUID | None
    problem: ProblemBody | None


class CallAnswers(BaseModel):
    """One result for each item, in the order of the items."""

    results: list[CallAnswer]
