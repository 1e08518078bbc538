"""Offering again what was given up: stages and pipelines come back where they stood, without the deals that left."""

from datetime import datetime

from leadkit.problems import Conflict
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.pipelines import queries
from crm_core.pipelines.actions import in_order, tell, with_again
from crm_core.pipelines.schemas import PipelineOut
from crm_core.pipelines.tables import Pipeline, Stage


class PipelineArchived(Conflict):
    """A stage is offered by a pipeline that is."""

    code = "pipeline-archived"
    title = "The pipeline is archived; restore that"


async def restore_stage(
    session: AsyncSession, pipeline: Pipeline, stage: Stage, *, caller: Caller, now: datetime
) -> None:
    """Offers a stage of a (locked) pipeline again; one that is offered stays so. Raises `PipelineArchived`."""
    if pipeline.archived:
        raise PipelineArchived
    if not stage.archived:
        return
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    offered = with_again(stages, stage)
    stage.version += 1
    await tell(session, pipeline, offered, before=before, by=caller.subject, now=now)


async def restore_pipeline(session: AsyncSession, pipeline: Pipeline, *, caller: Caller, now: datetime) -> None:
    """The same for a (locked) pipeline, with all its stages."""
    if not pipeline.archived:
        return
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    pipeline.archived = False
    for stage in in_order(stages):
        stage.archived = False
        stage.version += 1
    await tell(session, pipeline, stages, before=before, by=caller.subject, now=now)
