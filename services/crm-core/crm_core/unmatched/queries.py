"""Reading the addresses that never match; every query names its workspace."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, Text, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.points import Point
from crm_core.unmatched.tables import UnmatchedAddress


def unmatched_addresses(workspace_id: UUID) -> Select[UnmatchedAddress]:
    """All of the workspace."""
    return select(UnmatchedAddress).where(UnmatchedAddress.workspace_id == workspace_id)


async def unmatched_among(session: AsyncSession, workspace_id: UUID, points: Iterable[Point]) -> frozenset[Point]:
    """Those of the addresses that must not match, in one statement."""
    wanted = sorted(set(points))
    if not wanted:
        return frozenset()
    kinds, values = ([point[part] for point in wanted] for part in (0, 1))
    given = func.unnest(literal(kinds, ARRAY(Text)), literal(values, ARRAY(Text)))
    asked = given.table_valued("kind", "value").render_derived()
    row = UnmatchedAddress
    found = await session.execute(
        select(row.kind, row.value).where(
            row.workspace_id == workspace_id, tuple_(row.kind, row.value).in_(select(asked.c.kind, asked.c.value))
        )
    )
    return frozenset(Point(kind, value) for kind, value in found)  # type: ignore[arg-type]
