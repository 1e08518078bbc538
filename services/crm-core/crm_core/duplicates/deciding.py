"""What people decided about a pair."""

from datetime import datetime
from uuid import UUID

from leadkit.problems import Conflict, NotFound
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.duplicates.tables import DuplicateSuggestion


class Decided(Conflict):
    """The two were merged by now."""

    code = "duplicate-merged"
    title = "The two are merged"


async def settle(
    session: AsyncSession,
    workspace_id: UUID,
    entity: str,
    one: UUID,
    other: UUID,
    *,
    merged: bool,
    by: str,
    now: datetime,
) -> None:
    """Notes that two were merged, or, when that is undone, that they are not the same."""
    first, second = sorted((one, other))
    pair = DuplicateSuggestion
    await session.execute(
        update(pair)
        .where(pair.workspace_id == workspace_id, pair.entity == entity, pair.one_id == first, pair.other_id == second)
        .values(status="merged" if merged else "dismissed", decided_by=by, decided_at=now)
        .execution_options(synchronize_session=False)
    )


async def dismiss(
    session: AsyncSession, workspace_id: UUID, suggestion_id: UUID, *, by: str, now: datetime
) -> DuplicateSuggestion:
    """The two are not the same, and are not suggested again. Raises `NotFound`, `Decided`."""
    pair = DuplicateSuggestion
    wanted = select(pair).where(pair.workspace_id == workspace_id, pair.id == suggestion_id).with_for_update()
    found = await session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such suggestion.")
    if found.status == "merged":
        raise Decided()
    found.status, found.decided_by, found.decided_at = "dismissed", by, now
    await session.flush()
    return found


async def forget_suggestions(session: AsyncSession, workspace_id: UUID, entity: str, ids: list[UUID]) -> None:
    """Removes what was suggested about these, which are erased."""
    pair = DuplicateSuggestion
    await session.execute(
        delete(pair).where(
            pair.workspace_id == workspace_id,
            pair.entity == entity,
            or_(pair.one_id.in_(ids), pair.other_id.in_(ids)),
        )
    )
