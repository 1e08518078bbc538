"""`/v1/rebuilds`: counting everything anew while answers go on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from analytics.projections import actions, queries
from analytics.projections.queries import Progress
from analytics.projections.schemas import RebuildOut, RebuildPost
from analytics.projections.tables import Rebuild

router = APIRouter(prefix="/v1/rebuilds", route_class=EdgeRoute, tags=["rebuild"])

Admin = Annotated[Caller, Allow("admin", roles=("admin", "platform"))]


class NoSuchRebuild(NotFound):
    """The workspace has no rebuild with this id."""

    code = "no-such-rebuild"
    title = "There is no such rebuild"


SORTS = {"requested_at": Rebuild.requested_at}


@router.post("", status_code=202)
async def rebuild_start(post: RebuildPost, session: Session, caller: Admin, now: Now) -> RebuildOut:
    """Count all numbers of the workspace anew, in the background."""
    rebuild = await actions.request_rebuild(session, caller.workspace, with_facts=post.facts, now=now)
    return _shown(Progress(rebuild, 0))


@router.get("")
async def rebuilds_list(
    session: ReadSession, caller: Admin, paging: Paging, request: Request, response: Response
) -> Page[RebuildOut]:
    """List the rebuilds asked for, newest first, each with how far it is."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.rebuilds(caller.workspace),
        paging,
        sorts=SORTS,
        default="-requested_at",
        key=Rebuild.id,
        request=request,
        response=response,
    )
    counted = await queries.facts_counted(session, caller.workspace, [row.generation for row in rows])
    items = [_shown(Progress(row, counted.get(row.generation or 0, 0))) for row in rows]
    return Page(items=items, next_cursor=next_cursor, total=total)


@router.get("/{rebuild_id}", responses=problems(NoSuchRebuild))
async def rebuild_get(rebuild_id: UUID, session: ReadSession, caller: Admin) -> RebuildOut:
    """See how far a rebuild is."""
    found = await queries.rebuild_progress(session, caller.workspace, rebuild_id)
    if found is None:
        raise NoSuchRebuild("Ask for one with POST.")
    return _shown(found)


def _shown(progress: Progress) -> RebuildOut:
    rebuild = progress.rebuild
    return RebuildOut.model_validate(
        {
            **{name: getattr(rebuild, name) for name in RebuildOut.model_fields if hasattr(rebuild, name)},
            "facts": rebuild.with_facts,
            "facts_counted": progress.facts_counted,
        }
    )
