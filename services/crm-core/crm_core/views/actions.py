"""Saving, changing and deleting views."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.problems import Forbidden, Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.finding.listing import check_sort
from crm_core.listings import LISTINGS
from crm_core.storable import check_storable
from crm_core.views.queries import view_by_id
from crm_core.views.schemas import ViewCreate, ViewPatch
from crm_core.views.tables import SavedView

NEVER_NULL = ("name", "columns", "shared")


async def save_view(session: AsyncSession, wanted: ViewCreate, *, caller: Caller, now: datetime) -> SavedView:
    """The new view; raises `Invalid` where its filter, order or sharing is none."""
    check_storable(wanted)
    values = wanted.model_dump(exclude={"filter"})
    view = SavedView(
        workspace_id=caller.workspace, id=new_id(), version=1, condition=wanted.filter, team_id=None,
        created_by=caller.subject, created_at=now, updated_at=now, **values,
    )  # fmt: skip
    await _check(session, view, caller)
    session.add(view)
    await session.flush()
    await _record(session, "view.create", view, None, caller, now)
    return view


async def change_view(
    session: AsyncSession, view_id: UUID, wanted: ViewPatch, version: int | None, *, caller: Caller, now: datetime
) -> SavedView:
    """Applies a merge patch; raises `NotFound`, `Forbidden` for somebody else's view, `Stale`, `Invalid`."""
    view = await _own(session, view_id, caller)
    check_version(version, view.version)
    check_storable(wanted)
    before = _shown(view)
    for field, value in changes(wanted, never_null=NEVER_NULL).items():
        setattr(view, "condition" if field == "filter" else field, value)
    await _check(session, view, caller)
    view.version += 1
    view.updated_at = now
    await session.flush()
    await _record(session, "view.update", view, before, caller, now)
    return view


async def delete_view(session: AsyncSession, view_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Removes a view; raises `NotFound`, `Forbidden` for somebody else's."""
    view = await _own(session, view_id, caller)
    await session.delete(view)
    await _record(session, "view.delete", view, None, caller, now)


async def _own(session: AsyncSession, view_id: UUID, caller: Caller) -> SavedView:
    view = await view_by_id(session, caller, view_id, lock=True)
    if view.created_by != caller.subject and "admin" not in caller.scopes:
        raise Forbidden("Only who saved a view, or an admin, changes it.")
    return view


async def _check(session: AsyncSession, view: SavedView, caller: Caller) -> None:
    """What is stored can be asked; sharing with a team names the caller's own."""
    listing = await with_custom_fields(session, caller.workspace, LISTINGS[view.entity])
    read(view.condition, listing.fields)
    check_sort(listing, view.sort)
    if view.q is not None and listing.searched is None:
        raise Invalid.at("/q", f"nothing is searched in a list of {view.entity}")
    if view.shared != "team":
        view.team_id = None
    elif view.team_id is None:
        if caller.team_id is None:
            raise Invalid.at("/shared", "can be team only for who is in one")
        view.team_id = caller.team_id


def _shown(view: SavedView) -> Mapping[str, Any]:
    """What the audit log compares; a filter may name people, so it is not quoted."""
    return {"name": view.name, "entity": view.entity, "shared": view.shared, "sort": view.sort}


async def _record(
    session: AsyncSession,
    action: str,
    view: SavedView,
    before: Mapping[str, Any] | None,
    caller: Caller,
    now: datetime,
) -> None:
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action, subject_type="view",
        subject_id=view.id, before=before, after=_shown(view), now=now,
    )  # fmt: skip
