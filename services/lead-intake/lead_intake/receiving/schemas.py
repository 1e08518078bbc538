"""Refused requests as clients see them: never their content."""

from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, Field


class RefusedOut(BaseModel):
    """A request that got 403."""

    id: UUID
    source_id: UUID
    reason: Literal["signature", "origin"]
    method: str = Field(examples=["POST"])
    size: int = Field(examples=[512], description="Bytes of the body")
    received_at: Moment


class Taken(BaseModel):
    """What a refused request became."""

    submission_ids: list[UUID] = Field(examples=[["0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"]])
