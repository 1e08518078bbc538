"""What the pipeline calls take and answer."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.pipelines.tables import Pipeline, Stage

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["Negotiation"])]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["negotiation"])]
Probability = Annotated[float, Field(ge=0, le=1, examples=[0.6])]
RequiredFields = Annotated[
    list[Annotated[str, Field(max_length=100)]], Field(max_length=50, examples=[["amount", "custom.contract"]])
]
Days = Annotated[int, Field(ge=1, le=3650, examples=[14])]
Position = Annotated[int, Field(ge=0, le=1000, examples=[3])]


class StageOut(Shape):
    """A stage; `position` counts from 0, a deal in it longer than `rots_after_days` is flagged."""

    id: UUID
    pipeline_id: UUID
    version: int = Field(examples=[1])
    key: str = Field(examples=["negotiation"])
    name: str = Field(examples=["Negotiation"])
    position: int = Field(examples=[3])
    probability: float = Field(examples=[0.6])
    required_fields: list[str] = Field(examples=[["amount"]])
    rots_after_days: int | None = Field(examples=[14])


class StageList(Shape):
    """The stages of a pipeline in order; every pipeline ends in won or lost."""

    items: list[StageOut]
    next_cursor: None


class PipelineOut(Shape):
    """A pipeline with its stages in order."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Sales"])
    is_default: bool = Field(examples=[True])
    stages: list[StageOut]
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, pipeline: Pipeline, stages: Sequence[Stage]) -> "PipelineOut":
        """The pipeline as clients see it."""
        return cls(
            id=pipeline.id,
            version=pipeline.version,
            name=pipeline.name,
            is_default=pipeline.is_default,
            stages=[StageOut.model_validate(stage) for stage in stages],
            created_at=pipeline.created_at,
            updated_at=pipeline.updated_at,
        )


class StageCreate(Shape):
    """A stage to add: at `position`, or last."""

    key: Key
    name: Name
    probability: Probability
    position: Position | None = None
    required_fields: RequiredFields = Field(default_factory=list)
    rots_after_days: Days | None = None


class StagePatch(Shape):
    """What of a stage is to change."""

    name: Name | None = None
    probability: Probability | None = None
    position: Position | None = None
    required_fields: RequiredFields | None = None
    rots_after_days: Days | None = None


class PipelineCreate(Shape):
    """A pipeline to add, its stages in order."""

    name: Name
    is_default: bool = False
    stages: Annotated[list[StageCreate], Field(min_length=1, max_length=50)]


class PipelinePatch(Shape):
    """What of a pipeline is to change; making it the default takes that from the one that was."""

    name: Name | None = None
    is_default: bool | None = None
