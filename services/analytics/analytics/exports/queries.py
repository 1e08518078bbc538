"""Reading sets of rows: page by page in their order, so that no page costs more than the first."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit.db import Database
from sqlalchemy import ColumnElement, Date, Select, Subquery, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.exports.files import Row
from analytics.exports.sets import FlatSet
from analytics.projections.queries import projected_to
from analytics.projections.slices import Period
from analytics.spend.queries import spend_changed_at

ROWS_A_PAGE: Final = 5_000


async def pages(
    db: Database, workspace_id: UUID, wanted: FlatSet, period: Period, zone: ZoneInfo
) -> AsyncIterator[Sequence[Row]]:
    """All rows of the period, each page in a transaction of its own: a slow reader keeps nobody's connection.

    A row that changes its place meanwhile may come twice or not at all, as in any list that is read in pages.
    """
    rows = wanted.rows(workspace_id).subquery("row")
    statement = _ordered(select(rows).where(*_within(rows.c[wanted.day], period, zone)), rows, wanted)
    page = statement
    while True:
        async with db.transaction(workspace_id, read_only=True) as session:
            found = (await session.execute(page)).all()
        if found:
            yield [tuple(row) for row in found]
        if len(found) < ROWS_A_PAGE:
            return
        last = found[-1]._mapping
        place = tuple_(*(rows.c[key] for key in wanted.order))
        page = statement.where(place > tuple(last[key] for key in wanted.order))


def _ordered(statement: Select[Any], rows: Subquery, wanted: FlatSet) -> Select[Any]:
    return statement.order_by(*(rows.c[key] for key in wanted.order)).limit(ROWS_A_PAGE)


def _within(column: ColumnElement[Any], period: Period, zone: ZoneInfo) -> tuple[ColumnElement[bool], ...]:
    """Local days, as instants where the column holds times."""
    if isinstance(column.type, Date):
        return column >= period.start, column < period.end
    start, end = (datetime.combine(day, time(), zone) for day in (period.start, period.end))
    return column >= start, column < end


async def tag_of(session: AsyncSession, workspace_id: UUID, *asked: object) -> str:
    """A weak entity tag that changes when the rows could have: by what is projected, by spend, and by the question."""
    known = (await projected_to(session, workspace_id), await spend_changed_at(session, workspace_id), *asked)
    return f'W/"{hashlib.sha256(repr(known).encode()).hexdigest()[:32]}"'


def days_shown(period: Period) -> str:
    """The period in the name of a file, its last day included."""
    return f"{period.start}_{period.end - timedelta(days=1)}"
