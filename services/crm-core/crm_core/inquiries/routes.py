"""`POST /v1/inquiries`."""

from typing import Annotated

from fastapi import APIRouter, Response
from leadkit.edge import Allow, EdgeRoute, Now, Session
from leadkit.tokens import Caller

from crm_core.inquiries import actions
from crm_core.inquiries.schemas import InquiryAnswers, InquiryBatch

router = APIRouter(prefix="/v1/inquiries", route_class=EdgeRoute, tags=["inquiries"])


@router.post("", response_model=InquiryAnswers)
async def inquiries_record(
    batch: InquiryBatch, session: Session, caller: Annotated[Caller, Allow("inquiries:write")], now: Now
) -> Response:
    """Record inquiries: each goes onto the right lead or deal, or makes a lead that gets its manager."""
    answers = InquiryAnswers(results=await actions.record_inquiries(session, batch.items, caller=caller, now=now))
    return Response(answers.model_dump_json(), media_type="application/json")
