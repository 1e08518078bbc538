"""`/v1/pipelines` and their stages."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, check_version, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Conflict, NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.pipelines import actions, archiving, queries, restoring
from crm_core.pipelines.archiving import LastStage, StageInUse
from crm_core.pipelines.schemas import (
    Archive,
    PipelineCreate,
    PipelineOut,
    PipelinePatch,
    StageCreate,
    StageList,
    StageOrder,
    StageOut,
    StagePatch,
)
from crm_core.pipelines.tables import Pipeline

router = APIRouter(prefix="/v1/pipelines", route_class=EdgeRoute, tags=["pipelines"])

Reader = Annotated[Caller, Allow("deals:read")]
Writer = Annotated[Caller, Allow("deals:write", roles=("platform", "admin", "head", "integration"))]

SORTS = {"created_at": Pipeline.created_at, "name": Pipeline.name}


@router.get("")
async def pipelines_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    archived: bool = False,
) -> Page[PipelineOut]:
    """List pipelines with their stages: those that are offered, or the archived ones."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.pipelines(caller.workspace).where(Pipeline.archived == archived),
        paging,
        sorts=SORTS,
        default="created_at",
        key=Pipeline.id,
        request=request,
        response=response,
    )
    stages = await queries.stages_of(session, caller.workspace, [row.id for row in rows])
    items = [PipelineOut.of(row, [stage for stage in stages if stage.pipeline_id == row.id]) for row in rows]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(Conflict))
async def pipelines_create(
    wanted: PipelineCreate, session: Session, caller: Writer, now: Now, response: Response
) -> PipelineOut:
    """Add a pipeline with its stages."""
    made = await actions.create_pipeline(session, wanted, workspace_id=caller.workspace, by=caller.subject, now=now)
    response.headers["Location"] = f"/v1/pipelines/{made.id}"
    return await _answer(session, made, response)


@router.get("/{pipeline_id}", responses=problems(NotFound))
async def pipelines_get(pipeline_id: UUID, session: ReadSession, caller: Reader, response: Response) -> PipelineOut:
    """Show a pipeline with its stages."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id)
    return await _answer(session, pipeline, response)


@router.patch("/{pipeline_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def pipelines_update(
    pipeline_id: UUID,
    wanted: PipelinePatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> PipelineOut:
    """Change a pipeline: its name and rules, or that it is the default."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    check_version(if_match, pipeline.version)
    await actions.change_pipeline(session, pipeline, wanted, by=caller.subject, now=now)
    return await _answer(session, pipeline, response)


@router.post("/{pipeline_id}/archive", responses=problems(NotFound, StageInUse, LastStage))
async def pipelines_archive(
    pipeline_id: UUID, wanted: Archive, session: Session, caller: Writer, now: Now, response: Response
) -> PipelineOut:
    """Archive a pipeline; its open deals are moved elsewhere, closed ones stay in it."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    await archiving.archive_pipeline(session, pipeline, move_to=wanted.move_to, caller=caller, now=now)
    return await _answer(session, pipeline, response)


@router.post("/{pipeline_id}/restore", responses=problems(NotFound))
async def pipelines_restore(
    pipeline_id: UUID, session: Session, caller: Writer, now: Now, response: Response
) -> PipelineOut:
    """Offer an archived pipeline again, with all its stages."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    await restoring.restore_pipeline(session, pipeline, caller=caller, now=now)
    return await _answer(session, pipeline, response)


@router.put("/{pipeline_id}/stages/order", responses=problems(NotFound, Stale, PreconditionRequired))
async def pipelines_order_stages(
    pipeline_id: UUID,
    wanted: StageOrder,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> PipelineOut:
    """Put all stages of a pipeline in another order."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    check_version(if_match, pipeline.version)
    await actions.order_stages(session, pipeline, wanted.stage_ids, by=caller.subject, now=now)
    return await _answer(session, pipeline, response)


@router.get("/{pipeline_id}/stages", responses=problems(NotFound))
async def pipelines_stages_list(pipeline_id: UUID, session: ReadSession, caller: Reader) -> StageList:
    """List the stages of a pipeline in order."""
    await queries.pipeline_by_id(session, caller.workspace, pipeline_id)
    stages = await queries.stages_of(session, caller.workspace, [pipeline_id])
    offered = [StageOut.model_validate(stage) for stage in stages if not stage.archived]
    return StageList(items=offered, next_cursor=None)


@router.post("/{pipeline_id}/stages", status_code=201, responses=problems(NotFound, actions.StageKeyTaken))
async def pipelines_stages_create(
    pipeline_id: UUID, wanted: StageCreate, session: Session, caller: Writer, now: Now, response: Response
) -> StageOut:
    """Add a stage to a pipeline."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    stage = await actions.add_stage(session, pipeline, wanted, by=caller.subject, now=now)
    with_etag(response, stage.version)
    return StageOut.model_validate(stage)


@router.get("/{pipeline_id}/stages/{stage_id}", responses=problems(NotFound))
async def pipelines_stages_get(
    pipeline_id: UUID, stage_id: UUID, session: ReadSession, caller: Reader, response: Response
) -> StageOut:
    """Show a stage."""
    stage = await queries.stage_by_id(session, caller.workspace, pipeline_id, stage_id)
    with_etag(response, stage.version)
    return StageOut.model_validate(stage)


@router.patch("/{pipeline_id}/stages/{stage_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def pipelines_stages_update(
    pipeline_id: UUID,
    stage_id: UUID,
    wanted: StagePatch,
    session: Session,
    caller: Writer,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> StageOut:
    """Change a stage or move it to another position."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    stage = await queries.stage_by_id(session, caller.workspace, pipeline_id, stage_id)
    check_version(if_match, stage.version)
    await actions.change_stage(session, pipeline, stage, wanted, by=caller.subject, now=now)
    with_etag(response, stage.version)
    return StageOut.model_validate(stage)


@router.post("/{pipeline_id}/stages/{stage_id}/archive", responses=problems(NotFound, StageInUse, LastStage))
async def pipelines_stages_archive(
    pipeline_id: UUID,
    stage_id: UUID,
    wanted: Archive,
    session: Session,
    caller: Writer,
    now: Now,
    response: Response,
) -> PipelineOut:
    """Archive a stage; its open deals are moved elsewhere, closed ones stay in it."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    stage = await queries.stage_by_id(session, caller.workspace, pipeline_id, stage_id)
    await archiving.archive_stage(session, pipeline, stage, move_to=wanted.move_to, caller=caller, now=now)
    return await _answer(session, pipeline, response)


@router.post("/{pipeline_id}/stages/{stage_id}/restore", responses=problems(NotFound, restoring.PipelineArchived))
async def pipelines_stages_restore(
    pipeline_id: UUID, stage_id: UUID, session: Session, caller: Writer, now: Now, response: Response
) -> PipelineOut:
    """Offer an archived stage again, where it stood."""
    pipeline = await queries.pipeline_by_id(session, caller.workspace, pipeline_id, lock=True)
    stage = await queries.stage_by_id(session, caller.workspace, pipeline_id, stage_id)
    await restoring.restore_stage(session, pipeline, stage, caller=caller, now=now)
    return await _answer(session, pipeline, response)


async def _answer(session: AsyncSession, pipeline: Pipeline, response: Response) -> PipelineOut:
    with_etag(response, pipeline.version)
    return PipelineOut.of(pipeline, await queries.stages_of(session, pipeline.workspace_id, [pipeline.id]))
