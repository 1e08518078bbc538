"""`GET /v1/audit`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.contracts.common import Moment
from leadkit.edge import Allow, EdgeRoute, ReadSession
from leadkit.paging import Page, Paging, fetch_page
from leadkit.tokens import Caller

from crm_core.access.audit.queries import Filter, entries
from crm_core.access.audit.schemas import AuditOut
from crm_core.access.audit.tables import Audit
from crm_core.fields import Line

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["audit"])

Overseer = Annotated[Caller, Allow(roles=("admin", "head", "platform"))]


@router.get("/audit")
async def audit_list(
    caller: Overseer,
    session: ReadSession,
    paging: Paging,
    request: Request,
    response: Response,
    by: Annotated[Line | None, Query(examples=["user:0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"])] = None,
    action: Annotated[Line | None, Query(examples=["lead.qualify"])] = None,
    subject_type: Annotated[Line | None, Query(examples=["lead"])] = None,
    subject_id: UUID | None = None,
    at_from: Annotated[Moment | None, Query(description="Inclusive")] = None,
    at_to: Annotated[Moment | None, Query(description="Exclusive")] = None,
) -> Page[AuditOut]:
    """List who changed what, newest first."""
    wanted = Filter(by, action, subject_type, subject_id, at_from, at_to)
    found, next_cursor, total = await fetch_page(
        session, entries(caller.workspace, wanted), paging,
        sorts={"at": Audit.at}, default="-at", key=Audit.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[AuditOut.model_validate(entry) for entry in found], next_cursor=next_cursor, total=total)
