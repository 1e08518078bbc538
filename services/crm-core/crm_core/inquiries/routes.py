"""`POST /v1/inquiries`."""

from typing import Annotated

from fastapi import APIRouter, Response
from leadkit.edge import Allow, EdgeRoute, Now, Session
from leadkit.tokens import Caller

from crm_core.inquiries import actions
from crm_core.inquiries.schemas import InquiryAnswers, InquiryBatch
from crm_core.secrets import DataKey

router = APIRouter(prefix="/v1/inquiries", route_class=EdgeRoute, tags=["inquiries"])


@router.post("", response_model=InquiryAnswers)
async def inquiries_record(
    batch: InquiryBatch,
    session: Session,
    caller: Annotated[Caller, Allow("inquiries:write")],
    data_key: DataKey,
    now: Now,
) -> Response:
    """Record inquiries: each goes onto the right lead or deal, or makes a lead that gets its manager."""
    results = await actions.record_inquiries(session, batch.items, data_key, caller=caller, now=now)
    return Response(InquiryAnswers(results=results).model_dump_json(), media_type="application/json")
