"""Reading tags: those of the catalogue, and those in use, with on how many cards each is."""

from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.finding.listing import Listing
from crm_core.listings import LISTINGS
from crm_core.tags.tables import Tag

TAGGED = ("lead", "contact", "company", "deal")
NONE: ColumnElement[Any] = literal_column("'{}'::text[]")


def tags_counted(caller: Caller, *, q: str | None) -> Select[Any]:
    """Every tag with its counts, as columns; `name` is unique. `q` is how a name begins."""
    own = select(Tag.name, literal("").label("entity"), cast(Tag.id, Text).label("id"), Tag.version, Tag.color).where(
        Tag.workspace_id == caller.workspace
    )
    every = union_all(own, *(_used(LISTINGS[entity], caller) for entity in TAGGED)).subquery()
    counts = [func.count().filter(every.c.entity == entity).label(entity) for entity in TAGGED]
    found = select(
        every.c.name,
        cast(func.max(every.c.id), Uuid).label("id"),
        func.max(every.c.version).label("version"),
        func.max(every.c.color).label("color"),
        *counts,
    ).group_by(every.c.name)
    if q is not None:
        found = found.where(every.c.name.istartswith(q, autoescape=True))
    tags = found.subquery()
    return select(tags)


def _used(listing: Listing, caller: Caller) -> Select[Any]:
    tags: Any = listing.columns["tags"]
    nothing = cast(null(), Text)
    return (
        listing.seen_by(caller)
        .with_only_columns(
            func.unnest(tags).label("name"), literal(listing.entity).label("entity"), nothing.label("id"),
            cast(null(), Integer).label("version"), nothing.label("color"),
        )
        .where(tags.op("<>", is_comparison=True)(NONE))
    )  # fmt: skip


async def tag_by_id(session: AsyncSession, workspace_id: UUID, tag_id: UUID, *, lock: bool = False) -> Tag:
    """The tag of the catalogue; raises `NotFound`."""
    statement = select(Tag).where(Tag.workspace_id == workspace_id, Tag.id == tag_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such tag.")
    return found
