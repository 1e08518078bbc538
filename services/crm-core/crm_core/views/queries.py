"""Reading saved views: one's own, and those shared with one's team or with everybody."""

from typing import Any, NamedTuple
from uuid import UUID

from leadkit.problems import NotFound
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.naming import named
from crm_core.views.tables import SavedView


class Viewed(NamedTuple):
    """How a view asks its list."""

    condition: dict[str, Any] | None
    q: str | None
    sort: str | None
    columns: list[str]


def views_of(caller: Caller, *, entity: str | None = None) -> Select[Any]:
    """The views that the caller may use."""
    seen = select(SavedView).where(SavedView.workspace_id == caller.workspace, _seen(caller))
    return seen.where(SavedView.entity == entity) if entity is not None else seen


def _seen(caller: Caller) -> ColumnElement[bool]:
    ways = [SavedView.created_by == caller.subject, SavedView.shared == "all"]
    if caller.team_id is not None:
        ways.append(and_(SavedView.shared == "team", SavedView.team_id == caller.team_id))
    return or_(*ways)


async def view_by_id(session: AsyncSession, caller: Caller, view_id: UUID, *, lock: bool = False) -> SavedView:
    """The view, if the caller may use it; raises `NotFound`."""
    statement = views_of(caller).where(SavedView.id == view_id)
    found: SavedView | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such view.")
    return found


async def view_for(session: AsyncSession, caller: Caller, view_id: UUID, entity: str, *, at: str = "/view") -> Viewed:
    """The view by which a list of `entity` is asked; raises `Invalid` at `at` for one that is not there, or of
    another entity."""

    async def of_entity() -> SavedView:
        view = await view_by_id(session, caller, view_id)
        if view.entity != entity:
            raise NotFound(f"The view is one of {view.entity}.")
        return view

    view = await named(at, of_entity())
    return Viewed(view.condition, view.q, view.sort, view.columns)
