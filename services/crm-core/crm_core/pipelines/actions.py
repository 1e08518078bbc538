"""Making and changing pipelines; each change is told as `pipeline.changed` with the whole pipeline."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.outbox import publish
from leadkit.problems import Conflict, FieldError, Invalid
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.pipelines import queries, rules
from crm_core.pipelines.schemas import PipelineCreate, PipelineOut, PipelinePatch, StageCreate, StagePatch
from crm_core.pipelines.tables import Pipeline, Stage

NULLABLE = ("rots_after_days", "meaning", "amount_needed_from")


class StageKeyTaken(Conflict):
    """Two stages of a pipeline cannot have one key."""

    code = "stage-key-taken"
    title = "The pipeline already has a stage with this key"


async def create_default_pipeline(
    session: AsyncSession, *, workspace_id: UUID, language: str, now: datetime
) -> Pipeline:
    """The pipeline a new workspace starts with, named in its language."""
    stages = [
        StageCreate(
            key=stage.key,
            name=rules.name_in(language, stage.names),
            probability=stage.probability,
            rots_after_days=stage.rots_after_days,
            meaning=rules.name_in(language, stage.meanings),
        )
        for stage in rules.DEFAULT_STAGES
    ]
    name = rules.name_in(language, rules.DEFAULT_PIPELINE_NAMES)
    wanted = PipelineCreate(name=name, is_default=True, stages=stages)
    return await create_pipeline(session, wanted, workspace_id=workspace_id, by=audit.SYSTEM, now=now)


async def create_pipeline(
    session: AsyncSession, wanted: PipelineCreate, *, workspace_id: UUID, by: str, now: datetime
) -> Pipeline:
    """A pipeline with its stages; raises `Invalid` or `StageKeyTaken` for stages that cannot be."""
    await existing_workspace(session, workspace_id)
    _check_keys([stage.key for stage in wanted.stages])
    if wanted.is_default:
        await _take_default_away(session, workspace_id, now)
    pipeline = Pipeline(
        workspace_id=workspace_id, id=new_id(), version=1, name=wanted.name, is_default=wanted.is_default,
        may_skip=wanted.may_skip, may_go_back=wanted.may_go_back, amount_needed_from=wanted.amount_needed_from,
        archived=False, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(pipeline)
    await session.flush()
    stages = [_stage(pipeline, stage, position) for position, stage in enumerate(wanted.stages)]
    session.add_all(stages)
    await session.flush()
    await tell(session, pipeline, stages, before=None, by=by, now=now)
    return pipeline


async def change_pipeline(
    session: AsyncSession, pipeline: Pipeline, wanted: PipelinePatch, *, by: str, now: datetime
) -> Pipeline:
    """Changes a pipeline by merge patch; raises `Invalid` when that would leave no default, or an archived one."""
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    sent = {field: value for field, value in changes(wanted).items() if value is not None or field in NULLABLE}
    if sent.get("is_default") is False and pipeline.is_default:
        raise Invalid.at("/is_default", "make another pipeline the default instead")
    if sent.get("is_default") and pipeline.archived:
        raise Invalid.at("/is_default", "a pipeline that is archived cannot be the default")
    if sent.get("is_default") and not pipeline.is_default:
        await _take_default_away(session, pipeline.workspace_id, now)
    for field, value in sent.items():
        setattr(pipeline, field, value)
    await tell(session, pipeline, stages, before=before, by=by, now=now)
    return pipeline


async def add_stage(session: AsyncSession, pipeline: Pipeline, wanted: StageCreate, *, by: str, now: datetime) -> Stage:
    """A further stage; those behind its position move one on."""
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    _check_keys([*(stage.key for stage in stages), wanted.key])
    added = _stage(pipeline, wanted, len(stages))
    session.add(added)
    offered, archived = _apart(stages)
    ordered = [*in_order(rules.placed(offered, added, wanted.position)), *archived]
    _shift(archived, behind=added.position, by=1)
    await tell(session, pipeline, ordered, before=before, by=by, now=now)
    return added


async def change_stage(
    session: AsyncSession, pipeline: Pipeline, stage: Stage, wanted: StagePatch, *, by: str, now: datetime
) -> Stage:
    """Changes a stage, also its place among the others."""
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    if stage.archived:
        raise Invalid("A stage that is archived stays as it was until it is restored.")
    sent = wanted.model_dump(exclude_unset=True, exclude={"position"})
    _check_fields(sent.get("required_fields") or [])
    for field, value in sent.items():
        if value is None and field not in NULLABLE:
            raise Invalid.at(f"/{field}", "must not be null")
        setattr(stage, field, value)
    if wanted.position is not None:
        offered, archived = _apart(stages)
        stages = [*in_order(rules.placed(offered, stage, wanted.position)), *archived]
    stage.version += 1
    await tell(session, pipeline, stages, before=before, by=by, now=now)
    return stage


async def order_stages(
    session: AsyncSession, pipeline: Pipeline, stage_ids: Sequence[UUID], *, by: str, now: datetime
) -> Pipeline:
    """Puts the stages that are offered in this order; raises `Invalid` unless it names each of them once."""
    stages = await queries.stages_of(session, pipeline.workspace_id, [pipeline.id])
    before = PipelineOut.of(pipeline, stages)
    offered, archived = _apart(stages)
    places = {stage_id: place for place, stage_id in enumerate(stage_ids)}
    if len(places) < len(stage_ids) or places.keys() != {stage.id for stage in offered}:
        raise Invalid.at("/stage_ids", "must name each stage that the pipeline offers once")
    ordered = in_order(sorted(offered, key=lambda stage: places[stage.id]))
    await tell(session, pipeline, [*ordered, *archived], before=before, by=by, now=now)
    return pipeline


def without(stages: Sequence[Stage], gone: Stage) -> list[Stage]:
    """The stages once `gone` is archived: it keeps its place before the one that followed it."""
    offered, archived = _apart(stages)
    _shift(archived, behind=gone.position, by=-1)
    return [*in_order([stage for stage in offered if stage is not gone]), gone, *archived]


def with_again(stages: Sequence[Stage], back: Stage) -> list[Stage]:
    """The stages once `back` is offered again: before the one that followed it when it was archived."""
    offered, archived = _apart(stages)
    archived = [stage for stage in archived if stage is not back]
    _shift(archived, behind=back.position, by=1)
    back.archived = False
    return [*in_order(rules.placed(offered, back, back.position)), *archived]


def _apart(stages: Sequence[Stage]) -> tuple[list[Stage], list[Stage]]:
    """Those that are offered, and those that are archived."""
    return [stage for stage in stages if not stage.archived], [stage for stage in stages if stage.archived]


def _shift(archived: Sequence[Stage], *, behind: int, by: int) -> None:
    for stage in archived:
        if stage.position > behind:
            stage.position += by


def _stage(pipeline: Pipeline, wanted: StageCreate, position: int) -> Stage:
    _check_fields(wanted.required_fields)
    return Stage(
        workspace_id=pipeline.workspace_id, id=new_id(), pipeline_id=pipeline.id, version=1, key=wanted.key,
        name=wanted.name, position=position, probability=wanted.probability, required_fields=wanted.required_fields,
        rots_after_days=wanted.rots_after_days, meaning=wanted.meaning, archived=False,
    )  # fmt: skip


def in_order(stages: list[Stage]) -> list[Stage]:
    """The stages that are offered, each knowing its place."""
    for position, stage in enumerate(stages):
        stage.position = position
    return stages


def _check_keys(keys: Sequence[str]) -> None:
    if len(set(keys)) < len(keys):
        raise StageKeyTaken


def _check_fields(fields: list[str]) -> None:
    if unknown := rules.unknown_fields(fields):
        known = ", ".join((*rules.REQUIRABLE, "custom.<key>"))
        raise Invalid(errors=[FieldError(pointer="/required_fields", detail=f"{unknown[0]} is not one of {known}")])


async def _take_default_away(session: AsyncSession, workspace_id: UUID, now: datetime) -> None:
    """The default is one a workspace: the one that was gives way before the new one is written."""
    former = await queries.default_pipeline(session, workspace_id)
    if former is None:
        return
    await session.execute(
        update(Pipeline)
        .where(Pipeline.workspace_id == workspace_id, Pipeline.id == former.id)
        .values(is_default=False, version=former.version + 1, updated_at=now)
    )
    stages = await queries.stages_of(session, workspace_id, [former.id])
    await publish(session, [queries.pipeline_changed(former, stages)])


async def tell(
    session: AsyncSession,
    pipeline: Pipeline,
    stages: list[Stage],
    *,
    before: PipelineOut | None,
    by: str,
    now: datetime,
) -> None:
    """Writes down a new or changed pipeline: its version, the audit log, the event."""
    if before is not None:
        pipeline.version += 1
        pipeline.updated_at = now
    await session.flush()
    await audit.record(
        session,
        workspace_id=pipeline.workspace_id,
        by=by,
        action="pipeline.create" if before is None else "pipeline.update",
        subject_type="pipeline",
        subject_id=pipeline.id,
        before=None if before is None else before.model_dump(mode="json"),
        after=PipelineOut.of(pipeline, stages).model_dump(mode="json"),
        now=now,
    )
    await publish(session, [queries.pipeline_changed(pipeline, stages)])
