"""Merging two of a kind in one transaction, and taking a merge back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import orjson
from leadkit.ids import new_id
from leadkit.problems import Conflict, Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.duplicates.deciding import settle
from crm_core.merged import Deed
from crm_core.merging import queries
from crm_core.merging.kinds import KINDS, Entity, Kind
from crm_core.merging.rules import Value, combined, joined, parted
from crm_core.merging.tables import Merge, MergeValue
from crm_core.rows import Write, fixed_row, write

ERASED = "one of the two was erased"


class CannotUndo(Conflict):
    """The merge cannot be taken back; `detail` says why."""

    code = "merge-not-undoable"
    title = "This merge cannot be taken back"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a merge makes, or would make: the survivor as clients see it, each of its values with whose it was, and how
    many of what go along. `id` is None for one that was only tried."""

    id: UUID | None
    survivor: Any
    values: list[Value] = field(default_factory=list)
    moved: Mapping[str, int] = field(default_factory=dict)


async def merge(
    session: AsyncSession,
    entity: Entity,
    gone_id: UUID,
    into_id: UUID,
    *,
    note: str | None,
    dry_run: bool,
    caller: Caller,
    now: datetime,
) -> Outcome:
    """The first becomes part of the second, which keeps its own values and gets what it lacks; with `dry_run` nothing
    is written. Raises `NotFound`, `Invalid` at `/into`, and a 409 for what was merged before."""
    if gone_id == into_id:
        raise Invalid.at("/into", "must be another one")
    kind = KINDS[entity]
    two = await kind.pair(session, caller, gone_id, into_id, lock=not dry_run)
    kind.check_mergeable(two)
    own = await kind.card_of(session, two.into)
    values = combined(own, await kind.card_of(session, two.gone))
    card = joined(own, values)
    if dry_run:
        counts = {one.name: await one.count(session, caller.workspace, gone_id) for one in kind.holders}
        return Outcome(None, await kind.shown(session, two.into, card), values, counts)
    merge_id = new_id()
    kept = await kind.join(session, two, card, Deed(merge_id, caller, now, note))
    moved = await _move(session, kind, caller.workspace, gone_id, into_id, now=now)
    row = fixed_row(
        Merge, workspace_id=caller.workspace, id=merge_id, entity=entity, from_id=gone_id, into_id=into_id,
        moved={name: [str(one) for one in ids] for name, ids in moved.items()}, before=kept, note=note,
        by=caller.subject, at=now, undone_by=None, undone_at=None, sealed=None,
    )  # fmt: skip
    await write(session, [Write([row]), Write(_rows(caller.workspace, merge_id, values))])
    await settle(session, caller.workspace, entity, gone_id, into_id, merged=True, by=caller.subject, now=now)
    survivor = await kind.shown(session, two.into, {})
    return Outcome(merge_id, survivor, values, {name: len(ids) for name, ids in moved.items()})


async def undo(session: AsyncSession, merge_id: UUID, *, caller: Caller, now: datetime) -> Merge:
    """Both are again what they were; what came after the merge stays with the survivor. Raises `NotFound`,
    `CannotUndo`."""
    found = await queries.merge_by_id(session, caller.workspace, merge_id)
    kind, two = await _both(session, found, caller, lock=True)
    row = await queries.merge_by_id(session, caller.workspace, merge_id, lock=True)
    _check_undoable(row, kind, two)
    values = await queries.values_of(session, caller.workspace, merge_id)
    left = parted(await kind.card_of(session, two.into), values)
    await kind.part(session, two, left, row.before, Deed(merge_id, caller, now))
    await _move(session, kind, caller.workspace, row.into_id, row.from_id, only=row.moved, now=now)
    row.undone_by, row.undone_at = caller.subject, now
    await settle(
        session, caller.workspace, row.entity, row.from_id, row.into_id, merged=False, by=caller.subject, now=now
    )
    await session.flush()
    return row


async def seen_merge(session: AsyncSession, merge_id: UUID, *, caller: Caller) -> Merge:
    """The merge if the caller may see both of which it is, else raises `NotFound`: it tells what their cards say."""
    found = await queries.merge_by_id(session, caller.workspace, merge_id)
    await _both(session, found, caller, lock=False)
    return found


async def seal_merges(session: AsyncSession, workspace_id: UUID, entity: Entity, ids: Collection[UUID]) -> None:
    """Forgets what merges with these (erased) persons keep of them; such a merge cannot be taken back any more."""
    mine = (Merge.workspace_id == workspace_id) & (Merge.entity == entity)
    concerned = list(
        await session.scalars(select(Merge.id).where(mine, or_(Merge.from_id.in_(ids), Merge.into_id.in_(ids))))
    )
    await session.execute(
        delete(MergeValue).where(MergeValue.workspace_id == workspace_id, MergeValue.merge_id.in_(concerned))
    )
    await session.execute(
        update(Merge)
        .where(Merge.workspace_id == workspace_id, Merge.id.in_(concerned))
        .values(sealed=ERASED, before={}, note=None)
        .execution_options(synchronize_session=False)
    )


async def _both(session: AsyncSession, row: Merge, caller: Caller, *, lock: bool) -> tuple[Kind, Any]:
    kind = KINDS[cast(Entity, row.entity)]
    try:
        return kind, await kind.pair(session, caller, row.from_id, row.into_id, lock=lock)
    except Invalid:
        raise NotFound("There is no such merge.") from None


def _check_undoable(row: Merge, kind: Kind, two: Any) -> None:
    if row.undone_at is not None:
        raise CannotUndo("The merge was taken back already.")
    reason = row.sealed or kind.check_separable(two)
    if reason is not None:
        raise CannotUndo(f"The merge cannot be taken back: {reason}.")


async def _move(
    session: AsyncSession,
    kind: Kind,
    workspace_id: UUID,
    here: UUID,
    there: UUID,
    *,
    only: Mapping[str, Sequence[str]] | None = None,
    now: datetime,
) -> dict[str, list[UUID]]:
    moved: dict[str, list[UUID]] = {}
    for holder in kind.holders:
        ids = None if only is None else [UUID(one) for one in only.get(holder.name, ())]
        moved[holder.name] = await holder.move(session, workspace_id, here, there, only=ids, now=now)
    return moved


def _rows(workspace_id: UUID, merge_id: UUID, values: Sequence[Value]) -> list[MergeValue]:
    return [
        fixed_row(
            MergeValue, workspace_id=workspace_id, merge_id=merge_id, position=position, field=one.field,
            source=one.source, value=_json(one.value), other=None if one.other is None else _json(one.other),
        )
        for position, one in enumerate(values)
    ]  # fmt: skip


def _json(value: Any) -> str:
    """Written already: a text would be taken for JSON otherwise."""
    return orjson.dumps(value).decode()
