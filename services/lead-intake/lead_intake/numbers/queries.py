"""Reading called numbers; every query names its workspace."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.contracts.inquiry import Touch
from leadkit.problems import NotFound
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.numbers.book import NO_NUMBERS, Kind, NumberBook, NumberUse, folded
from lead_intake.numbers.tables import Number, NumberPlan

REMEMBERED_BOOKS = 1000

_books: OrderedDict[tuple[UUID, int], NumberBook] = OrderedDict()


async def book_of(session: AsyncSession, workspace_id: UUID) -> NumberBook:
    """The workspace's numbers: one look at their version, and a reading when that is new to this process."""
    version = await session.scalar(select(NumberPlan.version).where(NumberPlan.workspace_id == workspace_id))
    if version is None:
        return NO_NUMBERS
    book = _books.pop((workspace_id, version), None)
    if book is None:
        rows = await session.scalars(select(Number).where(Number.workspace_id == workspace_id))
        book = NumberBook(use_of(row) for row in rows)
        _books.pop((workspace_id, version - 1), None)
    _books[workspace_id, version] = book
    while len(_books) > REMEMBERED_BOOKS:
        _books.popitem(last=False)
    return book


def use_of(row: Number) -> NumberUse:
    """A row as the normaliser looks it up."""
    told = Touch.model_validate(row.attribution) if row.attribution else None
    return NumberUse(row.number, row.source_id, cast(Kind, row.kind), row.label, told, row.valid_from, row.valid_to)


async def number_by_id(session: AsyncSession, workspace_id: UUID, number_id: UUID, *, lock: bool = False) -> Number:
    """The number; raises `NotFound`."""
    statement = select(Number).where(Number.workspace_id == workspace_id, Number.id == number_id)
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound("There is no such number.")
    return row


async def rows_of(session: AsyncSession, workspace_id: UUID, numbers: Collection[str]) -> Sequence[Number]:
    """Everything these numbers stand for, at any time."""
    names = {folded(number) for number in numbers}
    statement = select(Number).where(Number.workspace_id == workspace_id, Number.folded.in_(names))
    return (await session.scalars(statement)).all()


def numbers_of(
    workspace_id: UUID, *, number: str | None, source_id: UUID | None, kind: Kind | None, at: datetime | None
) -> Select[Number]:
    """The statement for a list of numbers; `at`: those that count then."""
    statement = select(Number).where(Number.workspace_id == workspace_id)
    if number is not None:
        statement = statement.where(Number.folded == folded(number))
    if source_id is not None:
        statement = statement.where(Number.source_id == source_id)
    if kind is not None:
        statement = statement.where(Number.kind == kind)
    if at is not None:
        statement = statement.where(
            or_(Number.valid_from.is_(None), Number.valid_from <= at),
            or_(Number.valid_to.is_(None), Number.valid_to > at),
        )
    return statement
