"""Giving up stages and pipelines: their open deals go on elsewhere, and their history keeps its names."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from leadkit.problems import Conflict, Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.deals.clearing import has_open_in, move_all_open
from crm_core.pipelines import queries
from crm_core.pipelines.actions import tell, without
from crm_core.pipelines.queries import StageInfo
from crm_core.pipelines.schemas import PipelineOut
from crm_core.pipelines.tables import Pipeline, Stage


class StageInUse(Conflict):
    """Open deals are in it, and nothing says where they go."""

    code = "stage-in-use"
    title = "Open deals are in it; move_to names the stage that takes them"


class LastStage(Conflict):
    """A pipeline has a stage, and a workspace a default pipeline."""

    code = "last-stage"
    title = "It cannot be archived"


async def archive_stage(
    session: AsyncSession, pipeline: Pipeline, stage: Stage, *, move_to: UUID | None, caller: Caller, now: datetime
) -> None:
    """Offers a stage of a (locked) pipeline no more: its open deals go into the stage `move_to`, closed ones stay. One
    that is archived already stays so. Raises `LastStage`, `StageInUse`, `Invalid`."""
    if stage.archived:
        return
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    if all(other.archived for other in stages if other is not stage):
        raise LastStage("A pipeline needs a stage.")
    before = PipelineOut.of(pipeline, stages)
    await _clear(session, caller, [stage.id], move_to, now)
    left = without(stages, stage)
    stage.archived = True
    stage.version += 1
    await tell(session, pipeline, left, before=before, by=caller.subject, now=now)


async def archive_pipeline(
    session: AsyncSession, pipeline: Pipeline, *, move_to: UUID | None, caller: Caller, now: datetime
) -> None:
    """The same for a (locked) pipeline with all its stages; raises `LastStage` for the default one."""
    if pipeline.is_default:
        raise LastStage("Another pipeline has to be made the default first.")
    if pipeline.archived:
        return
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    await _clear(session, caller, [stage.id for stage in stages], move_to, now)
    for stage in stages:
        stage.version += not stage.archived
        stage.archived = True
    pipeline.archived = True
    await tell(session, pipeline, stages, before=before, by=caller.subject, now=now)


async def _clear(
    session: AsyncSession, caller: Caller, stage_ids: Sequence[UUID], move_to: UUID | None, now: datetime
) -> None:
    """Moves the open deals out, also those that were about to come in. Deals are locked before stages, as by every step
    of a deal, so neither waits for the other."""
    to = await _target(session, caller, stage_ids, move_to)
    if to is not None:
        await move_all_open(session, caller.workspace, stage_ids, to, by=caller.subject, now=now)
    await queries.lock_stages(session, caller.workspace, stage_ids)
    if to is not None:
        await move_all_open(session, caller.workspace, stage_ids, to, by=caller.subject, now=now)
    elif await has_open_in(session, caller.workspace, stage_ids):
        raise StageInUse("move_to names the stage that takes its open deals.")


async def _target(
    session: AsyncSession, caller: Caller, stage_ids: Sequence[UUID], move_to: UUID | None
) -> StageInfo | None:
    if move_to is None:
        return None
    found = await queries.find_stage(session, caller.workspace, move_to, entered=True)
    if found is None or found.archived or found.id in stage_ids:
        raise Invalid.at("/move_to", "is not another stage that is offered")
    return found
