"""An entry of the audit log as clients see it."""

from typing import Any
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, ConfigDict, Field


class AuditOut(BaseModel):
    """One change: only the fields that differ, values about persons as `***`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: Moment
    by: str = Field(examples=["user:0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"])
    action: str = Field(examples=["lead.qualify"])
    subject_type: str = Field(examples=["lead"])
    subject_id: UUID
    before: dict[str, Any] | None = Field(examples=[{"status": "in_progress"}])
    after: dict[str, Any] | None = Field(examples=[{"status": "qualified"}])
