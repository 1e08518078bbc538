"""Reading segments, and who belongs to them; every query names its workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.paging import count
from leadkit.problems import Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy import Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.conditions.sql import clause
from crm_core.conditions.tree import Condition, read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.finding.listing import Asked, Listing, narrowed, wants_search_role
from crm_core.listings import LISTINGS
from crm_core.searching import listing_of
from crm_core.segments.tables import Segment

MOST_NAMED = 200
"""Of so many segments a card is asked at once."""


class Belonging(NamedTuple):
    """A segment that a card belongs to."""

    id: UUID
    name: str


def segments_of(workspace_id: UUID, *, entity: str | None) -> Select[Any]:
    """The workspace's segments, for a list."""
    statement = select(Segment).where(Segment.workspace_id == workspace_id)
    return statement if entity is None else statement.where(Segment.entity == entity)


async def segment_by_id(session: AsyncSession, workspace_id: UUID, segment_id: UUID, *, lock: bool = False) -> Segment:
    """The segment; raises `NotFound`."""
    statement = select(Segment).where(Segment.workspace_id == workspace_id, Segment.id == segment_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such segment.")
    return found


async def asked_by(session: AsyncSession, segment: Segment) -> tuple[Listing, Condition]:
    """The list with its custom fields, and what the segment asks of it; raises `Invalid` at `/filter` for what is no
    longer a condition, since a field is gone."""
    listing = await with_custom_fields(session, segment.workspace_id, LISTINGS[segment.entity])
    return listing, read(segment.condition, listing.fields)


async def size_of(session: AsyncSession, caller: Caller, segment: Segment, *, now: datetime) -> int | None:
    """How many of those that the caller may see belong to the segment; None when its fields are gone."""
    try:
        listing, condition = await asked_by(session, segment)
    except Invalid:
        return None
    asked = Asked(condition)
    async with listing_of(session, search=wants_search_role(listing, asked, None)):
        return await count(session, narrowed(listing, caller, asked, now=now))


async def segments_with(
    session: AsyncSession, workspace_id: UUID, entity: str, card_id: UUID, *, now: datetime
) -> Sequence[Belonging]:
    """The segments that a card belongs to at this moment, by name; all are asked in one statement."""
    found = await session.scalars(
        segments_of(workspace_id, entity=entity).order_by(Segment.name, Segment.id).limit(MOST_NAMED)
    )
    asked: list[tuple[Segment, Condition]] = []
    listing = LISTINGS[entity]
    for place, segment in enumerate(found.all()):
        if place == 0:
            listing = await with_custom_fields(session, workspace_id, listing)
        try:
            asked.append((segment, read(segment.condition, listing.fields)))
        except Invalid:
            continue
    if not asked:
        return []
    holds = [
        func.coalesce(clause(condition, listing.columns, now=now).is_(true()), False).label(f"is_{place}")
        for place, (_, condition) in enumerate(asked)
    ]
    answers = (
        await session.execute(select(*holds).where(listing.workspace == workspace_id, listing.key == card_id))
    ).first()
    if answers is None:
        return []
    return [Belonging(segment.id, segment.name) for (segment, _), held in zip(asked, answers, strict=True) if held]
