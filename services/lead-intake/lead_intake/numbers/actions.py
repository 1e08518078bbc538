"""Naming, changing and forgetting called numbers."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.inquiry import Touch
from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import merged
from leadkit.problems import Conflict, FieldError, Invalid, Problem
from leadkit.validation import field_errors
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.normalising.phones import line_number
from lead_intake.numbers.book import NumberUse, folded, overlap
from lead_intake.numbers.queries import number_by_id, rows_of, use_of
from lead_intake.numbers.schemas import NumberCreate
from lead_intake.numbers.tables import Number, NumberPlan
from lead_intake.sources.queries import region_of, sources_there

_LINE = re.compile(r"\+[0-9]{6,15}|(?:sips?:)?[^\s@,;]{1,100}@[^\s@,;]{1,150}|[0-9A-Za-z*#._-]{1,64}")


class NumberTaken(Conflict):
    """At one time a number stands for one thing."""

    code = "number-taken"
    title = "The number stands for something else at that time"


async def create_numbers(
    session: AsyncSession, wishes: Sequence[NumberCreate], *, workspace_id: UUID, now: datetime
) -> list[Number | Problem]:
    """A row for each wish, or what is wrong with it, in order; a handful of statements for all."""
    await _lock_plan(session, workspace_id)
    region = await region_of(session, workspace_id)
    sources = await sources_there(session, workspace_id, {wish.source_id for wish in wishes if wish.source_id})
    numbers = [line_number(wish.number.strip(), region) for wish in wishes]
    taken = [use_of(row) for row in await rows_of(session, workspace_id, numbers)]
    made: list[Number | Problem] = []
    for wish, number in zip(wishes, numbers, strict=True):
        row = _row(wish, number, workspace_id, now)
        try:
            _check(use_of(row), taken, sources)
        except Problem as problem:
            made.append(problem)
        else:
            taken.append(use_of(row))
            made.append(row)
    session.add_all([row for row in made if isinstance(row, Number)])
    await session.flush()
    return made


async def create_number(session: AsyncSession, wish: NumberCreate, *, workspace_id: UUID, now: datetime) -> Number:
    """A new row; raises `Invalid`, `NumberTaken`."""
    (made,) = await create_numbers(session, [wish], workspace_id=workspace_id, now=now)
    if isinstance(made, Problem):
        raise made
    return made


async def change_number(
    session: AsyncSession,
    number_id: UUID,
    patch: dict[str, Any],
    *,
    workspace_id: UUID,
    if_match: int | None,
    now: datetime,
) -> Number:
    """Applies what a PATCH named; raises `NotFound`, `Stale`, `Invalid`, `NumberTaken`."""
    await _lock_plan(session, workspace_id)
    row = await number_by_id(session, workspace_id, number_id, lock=True)
    check_version(if_match, row.version)
    if "attribution" in patch:
        patch["attribution"] = _attribution(row.attribution, patch["attribution"])
    for name, value in patch.items():
        setattr(row, name, value)
    use = use_of(row)
    sources = await sources_there(session, workspace_id, {use.source_id} if use.source_id else set())
    others = [use_of(other) for other in await rows_of(session, workspace_id, [row.number]) if other.id != row.id]
    _check(use, others, sources)
    row.version += 1
    row.updated_at = now
    await session.flush()
    return row


async def delete_number(session: AsyncSession, number_id: UUID, *, workspace_id: UUID, if_match: int | None) -> None:
    """Forgets what the number stood for; what came in keeps its attribution until it is replayed."""
    await _lock_plan(session, workspace_id)
    row = await number_by_id(session, workspace_id, number_id, lock=True)
    if if_match is not None:
        check_version(if_match, row.version)
    await session.delete(row)


async def _lock_plan(session: AsyncSession, workspace_id: UUID) -> None:
    """One more version of the workspace's numbers; whoever else changes them waits until the transaction ends."""
    row = insert(NumberPlan).values(workspace_id=workspace_id, version=1)
    await session.execute(
        row.on_conflict_do_update(index_elements=[NumberPlan.workspace_id], set_={"version": NumberPlan.version + 1})
    )


def _row(wish: NumberCreate, number: str, workspace_id: UUID, now: datetime) -> Number:
    told = wish.attribution.model_dump(mode="json", exclude_unset=True) if wish.attribution else None
    return Number(
        workspace_id=workspace_id, id=new_id(), version=1, number=number, folded=folded(number),
        source_id=wish.source_id, kind=wish.kind, label=wish.label, attribution=told, valid_from=wish.valid_from,
        valid_to=wish.valid_to, created_at=now, updated_at=now,
    )  # fmt: skip


def _check(use: NumberUse, taken: Sequence[NumberUse], sources: set[UUID]) -> None:
    if not _LINE.fullmatch(use.number):
        raise Invalid.at("/number", "is no telephone number, SIP address or short line")
    if use.source_id is not None and use.source_id not in sources:
        raise Invalid.at("/source_id", "there is no such source")
    if use.since is not None and use.until is not None and use.since >= use.until:
        raise Invalid.at("/valid_to", "must be later than valid_from")
    if any(overlap(use, other) for other in taken):
        raise NumberTaken


def _attribution(before: dict[str, Any] | None, patch: dict[str, Any] | None) -> dict[str, Any] | None:
    """The merge patch applied and validated; raises `Invalid` with the places that are wrong."""
    if patch is None:
        return None
    try:
        told = Touch.model_validate(merged(before or {}, patch))
    except ValidationError as error:
        places = [
            FieldError(pointer=f"/attribution{one.pointer}", detail=one.detail) for one in field_errors(error.errors())
        ]
        raise Invalid(errors=places) from None
    return told.model_dump(mode="json", exclude_unset=True)
