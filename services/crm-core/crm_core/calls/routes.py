"""`POST /v1/calls`."""

from typing import Annotated

from fastapi import APIRouter
from leadkit.edge import Allow, EdgeRoute, Now, Session
from leadkit.tokens import Caller

from crm_core.calls import actions
from crm_core.calls.schemas import CallAnswers, CallBatch

router = APIRouter(prefix="/v1/calls", route_class=EdgeRoute, tags=["inquiries"])


@router.post("")
async def calls_record(
    batch: CallBatch, session: Session, caller: Annotated[Caller, Allow("inquiries:write")], now: Now
) -> CallAnswers:
    """Record calls that we made: each is noted on the lead, deal or contact of its number; the first talk with the
    person of a lead counts as its first response."""
    return CallAnswers(results=await actions.record_calls(session, batch.items, caller=caller, now=now))
