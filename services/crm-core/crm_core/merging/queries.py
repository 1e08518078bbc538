"""Reading merges and where their values came from."""

from typing import Any, cast
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies import queries as companies
from crm_core.contacts import queries as contacts
from crm_core.leads import queries as leads
from crm_core.merging.rules import Source, Value
from crm_core.merging.tables import Merge, MergeValue

SEEN_BY = {"lead": leads.seen_by, "contact": contacts.seen_by, "company": companies.seen_by}


def merges_of(caller: Caller, *, entity: str | None, concerning: UUID | None) -> Select[Merge]:
    """The merges into what the caller may see, or those of one kind or one thing."""
    statement = select(Merge).where(Merge.workspace_id == caller.workspace)
    if caller.role in ("manager", "head"):
        statement = statement.where(or_(*(_seen(caller, one) for one in SEEN_BY)))
    if entity is not None:
        statement = statement.where(Merge.entity == entity)
    if concerning is not None:
        statement = statement.where(or_(Merge.from_id == concerning, Merge.into_id == concerning))
    return statement


async def merge_by_id(session: AsyncSession, workspace_id: UUID, merge_id: UUID, *, lock: bool = False) -> Merge:
    """The merge; raises `NotFound`. With `lock` it is read again, and nobody else undoes it meanwhile."""
    wanted = select(Merge).where(Merge.workspace_id == workspace_id, Merge.id == merge_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = await session.scalar(wanted)
    if found is None:
        raise NotFound("There is no such merge.")
    return found


async def values_of(session: AsyncSession, workspace_id: UUID, merge_id: UUID) -> list[Value]:
    """Where each value of the survivor's card came from, in the order of the card."""
    rows = await session.scalars(
        select(MergeValue)
        .where(MergeValue.workspace_id == workspace_id, MergeValue.merge_id == merge_id)
        .order_by(MergeValue.position)
    )
    return [Value(row.field, row.value, cast(Source, row.source), row.other) for row in rows]


def _seen(caller: Caller, entity: str) -> ColumnElement[bool]:
    seen: Select[Any] = SEEN_BY[entity](caller)
    table: Any = seen.column_descriptions[0]["entity"]
    survivor = seen.with_only_columns(table.id).where(table.id == Merge.into_id)
    return and_(Merge.entity == entity, survivor.correlate(Merge).exists())
