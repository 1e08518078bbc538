"""Reading suggestions; a caller sees those of which both sides are theirs to see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies import queries as companies
from crm_core.contacts import queries as contacts
from crm_core.duplicates.tables import DuplicateSuggestion
from crm_core.leads import queries as leads

SEEN_BY = {"lead": leads.seen_unmerged_by, "contact": contacts.seen_by, "company": companies.seen_by}


def suggestions(caller: Caller, *, entity: str | None = None, status: str | None = None) -> Select[DuplicateSuggestion]:
    """The suggestions that the caller may see; open ones only while neither side was merged into a third."""
    pair = DuplicateSuggestion
    kinds = [entity] if entity is not None else list(SEEN_BY)
    statement = select(pair).where(pair.workspace_id == caller.workspace, or_(*(_seen(caller, one) for one in kinds)))
    return statement if status is None else statement.where(pair.status == status)


def concerning(caller: Caller, entity: str, row_id: UUID) -> Select[DuplicateSuggestion]:
    """The open ones about one thing, the surest first."""
    pair = DuplicateSuggestion
    mine = suggestions(caller, entity=entity, status="open")
    return mine.where(or_(pair.one_id == row_id, pair.other_id == row_id)).order_by(pair.score.desc(), pair.id)


async def open_about(session: AsyncSession, caller: Caller, entity: str, row_id: UUID) -> Sequence[DuplicateSuggestion]:
    """What is suggested about one thing at present."""
    return list(await session.scalars(concerning(caller, entity, row_id)))


async def suggestion_by_id(session: AsyncSession, caller: Caller, suggestion_id: UUID) -> DuplicateSuggestion:
    """The suggestion if the caller may see it, else raises `NotFound`."""
    found = await session.scalar(suggestions(caller).where(DuplicateSuggestion.id == suggestion_id))
    if found is None:
        raise NotFound("There is no such suggestion.")
    return found


def _seen(caller: Caller, entity: str) -> ColumnElement[bool]:
    pair = DuplicateSuggestion
    seen: Select[Any] = SEEN_BY[entity](caller)
    table: Any = seen.column_descriptions[0]["entity"]
    ids = seen.with_only_columns(table.id)
    one, other = (ids.where(table.id == column).correlate(pair).exists() for column in (pair.one_id, pair.other_id))
    return and_(pair.entity == entity, one, other)
