"""Telling visits."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson
from leadkit.problems import FieldError, Invalid
from sqlalchemy import Boolean, literal_column
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.traffic.queries import KEYS
from analytics.traffic.schemas import TrafficItem, TrafficPosted
from analytics.traffic.tables import Traffic


class ToldTwice(Invalid):
    """One day and combination of keys twice in a post: which of them counts is not known."""

    code = "told-twice"
    title = "The same day and keys are told twice"


async def post_traffic(
    session: AsyncSession, workspace_id: UUID, items: Sequence[TrafficItem], *, by: str, now: datetime
) -> TrafficPosted:
    """Stores the visits in place of what was told of the same days and keys. Raises `ToldTwice`."""
    rows = {}
    for index, item in enumerate(items):
        key = (item.date, digest_of(item))
        if key in rows:
            pointer = f"/items/{index}"
            raise ToldTwice(f"{pointer} repeats another item.", errors=[FieldError(pointer=pointer, detail="repeats")])
        rows[key] = {
            "workspace_id": workspace_id, "key": key[1], **item.model_dump(), "by": by, "recorded_at": now,
        }  # fmt: skip
    statement = insert(Traffic)
    stored = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "date", "key"],
            set_={name: statement.excluded[name] for name in ("visits", "by", "recorded_at")},
            where=Traffic.visits != statement.excluded.visits,
        ).returning(literal_column("(xmax = 0)", Boolean)),
        [rows[key] for key in sorted(rows)],
    )
    new = list(stored.scalars())
    return TrafficPosted(items=len(rows), created=sum(new), changed=len(new) - sum(new), unchanged=len(rows) - len(new))


def digest_of(item: TrafficItem) -> UUID:
    """The same for the same names and ids."""
    written = orjson.dumps([getattr(item, key) for key in KEYS])
    return UUID(bytes=hashlib.md5(written, usedforsecurity=False).digest())
