"""`/v1/disputes`."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from analytics.disputes import actions, queries
from analytics.disputes.actions import DecidedAlready, DisputedAlready, NotCharged, WindowOver
from analytics.disputes.schemas import DisputeCreate, DisputeDecision, DisputeOut, DisputeStatus
from analytics.disputes.tables import Dispute
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting

router = APIRouter(prefix="/v1/disputes", route_class=EdgeRoute, tags=["spend"])
Reader = Annotated[Caller, Allow("spend:read")]
Writer = Annotated[Caller, Allow("spend:write")]


@router.post(
    "", status_code=201, responses=problems(NotFound, NotCharged, WindowOver, DisputedAlready, WorkspaceNotKnown)
)
async def disputes_create(
    wanted: DisputeCreate, session: Session, caller: Writer, now: Now, response: Response
) -> DisputeOut:
    """Give a lead back to its supplier while its return window is open, with where the evidence lies."""
    setting = await workspace_setting(session, caller.workspace)
    dispute = await actions.open_dispute(session, caller.workspace, wanted, setting, by=caller.subject, now=now)
    response.headers["Location"] = f"/v1/disputes/{dispute.id}"
    return DisputeOut.model_validate(dispute)


@router.get("")
async def disputes_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    status: Annotated[str | None, Query(max_length=100, description="One or more, by comma")] = None,
    supplier: Annotated[str | None, Query(max_length=255, pattern=r"^[^\x00]*$")] = None,
) -> Page[DisputeOut]:
    """List disputes, the newest first."""
    statuses = listed("status", status, get_args(DisputeStatus))
    rows, next_cursor, total = await fetch_page(
        session,
        queries.disputes(caller.workspace, statuses=statuses, supplier=supplier),
        paging,
        sorts={"opened_at": Dispute.opened_at},
        default="-opened_at",
        key=Dispute.id,
        request=request,
        response=response,
    )
    return Page(items=[DisputeOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/{dispute_id}", responses=problems(NotFound))
async def disputes_get(dispute_id: UUID, session: ReadSession, caller: Reader) -> DisputeOut:
    """Show a dispute."""
    return DisputeOut.model_validate(await queries.dispute_by_id(session, caller.workspace, dispute_id))


@router.post("/{dispute_id}/accept", responses=problems(NotFound, DecidedAlready))
async def disputes_accept(
    dispute_id: UUID, decision: DisputeDecision, session: Session, caller: Writer, now: Now
) -> DisputeOut:
    """Note that the supplier takes the lead back: it costs nothing any more."""
    return DisputeOut.model_validate(
        await actions.decide(
            session, caller.workspace, dispute_id, "accepted", decision.note, by=caller.subject, now=now
        )
    )


@router.post("/{dispute_id}/refuse", responses=problems(NotFound, DecidedAlready))
async def disputes_refuse(
    dispute_id: UUID, decision: DisputeDecision, session: Session, caller: Writer, now: Now
) -> DisputeOut:
    """Note that the supplier does not take the lead back: it stays owed."""
    return DisputeOut.model_validate(
        await actions.decide(
            session, caller.workspace, dispute_id, "refused", decision.note, by=caller.subject, now=now
        )
    )
