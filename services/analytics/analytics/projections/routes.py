"""`/v1/rebuild`: counting everything anew while answers go on."""

from typing import Annotated

from fastapi import APIRouter
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from analytics.projections import actions, queries
from analytics.projections.queries import Progress
from analytics.projections.schemas import RebuildOut, RebuildPost

router = APIRouter(prefix="/v1/rebuild", route_class=EdgeRoute, tags=["rebuild"])

Admin = Annotated[Caller, Allow("admin", roles=("admin", "platform"))]


class NeverRebuilt(NotFound):
    """Nobody has asked for a rebuild of this workspace."""

    code = "never-rebuilt"
    title = "No rebuild has been asked for"


@router.post("", status_code=202)
async def rebuild_start(post: RebuildPost, session: Session, caller: Admin, now: Now) -> RebuildOut:
    """Count all numbers of the workspace anew, in the background."""
    rebuild = await actions.request_rebuild(session, caller.workspace, with_facts=post.facts, now=now)
    return _shown(Progress(rebuild, 0))


@router.get("", responses=problems(NeverRebuilt))
async def rebuild_get(session: ReadSession, caller: Admin) -> RebuildOut:
    """See how far the latest rebuild is."""
    latest = await queries.latest_rebuild(session, caller.workspace)
    if latest is None:
        raise NeverRebuilt("Ask for one with POST.")
    return _shown(latest)


def _shown(progress: Progress) -> RebuildOut:
    rebuild = progress.rebuild
    return RebuildOut.model_validate(
        {
            **{name: getattr(rebuild, name) for name in RebuildOut.model_fields if hasattr(rebuild, name)},
            "facts": rebuild.with_facts,
            "facts_counted": progress.facts_counted,
        }
    )
