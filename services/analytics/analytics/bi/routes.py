"""`/v1/bi-logins`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.settings import ServiceSettings
from leadkit.tokens import Caller
from sqlalchemy import make_url

from analytics.bi import actions, queries
from analytics.bi.actions import LoginsNotPossible
from analytics.bi.schemas import BiLoginCreate, BiLoginMade, BiLoginOut
from analytics.bi.tables import BiAccess

router = APIRouter(prefix="/v1/bi-logins", route_class=EdgeRoute, tags=["bi"])

Admin = Annotated[Caller, Allow("admin")]


@router.get("")
async def bi_logins_list(
    session: ReadSession, caller: Admin, paging: Paging, request: Request, response: Response
) -> Page[BiLoginOut]:
    """List the logins for BI tools, newest first."""
    rows, next_cursor, total = await fetch_page(
        session, queries.bi_logins(caller.workspace), paging,
        sorts={"created_at": BiAccess.created_at}, default="-created_at", key=BiAccess.id, request=request,
        response=response,
    )  # fmt: skip
    return Page(items=[BiLoginOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(LoginsNotPossible))
async def bi_logins_create(
    wanted: BiLoginCreate, session: Session, caller: Admin, now: Now, request: Request, response: Response
) -> BiLoginMade:
    """Make a read-only login of the database for a BI tool; its password is shown only here."""
    access, password = await actions.make_bi_login(session, caller.workspace, wanted.name, by=caller.subject, now=now)
    response.headers.update(NOT_TO_BE_STORED)
    return _made(access, password, request.app.state.settings)


@router.post("/{login_id}/rotate", responses=problems(NotFound, LoginsNotPossible))
async def bi_logins_rotate(
    login_id: UUID, session: Session, caller: Admin, now: Now, request: Request, response: Response
) -> BiLoginMade:
    """Give a login a new password; the old one opens no further connection."""
    access, password = await actions.renew_bi_login(session, caller.workspace, login_id, now=now)
    response.headers.update(NOT_TO_BE_STORED)
    return _made(access, password, request.app.state.settings)


@router.delete("/{login_id}", status_code=204, responses=problems(NotFound, LoginsNotPossible))
async def bi_logins_revoke(login_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Revoke a login; it sees nothing from now on."""
    await actions.revoke_bi_login(session, caller.workspace, login_id, now=now)


def _made(access: BiAccess, password: str, settings: ServiceSettings) -> BiLoginMade:
    shown = BiLoginOut.model_validate(access).model_dump()
    place = make_url(settings.database_url)
    host = place.host or next(iter(place.normalized_query.get("host", ())), None)
    return BiLoginMade(
        **shown, password=password, host=host, port=place.port, database=place.database, schema_name="bi"
    )
