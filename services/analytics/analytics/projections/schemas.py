"""What `/v1/rebuilds` takes and answers."""

from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field


class RebuildPost(Shape):
    """A wish to count everything anew."""

    facts: bool = Field(
        default=False,
        examples=[False],
        description="Read the facts anew too, from the snapshots of crm-core and lead-intake, before counting",
    )


class RebuildOut(Shape):
    """How far a rebuild is. Until it is done the old numbers are answered; `generation` is what it builds."""

    id: UUID
    status: Literal["waiting", "facts", "cells", "done", "failed"] = Field(examples=["done"])
    facts: bool = Field(examples=[False])
    facts_read: int = Field(examples=[0])
    facts_counted: int = Field(examples=[1200])
    generation: int | None = Field(examples=[2])
    problem: str | None = Field(examples=[None])
    requested_at: Moment
    finished_at: Moment | None
