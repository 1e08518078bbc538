"""Counting the facts of a generation by two connections at once, each its half of them by id.

Both halves have a position of their own, which moves in the transaction that counts, so what one connection does stands
whatever becomes of the other. Nobody projects meanwhile: the first holds the workspace, and the second joins it.
"""

from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit.ids import NIL
from sqlalchemy import ColumnElement, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.cells import Frame
from analytics.projections.counting import count_chunk
from analytics.projections.helping import Beside, both, joined
from analytics.projections.measures import Subject
from analytics.projections.tables import (
    DealFact,
    Generation,
    InquiryFact,
    LeadFact,
    SubmissionFact,
)

COUNTED_IN: Final[dict[str, tuple[Subject, ...]]] = {
    "submission": ("submission",),
    "inquiry": ("inquiry",),
    "case": ("lead", "deal", "passage"),
}
"""Stage -> the subjects counted in it."""

_KEYS: Final[dict[str, tuple[tuple[Any, Any], ...]]] = {
    "submission": ((SubmissionFact.workspace_id, SubmissionFact.id),),
    "inquiry": ((InquiryFact.workspace_id, InquiryFact.id),),
    "case": ((LeadFact.workspace_id, LeadFact.id), (DealFact.workspace_id, DealFact.case_id)),
}
HALVED_FROM = 20_000
"""With fewer facts of a kind a second connection is not worth its while."""


async def begin_stage(session: AsyncSession, building: Generation, stage: str) -> None:
    """The generation's next stage begins, in halves if its facts are many."""
    building.stage, building.after, building.split, building.beyond = stage, NIL, None, None
    if stage in _KEYS:
        workspace, key = _KEYS[stage][0]
        own = workspace == building.workspace_id
        number = await session.scalar(select(func.count()).where(own)) or 0
        if number >= HALVED_FROM:
            middle = await session.scalar(select(key).where(own).order_by(key).offset(number // 2).limit(1))
            building.split = building.beyond = middle


async def count_next(session: AsyncSession, building: Generation, limit: int, beside: Beside | None) -> bool:
    """Counts the next facts of the stage, `limit` of each half; False: all are counted."""
    if building.split is None:
        return await _count_lower(session, building, limit)
    if beside is None:
        await session.refresh(building, with_for_update={"key_share": True})
        return await _count_lower(session, building, limit) or await _count_upper(session, building, limit)

    async def upper() -> bool:
        async with joined(beside, building.workspace_id) as other:
            # A second connection that outlived its first may still be at work here: it is waited for.
            own = (Generation.workspace_id == building.workspace_id, Generation.number == building.number)
            same = (await other.scalars(select(Generation).where(*own).with_for_update(key_share=True))).one()
            return await _count_upper(other, same, limit)

    return any(await both(_count_lower(session, building, limit), upper()))


async def _count_lower(session: AsyncSession, building: Generation, limit: int) -> bool:
    last, number = await _next_page(session, building, building.after, building.split, limit)
    if last is not None:
        await _count(session, building, building.after, last)
        building.after, building.facts_done = last, Generation.facts_done + number
    return last is not None


async def _count_upper(session: AsyncSession, building: Generation, limit: int) -> bool:
    after = building.beyond or NIL
    last, number = await _next_page(session, building, after, None, limit)
    if last is not None:
        await _count(session, building, after, last)
        building.beyond, building.facts_done = last, Generation.facts_done + number
    return last is not None


async def _count(session: AsyncSession, building: Generation, after: UUID, last: UUID) -> None:
    frame, subjects = Frame(ZoneInfo(building.time_zone), building.currency), COUNTED_IN[building.stage]
    await count_chunk(session, subjects, building.workspace_id, building.number, frame, after=after, last=last)


async def _next_page(
    session: AsyncSession, building: Generation, after: UUID, until: UUID | None, limit: int
) -> tuple[UUID | None, int]:
    """The key of the last fact of the next chunk (None: there is none left), and how many facts it has."""

    def kept(key: Any) -> list[ColumnElement[bool]]:
        return [key > after, *([key <= until] if until is not None else [])]

    # Distinct before the limit: many deals of one case must not push later cases off this page.
    pages = [
        select(key.label("id"))
        .where(workspace == building.workspace_id, *kept(key))
        .distinct()
        .order_by(key)
        .limit(limit)
        for workspace, key in _KEYS[building.stage]
    ]
    found = union(*(select(page.subquery().c.id) for page in pages)).subquery()
    page = select(found.c.id).order_by(found.c.id).limit(limit).subquery()
    last = select(page.c.id).order_by(page.c.id.desc()).limit(1).scalar_subquery()
    row = (await session.execute(select(last, func.count()).select_from(page))).one()
    return row[0], row[1]
