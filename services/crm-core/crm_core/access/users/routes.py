"""`/v1/users`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.bulk import BulkAnswer, BulkRequest, answer_each
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.access.users import actions, queries
from crm_core.access.users.actions import EmailTaken
from crm_core.access.users.schemas import UserCreate, UserOut, UserPatch, UserRole
from crm_core.access.users.tables import User
from crm_core.fields import Line

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["users"])

Reader = Annotated[Caller, Allow("leads:read")]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"created_at": User.created_at, "name": User.name}


@router.post("/users", status_code=201, responses=problems(EmailTaken))
async def users_create(body: UserCreate, caller: Admin, session: Session, now: Now, response: Response) -> UserOut:
    """Create a user."""
    user = await actions.create_user(session, caller.workspace, body.model_dump(), by=caller.subject, now=now)
    with_etag(response, user.version)
    response.headers["Location"] = f"/v1/users/{user.id}"
    return UserOut.model_validate(user)


@router.post("/users/bulk")
async def users_bulk(body: BulkRequest, caller: Admin, session: Session, now: Now) -> BulkAnswer:
    """Create up to 1,000 users, each answered by itself."""

    async def create(one: UserCreate) -> UUID:
        return (await actions.create_user(session, caller.workspace, one.model_dump(), by=caller.subject, now=now)).id

    return await answer_each(session, body.items, UserCreate, create)


@router.get("/users")
async def users_list(
    caller: Reader,
    session: ReadSession,
    paging: Paging,
    request: Request,
    response: Response,
    role: UserRole | None = None,
    team_id: UUID | None = None,
    active: bool | None = None,
    q: Annotated[Line | None, Query(description="Part of the name or the e-mail address")] = None,
) -> Page[UserOut]:
    """List the users."""
    statement = queries.users_of(caller.workspace, role=role, team_id=team_id, active=active, q=q)
    found, next_cursor, total = await fetch_page(
        session, statement, paging,
        sorts=SORTS, default="created_at", key=User.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[UserOut.model_validate(user) for user in found], next_cursor=next_cursor, total=total)


@router.get("/users/{user_id}", responses=problems(NotFound))
async def users_get(user_id: UUID, caller: Reader, session: ReadSession, response: Response) -> UserOut:
    """Get one user."""
    user = await queries.existing_user(session, caller.workspace, user_id)
    with_etag(response, user.version)
    return UserOut.model_validate(user)


@router.patch("/users/{user_id}", responses=problems(NotFound, Stale, PreconditionRequired, EmailTaken))
async def users_update(
    user_id: UUID,
    body: UserPatch,
    caller: Admin,
    session: Session,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> UserOut:
    """Change a user by merge patch; a new role or team, or deactivation, revokes their tokens."""
    changes = body.model_dump(exclude_unset=True)
    user = await actions.update_user(
        session, caller.workspace, user_id, changes, if_match=if_match, by=caller.subject, now=now
    )
    with_etag(response, user.version)
    return UserOut.model_validate(user)
