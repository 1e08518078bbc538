"""`/v1/submissions/replay` and `/v1/replays`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from lead_intake.normalising.pipeline import NORMALISER_VERSION
from lead_intake.replays import actions, queries
from lead_intake.replays.schemas import ReplayOut, ReplayWanted
from lead_intake.replays.tables import Replay

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["replays"])

Reader = Annotated[Caller, Allow("submissions:read")]
Writer = Annotated[Caller, Allow("submissions:write")]


@router.post(
    "/submissions/replay",
    status_code=202,
    responses={200: {"model": ReplayOut, "description": "What a dry run counted"}},
)
async def submissions_replay_many(
    body: ReplayWanted,
    response: Response,
    session: Session,
    caller: Writer,
    now: Now,
    dry_run: Annotated[bool, Query(description="Only count; nothing is read again")] = False,
) -> ReplayOut:
    """Read many submissions again from raw, in the background; what crm-core has as it is stays untouched."""
    if dry_run:
        total = await actions.count_replay(session, body, workspace_id=caller.workspace, now=now)
        response.status_code = 200
        return ReplayOut(
            id=None, status="dry_run", wanted=body.model_dump(mode="json", exclude_none=True),
            normaliser_version=NORMALISER_VERSION, total=total, done=0, changed=0, unchanged=0, failed=0,
            created_at=now, finished_at=None, updated_at=now,
        )  # fmt: skip
    row = await actions.start_replay(session, body, workspace_id=caller.workspace, now=now)
    response.headers["Location"] = f"/v1/replays/{row.id}"
    return queries.shown(row)


@router.get("/replays")
async def replays_list(
    request: Request, response: Response, session: ReadSession, caller: Reader, paging: Paging
) -> Page[ReplayOut]:
    """List replays, newest first."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.replays_of(caller.workspace),
        paging,
        sorts={"created_at": Replay.created_at},
        default="-created_at",
        key=Replay.id,
        request=request,
        response=response,
    )
    return Page(items=[queries.shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/replays/{replay_id}", responses=problems(NotFound))
async def replays_get(replay_id: UUID, session: ReadSession, caller: Reader) -> ReplayOut:
    """Show a replay and how far it has come."""
    return queries.shown(await queries.replay_by_id(session, caller.workspace, replay_id))


@router.post("/replays/{replay_id}/cancel", responses=problems(NotFound, actions.ReplayOver))
async def replays_cancel(replay_id: UUID, session: Session, caller: Writer, now: Now) -> ReplayOut:
    """Stop a replay after the step at hand; what was read again stays."""
    return queries.shown(await actions.cancel_replay(session, replay_id, workspace_id=caller.workspace, now=now))
