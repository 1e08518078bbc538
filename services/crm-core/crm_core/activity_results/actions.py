"""Making and changing results of activities; what activities keep stays what it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.problems import Conflict
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.activity_results.queries import last_position, result_by_id
from crm_core.activity_results.rules import DEFAULT_RESULTS
from crm_core.activity_results.schemas import ActivityResultCreate, ActivityResultOut, ActivityResultPatch
from crm_core.activity_results.tables import ActivityResult
from crm_core.loss_reasons.rules import key_from
from crm_core.rows import fixed_row, insert_rows
from crm_core.storable import check_storable
from crm_core.uniqueness import unique

STEP = 10


class ResultKeyTaken(Conflict):
    """Another result of the kind has this key."""

    code = "activity-result-key-taken"
    title = "Another result of this kind of activity has this key"


async def create_default_results(session: AsyncSession, workspace_id: UUID, now: datetime) -> None:
    """The results that a new workspace begins with."""
    await insert_rows(session, [
        fixed_row(
            ActivityResult, workspace_id=workspace_id, id=new_id(), version=1, kind=one.kind, key=one.key,
            name={"en": one.en, "ru": one.ru}, position=place * STEP, active=True, created_at=now, updated_at=now,
        )
        for place, one in enumerate(DEFAULT_RESULTS, start=1)
    ])  # fmt: skip


async def create_result(
    session: AsyncSession, wanted: ActivityResultCreate, *, caller: Caller, now: datetime
) -> ActivityResult:
    """The new result; raises `ResultKeyTaken`."""
    check_storable(wanted)
    await existing_workspace(session, caller.workspace)
    result_id = new_id()
    position = wanted.position
    if position is None:
        position = await last_position(session, caller.workspace) + STEP
    result = ActivityResult(
        workspace_id=caller.workspace, id=result_id, version=1, kind=wanted.kind,
        key=wanted.key or key_from(wanted.name.en or "", otherwise=f"result_{result_id.hex[-8:]}"),
        name=wanted.name.model_dump(), position=position, active=True, created_at=now, updated_at=now,
    )  # fmt: skip
    async with unique(session, ResultKeyTaken()):
        session.add(result)
    await _record(session, "create", result, None, caller, now)
    return result


async def change_result(
    session: AsyncSession,
    result_id: UUID,
    wanted: ActivityResultPatch,
    version: int | None,
    *,
    caller: Caller,
    now: datetime,
) -> ActivityResult:
    """Applies a merge patch; raises `NotFound`, `PreconditionRequired`, `Stale`."""
    check_storable(wanted)
    result = await result_by_id(session, caller.workspace, result_id, lock=True)
    check_version(version, result.version)
    before = _shown(result)
    for field, value in wanted.model_dump(exclude_unset=True).items():
        setattr(result, field, wanted.name.model_dump() if field == "name" else value)
    if _shown(result) == before:
        return result
    result.version += 1
    result.updated_at = now
    await session.flush()
    await _record(session, "update", result, before, caller, now)
    return result


def _shown(result: ActivityResult) -> dict[str, Any]:
    return ActivityResultOut.model_validate(result).model_dump(mode="json", exclude={"version", "updated_at"})


async def _record(
    session: AsyncSession,
    action: str,
    result: ActivityResult,
    before: dict[str, Any] | None,
    caller: Caller,
    now: datetime,
) -> None:
    change = audit.Change(f"activity_result.{action}", "activity_result", result.id, before, _shown(result))
    await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=[change], now=now)
