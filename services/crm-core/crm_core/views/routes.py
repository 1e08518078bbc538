"""`/v1/views`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Forbidden, NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.views import actions, queries
from crm_core.views.schemas import Entity, ViewCreate, ViewOut, ViewPatch
from crm_core.views.tables import SavedView

router = APIRouter(prefix="/v1/views", route_class=EdgeRoute, tags=["views"])

User = Annotated[Caller, Allow("leads:read")]
SORTS = {"name": SavedView.name, "created_at": SavedView.created_at}


@router.get("")
async def views_list(
    session: ReadSession,
    caller: User,
    paging: Paging,
    request: Request,
    response: Response,
    entity: Entity | None = None,
) -> Page[ViewOut]:
    """List the views that you may use: your own and those shared with you."""
    rows, next_cursor, total = await fetch_page(
        session, queries.views_of(caller, entity=entity), paging,
        sorts=SORTS, default="name", key=SavedView.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[_shown(row, caller) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201)
async def views_create(wanted: ViewCreate, session: Session, caller: User, now: Now, response: Response) -> ViewOut:
    """Save a view."""
    view = await actions.save_view(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/views/{view.id}"
    with_etag(response, view.version)
    return _shown(view, caller)


@router.get("/{view_id}", responses=problems(NotFound))
async def views_get(view_id: UUID, session: ReadSession, caller: User, response: Response) -> ViewOut:
    """Get a view."""
    view = await queries.view_by_id(session, caller, view_id)
    with_etag(response, view.version)
    return _shown(view, caller)


@router.patch("/{view_id}", responses=problems(NotFound, Forbidden, Stale, PreconditionRequired))
async def views_update(
    view_id: UUID, wanted: ViewPatch, session: Session, caller: User, now: Now, if_match: IfMatch, response: Response
) -> ViewOut:
    """Change a view by merge patch."""
    view = await actions.change_view(session, view_id, wanted, if_match, caller=caller, now=now)
    with_etag(response, view.version)
    return _shown(view, caller)


@router.delete("/{view_id}", status_code=204, responses=problems(NotFound, Forbidden))
async def views_delete(view_id: UUID, session: Session, caller: User, now: Now) -> None:
    """Delete a view."""
    await actions.delete_view(session, view_id, caller=caller, now=now)


def _shown(view: SavedView, caller: Caller) -> ViewOut:
    own = {name: getattr(view, name) for name in ViewOut.model_fields if name not in ("filter", "mine")}
    return ViewOut(**own, filter=view.condition, mine=view.created_by == caller.subject)
