"""Keeping the catalogue of tags, and putting other words on all cards at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.problems import Conflict
from leadkit.tokens import Caller
from sqlalchemy import CursorResult, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.storable import check_storable
from crm_core.tags.queries import TAGGED, tag_by_id
from crm_core.tags.schemas import TagCreate, TagMerge, TagPatch
from crm_core.tags.tables import Tag
from crm_core.uniqueness import unique

NEVER_NULL = ("name",)
REPLACE = """
UPDATE {table} SET version = version + 1, updated_at = :now, tags = ARRAY(
    SELECT word FROM unnest(tags) WITH ORDINALITY AS each(old, place),
        LATERAL (SELECT CASE WHEN old = ANY(CAST(:names AS text[])) THEN CAST(:into AS text) ELSE old END) AS new(word)
    WHERE word IS NOT NULL GROUP BY word ORDER BY min(place))
WHERE workspace_id = :workspace_id AND id IN (
    SELECT id FROM {table} WHERE workspace_id = :workspace_id AND tags <> CAST('{{}}' AS text[])
        AND tags && CAST(:names AS text[]) ORDER BY id FOR UPDATE)
"""
"""Each card keeps the order of its tags, and has none twice."""


class NameTaken(Conflict):
    """The catalogue has this tag."""

    code = "tag-name-taken"
    title = "The catalogue has this tag already; tags are merged by their own call"


async def create_tag(session: AsyncSession, wanted: TagCreate, *, caller: Caller, now: datetime) -> Tag:
    """A tag for the catalogue; raises `NameTaken`."""
    check_storable(wanted)
    await existing_workspace(session, caller.workspace)
    tag = Tag(
        workspace_id=caller.workspace, id=new_id(), version=1, name=wanted.name, color=wanted.color, created_at=now
    )
    async with unique(session, NameTaken()):
        session.add(tag)
    await _record(session, "create", tag.id, None, _shown(tag), caller, now)
    return tag


async def change_tag(
    session: AsyncSession, tag_id: UUID, wanted: TagPatch, version: int | None, *, caller: Caller, now: datetime
) -> Tag:
    """Applies a merge patch; a new name replaces the old one on all cards. Raises `NotFound`, `Stale`, `NameTaken`."""
    check_storable(wanted)
    tag = await tag_by_id(session, caller.workspace, tag_id, lock=True)
    check_version(version, tag.version)
    before, former = _shown(tag), tag.name
    async with unique(session, NameTaken()):
        for field, value in changes(wanted, never_null=NEVER_NULL).items():
            setattr(tag, field, value)
        tag.version += 1
    if tag.name != former:
        await _replace(session, caller.workspace, [former], tag.name, now)
    await _record(session, "update", tag.id, before, _shown(tag), caller, now)
    return tag


async def delete_tag(session: AsyncSession, tag_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Takes a tag out of the catalogue and off all cards; raises `NotFound`."""
    tag = await tag_by_id(session, caller.workspace, tag_id, lock=True)
    await session.delete(tag)
    await session.flush()
    await _replace(session, caller.workspace, [tag.name], None, now)
    await _record(session, "delete", tag.id, _shown(tag), None, caller, now)


async def merge_tags(session: AsyncSession, wanted: TagMerge, *, caller: Caller, now: datetime) -> Mapping[str, int]:
    """Makes one tag of several on all cards; answers how many cards of each entity changed."""
    check_storable(wanted)
    names = [name for name in dict.fromkeys(wanted.names) if name != wanted.into]
    await session.execute(delete(Tag).where(Tag.workspace_id == caller.workspace, Tag.name.in_(names)))
    changed = await _replace(session, caller.workspace, names, wanted.into, now)
    merged = {"names": names, "into": wanted.into, "changed": dict(changed)}
    await _record(session, "merge", caller.workspace, None, merged, caller, now)
    return changed


async def _replace(
    session: AsyncSession, workspace_id: UUID, names: Sequence[str], into: str | None, now: datetime
) -> Mapping[str, int]:
    """One statement an entity, whose table is named as it is."""
    values = {"workspace_id": workspace_id, "names": list(names), "into": into, "now": now}
    changed = {}
    for entity in TAGGED:
        result = await session.execute(text(REPLACE.format(table=entity)), values)
        changed[entity] = cast(CursorResult[Any], result).rowcount
    return changed


def _shown(tag: Tag) -> dict[str, Any]:
    return {"name": tag.name, "color": tag.color}


async def _record(
    session: AsyncSession,
    action: str,
    subject_id: UUID,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    caller: Caller,
    now: datetime,
) -> None:
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=f"tag.{action}", subject_type="tag",
        subject_id=subject_id, before=before, after=after, now=now,
    )  # fmt: skip
