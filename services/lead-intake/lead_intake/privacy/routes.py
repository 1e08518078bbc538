"""`/v1/persons`: what was received of a person. By POST, since what names people belongs in no address and no log."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.db import driver_of
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, Session
from leadkit.persons import person_hash, workspace_key
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.privacy.erasing import erase_submissions, submissions_of
from lead_intake.privacy.schemas import PersonErasedOut, PersonNamed, PersonReceived
from lead_intake.submissions.queries import whole_submission

router = APIRouter(prefix="/v1/persons", route_class=EdgeRoute, tags=["privacy"])

ANSWERABLE = ("admin", "head", "platform")
Reader = Annotated[Caller, Allow("submissions:read", roles=ANSWERABLE)]
Writer = Annotated[Caller, Allow("submissions:write", roles=("admin", "platform"))]


@router.post("/export")
async def persons_export(
    body: PersonNamed, request: Request, response: Response, session: Session, caller: Reader, now: Now
) -> PersonReceived:
    """Export everything that was received of a person, spam and interests too."""
    response.headers.update(NOT_TO_BE_STORED)
    ids = await _submissions(session, body, request, caller)
    found = [await whole_submission(session, caller.workspace, one) for one in sorted(ids)]
    return PersonReceived(exported_at=now, submissions=found)


@router.post("/erase")
async def persons_erase(
    body: PersonNamed, request: Request, session: Session, caller: Writer, now: Now
) -> PersonErasedOut:
    """Erase what was received of somebody whom crm-core does not know; whom it knows, it erases here too."""
    data_key = request.app.state.settings.data_key
    ids = await _submissions(session, body, request, caller)
    return PersonErasedOut(erased=await erase_submissions(session, caller.workspace, ids, data_key, now=now))


async def _submissions(session: AsyncSession, body: PersonNamed, request: Request, caller: Caller) -> Sequence[UUID]:
    key = workspace_key(request.app.state.settings.data_key, caller.workspace)
    named = (("phone", body.phones), ("email", body.emails), ("messenger", body.messengers))
    hashes = [person_hash(key, kind, one.strip().lower()) for kind, values in named for one in values]
    return await submissions_of(await driver_of(session), caller.workspace, hashes, body.submission_ids)
