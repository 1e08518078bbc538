"""Saving, changing and deleting segments."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.problems import Conflict, Forbidden
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.segments.queries import asked_by, segment_by_id
from crm_core.segments.schemas import SegmentCreate, SegmentPatch
from crm_core.segments.tables import Segment
from crm_core.storable import check_storable
from crm_core.uniqueness import unique

NEVER_NULL = ("name", "filter")


class NameTaken(Conflict):
    """Another segment of the entity has this name."""

    code = "segment-name-taken"
    title = "Another segment has this name"


async def save_segment(session: AsyncSession, wanted: SegmentCreate, *, caller: Caller, now: datetime) -> Segment:
    """The new segment; raises `Invalid` at the place where its filter is none, `NameTaken`."""
    check_storable(wanted)
    segment = Segment(
        workspace_id=caller.workspace, id=new_id(), version=1, name=wanted.name, entity=wanted.entity,
        condition=wanted.filter, created_by=caller.subject, created_at=now, updated_at=now,
    )  # fmt: skip
    await asked_by(session, segment)
    async with unique(session, NameTaken()):
        session.add(segment)
    await _record(session, "segment.create", segment, None, caller, now)
    return segment


async def change_segment(
    session: AsyncSession, segment_id: UUID, wanted: SegmentPatch, version: int | None, *, caller: Caller, now: datetime
) -> Segment:
    """Applies a merge patch; raises `NotFound`, `Forbidden` for a manager who did not save it, `Stale`, `Invalid`,
    `PreconditionRequired`, `NameTaken`."""
    check_storable(wanted)
    segment = await _own(session, segment_id, caller)
    check_version(version, segment.version)
    before, sent = _shown(segment), changes(wanted, never_null=NEVER_NULL)
    async with unique(session, NameTaken()):
        for field, value in sent.items():
            setattr(segment, "condition" if field == "filter" else field, value)
        segment.version += 1
        segment.updated_at = now
    await asked_by(session, segment)
    await _record(session, "segment.update", segment, before, caller, now)
    return segment


async def delete_segment(session: AsyncSession, segment_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Removes a segment, not the cards in it; raises `NotFound`, `Forbidden` for a manager who did not save it."""
    segment = await _own(session, segment_id, caller)
    await session.delete(segment)
    await _record(session, "segment.delete", segment, None, caller, now)


async def _own(session: AsyncSession, segment_id: UUID, caller: Caller) -> Segment:
    """Everybody works with the segments of a workspace, so a manager changes only own ones."""
    segment = await segment_by_id(session, caller.workspace, segment_id, lock=True)
    if caller.role == "manager" and segment.created_by != caller.subject:
        raise Forbidden("Only who saved a segment, a head or an admin changes it.")
    return segment


def _shown(segment: Segment) -> Mapping[str, Any]:
    """What the audit log compares; a filter may name people, so it is not quoted."""
    return {"name": segment.name, "entity": segment.entity}


async def _record(
    session: AsyncSession,
    action: str,
    segment: Segment,
    before: Mapping[str, Any] | None,
    caller: Caller,
    now: datetime,
) -> None:
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action, subject_type="segment",
        subject_id=segment.id, before=before, after=_shown(segment), now=now,
    )  # fmt: skip
