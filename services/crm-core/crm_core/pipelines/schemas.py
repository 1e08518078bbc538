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
Meaning = Annotated[str, Field(min_length=1, max_length=500, examples=["Price and terms are talked over"])]
MaySkip = Annotated[bool, Field(description="Whether deals may leave stages out")]
MayGoBack = Annotated[bool, Field(description="Whether deals may return to an earlier stage")]
AmountNeededFrom = Annotated[
    float, Field(ge=0, le=1, examples=[0.8], description="Stages of at least this probability ask for an amount")
]
Position = Annotated[int, Field(ge=0, le=1000, examples=[3])]


class StageOut(Shape):
    """A stage; `meaning` is what is true of deals in it, `position` counts from 0, a deal in it longer than
    `rots_after_days` is flagged."""

    id: UUID
    pipeline_id: UUID
    version: int = Field(examples=[1])
    key: str = Field(examples=["negotiation"])
    name: str = Field(examples=["Negotiation"])
    position: int = Field(examples=[3])
    meaning: str | None = Field(examples=["Price and terms are talked over"])
    probability: float = Field(examples=[0.6])
    required_fields: list[str] = Field(examples=[["amount"]])
    rots_after_days: int | None = Field(examples=[14])
    archived: bool = Field(examples=[False])


class StageList(Shape):
    """The stages that a pipeline offers, in order; every pipeline ends in won or lost."""

    items: list[StageOut]
    next_cursor: None


class PipelineOut(Shape):
    """A pipeline with the stages that it offers, in order; an archived one with those that it had."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Sales"])
    is_default: bool = Field(examples=[True])
    may_skip: bool = Field(examples=[True])
    may_go_back: bool = Field(examples=[True])
    amount_needed_from: float | None = Field(examples=[0.8])
    archived: bool = Field(examples=[False])
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
            may_skip=pipeline.may_skip,
            may_go_back=pipeline.may_go_back,
            amount_needed_from=pipeline.amount_needed_from,
            archived=pipeline.archived,
            stages=[StageOut.model_validate(one) for one in stages if pipeline.archived or not one.archived],
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
    meaning: Meaning | None = None


class StagePatch(Shape):
    """What of a stage is to change."""

    name: Name | None = None
    probability: Probability | None = None
    position: Position | None = None
    required_fields: RequiredFields | None = None
    rots_after_days: Days | None = None
    meaning: Meaning | None = None


class PipelineCreate(Shape):
    """A pipeline to add, its stages in order."""

    name: Name
    is_default: bool = False
    may_skip: MaySkip = True
    may_go_back: MayGoBack = True
    amount_needed_from: AmountNeededFrom | None = None
    stages: Annotated[list[StageCreate], Field(min_length=1, max_length=50)]


class PipelinePatch(Shape):
    """What of a pipeline is to change; making it the default takes that from the one that was."""

    name: Name | None = None
    is_default: bool | None = None
    may_skip: MaySkip | None = None
    may_go_back: MayGoBack | None = None
    amount_needed_from: AmountNeededFrom | None = None


class StageOrder(Shape):
    """The ids of all stages that the pipeline offers, in their new order."""

    stage_ids: Annotated[
        list[UUID], Field(min_length=1, max_length=1000, examples=[["0198f1d2-0000-7000-8000-000000000003"]])
    ]


class Archive(Shape):
    """The stage, of any pipeline, that takes the open deals."""

    move_to: UUID | None = Field(default=None, examples=["0198f1d2-0000-7000-8000-000000000003"])
