"""Reading pipelines and stages; every query names its workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from leadkit.contracts.events import PipelineState, StageState
from leadkit.outbox import NewEvent
from leadkit.problems import Invalid, NotFound
from leadkit.snapshot import Place, paged
from sqlalchemy import ColumnElement, Select, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm_core.pipelines.tables import Pipeline, Stage

Column = InstrumentedAttribute[Any] | ColumnElement[Any]


class StageInfo(NamedTuple):
    """What other slices know of a stage."""

    id: UUID
    pipeline_id: UUID
    name: str
    probability: float
    required_fields: Sequence[str]
    rots_after_days: int | None
    position: int
    archived: bool
    may_skip: bool
    may_go_back: bool
    amount_needed_from: float | None


INFO: Select[*tuple[Any, ...]] = select(
    Stage.id, Stage.pipeline_id, Stage.name, Stage.probability, Stage.required_fields, Stage.rots_after_days,
    Stage.position, Stage.archived, Pipeline.may_skip, Pipeline.may_go_back, Pipeline.amount_needed_from,
).join(Pipeline, (Pipeline.workspace_id == Stage.workspace_id) & (Pipeline.id == Stage.pipeline_id))  # fmt: skip


def rots(workspace_id: Column, stage_id: Column, since: Column, *, now: datetime) -> ColumnElement[bool]:
    """That the stage allows less time than has passed since then."""
    latest = literal(now) - func.make_interval(0, 0, 0, Stage.rots_after_days)
    allowed = select(Stage.id).where(Stage.workspace_id == workspace_id, Stage.id == stage_id, since < latest)
    return exists(allowed.correlate_except(Stage))


def pipelines(workspace_id: UUID) -> Select[Pipeline]:
    """All pipelines of the workspace, archived ones too."""
    return select(Pipeline).where(Pipeline.workspace_id == workspace_id)


async def pipeline_by_id(
    session: AsyncSession, workspace_id: UUID, pipeline_id: UUID, *, lock: bool = False
) -> Pipeline:
    """The pipeline; raises `NotFound`. With `lock` nobody else changes it or its stages meanwhile."""
    statement = pipelines(workspace_id).where(Pipeline.id == pipeline_id)
    found = await session.scalar(statement.with_for_update(key_share=True) if lock else statement)
    if found is None:
        raise NotFound("There is no such pipeline.")
    return found


async def default_pipeline(session: AsyncSession, workspace_id: UUID) -> Pipeline | None:
    """The pipeline of deals that name none; every workspace gets one when it is made."""
    return await session.scalar(pipelines(workspace_id).where(Pipeline.is_default))


async def stages_of(session: AsyncSession, workspace_id: UUID, pipeline_ids: Sequence[UUID]) -> list[Stage]:
    """The stages of these pipelines, in order within each; archived ones come last."""
    statement = select(Stage).where(Stage.workspace_id == workspace_id, Stage.pipeline_id.in_(pipeline_ids))
    return list(await session.scalars(statement.order_by(Stage.pipeline_id, Stage.archived, Stage.position, Stage.id)))


async def stage_by_id(session: AsyncSession, workspace_id: UUID, pipeline_id: UUID, stage_id: UUID) -> Stage:
    """The stage of that pipeline; raises `NotFound`."""
    statement = select(Stage).where(
        Stage.workspace_id == workspace_id, Stage.pipeline_id == pipeline_id, Stage.id == stage_id
    )
    found = await session.scalar(statement)
    if found is None:
        raise NotFound("There is no such stage.")
    return found


async def find_stage(
    session: AsyncSession, workspace_id: UUID, stage_id: UUID, *, entered: bool = False
) -> StageInfo | None:
    """The stage, of whichever pipeline, or None. One that is to be `entered` is not archived meanwhile."""
    statement = INFO.where(Stage.workspace_id == workspace_id, Stage.id == stage_id)
    found = (await session.execute(_kept(statement) if entered else statement)).one_or_none()
    return StageInfo(*found) if found else None


async def lock_stages(session: AsyncSession, workspace_id: UUID, stage_ids: Sequence[UUID]) -> None:
    """Waits until nobody is about to enter these stages, and lets nobody until the transaction ends."""
    rows = select(Stage.id).where(Stage.workspace_id == workspace_id, Stage.id.in_(stage_ids)).order_by(Stage.id)
    await session.execute(rows.with_for_update())


def _kept(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Until the transaction ends the stages are archived by nobody; who waited for that sees that they are."""
    return statement.with_for_update(read=True, key_share=True, of=Stage)


class Entrances:
    """Where new deals may begin: the stages of all pipelines of a workspace."""

    def __init__(self, stages: Sequence[StageInfo], default_pipeline: UUID | None) -> None:
        self._stages = {stage.id: stage for stage in stages}
        self._first = {stage.pipeline_id: stage for stage in reversed(stages)}
        self._default = default_pipeline

    @classmethod
    async def of(cls, session: AsyncSession, workspace_id: UUID) -> Self:
        """Reads all that are offered: a workspace has few."""
        offered = INFO.where(Stage.workspace_id == workspace_id, ~Stage.archived).order_by(Stage.position)
        stages = await session.execute(_kept(offered))
        default = await session.scalar(
            select(Pipeline.id).where(Pipeline.workspace_id == workspace_id, Pipeline.is_default)
        )
        return cls([StageInfo(*stage) for stage in stages], default)

    def find(self, *, pipeline_id: UUID | None, stage_id: UUID | None) -> StageInfo:
        """The named stage, else the first of the named or the default pipeline.

        Raises `Invalid` for a pipeline or stage that is not there, or that do not belong together."""
        if stage_id is not None:
            stage = self._stages.get(stage_id)
            if stage is None or pipeline_id not in (None, stage.pipeline_id):
                raise Invalid.at("/stage_id", "is not a stage of this pipeline")
            return stage
        wanted = pipeline_id or self._default
        if wanted is None or wanted not in self._first:
            raise Invalid.at("/pipeline_id", "is not a pipeline of this workspace")
        return self._first[wanted]


async def stages_by_id(session: AsyncSession, workspace_id: UUID, stage_ids: Sequence[UUID]) -> dict[UUID, StageInfo]:
    """The stages of these ids."""
    found = await session.execute(INFO.where(Stage.workspace_id == workspace_id, Stage.id.in_(stage_ids)))
    return {row.id: StageInfo(*row) for row in found}


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all pipelines."""
    key = (Pipeline.workspace_id, Pipeline.id)
    page = paged(select(Pipeline), key=key, workspace_id=workspace_id, after=after, limit=limit)
    rows = list(await session.scalars(page))
    stages: list[Stage] = []
    for workspace in {row.workspace_id for row in rows}:
        stages += await stages_of(session, workspace, [row.id for row in rows if row.workspace_id == workspace])
    return [pipeline_changed(row, [stage for stage in stages if stage.pipeline_id == row.id]) for row in rows]


def pipeline_changed(pipeline: Pipeline, stages: Sequence[Stage]) -> NewEvent:
    """The event that tells the pipeline's present state."""
    return NewEvent("pipeline.changed", pipeline.workspace_id, pipeline.id, state_of(pipeline, stages))


def state_of(pipeline: Pipeline, stages: Sequence[Stage]) -> PipelineState:
    """The pipeline as its event tells it."""
    return PipelineState(
        id=pipeline.id,
        version=pipeline.version,
        name=pipeline.name,
        is_default=pipeline.is_default,
        archived=pipeline.archived,
        stages=[StageState.model_validate(stage) for stage in stages],
    )
