"""`/v1/loss-reasons`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.loss_reasons import actions, queries
from crm_core.loss_reasons.actions import KeyTaken
from crm_core.loss_reasons.schemas import LossReasonCreate, LossReasonOut, LossReasonPatch
from crm_core.loss_reasons.tables import LossReason

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["loss reasons"])

Anyone = Annotated[Caller, Allow()]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"position": LossReason.position, "name": LossReason.name, "created_at": LossReason.created_at}


@router.post("/loss-reasons", status_code=201, responses=problems(KeyTaken))
async def loss_reasons_create(
    body: LossReasonCreate, caller: Admin, session: Session, now: Now, response: Response
) -> LossReasonOut:
    """Create a loss reason."""
    reason = await actions.create_loss_reason(
        session, caller.workspace, name=body.name, key=body.key, position=body.position, by=caller.subject, now=now
    )
    with_etag(response, reason.version)
    response.headers["Location"] = f"/v1/loss-reasons/{reason.id}"
    return LossReasonOut.model_validate(reason)


@router.get("/loss-reasons")
async def loss_reasons_list(
    caller: Anyone,
    session: ReadSession,
    paging: Paging,
    request: Request,
    response: Response,
    active: bool | None = None,
) -> Page[LossReasonOut]:
    """List the loss reasons in their order."""
    found, next_cursor, total = await fetch_page(
        session, queries.loss_reasons_of(caller.workspace, active=active), paging,
        sorts=SORTS, default="position", key=LossReason.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[LossReasonOut.model_validate(reason) for reason in found], next_cursor=next_cursor, total=total)


@router.get("/loss-reasons/{reason_id}", responses=problems(NotFound))
async def loss_reasons_get(reason_id: UUID, caller: Anyone, session: ReadSession, response: Response) -> LossReasonOut:
    """Get one loss reason."""
    reason = await queries.find_loss_reason(session, caller.workspace, reason_id)
    if reason is None:
        raise NotFound("There is no such loss reason.")
    with_etag(response, reason.version)
    return LossReasonOut.model_validate(reason)


@router.patch("/loss-reasons/{reason_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def loss_reasons_update(
    reason_id: UUID,
    body: LossReasonPatch,
    caller: Admin,
    session: Session,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> LossReasonOut:
    """Change a loss reason by merge patch."""
    changes = body.model_dump(exclude_unset=True)
    reason = await actions.update_loss_reason(
        session, caller.workspace, reason_id, changes, if_match=if_match, by=caller.subject, now=now
    )
    with_etag(response, reason.version)
    return LossReasonOut.model_validate(reason)


@router.delete("/loss-reasons/{reason_id}", status_code=204, responses=problems(NotFound))
async def loss_reasons_delete(reason_id: UUID, caller: Admin, session: Session, now: Now) -> None:
    """Stop offering a loss reason; past losses keep it."""
    await actions.update_loss_reason(
        session, caller.workspace, reason_id, {"active": False}, if_match=ANY_VERSION, by=caller.subject, now=now
    )
