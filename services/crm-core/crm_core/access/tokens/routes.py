"""`/v1/tokens`, `/v1/me`, and the public keys at `/.well-known/jwks.json`."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, PlatformRoute, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from crm_core.access.tokens import actions, keys, queries
from crm_core.access.tokens.keys import NoSigningKey
from crm_core.access.tokens.schemas import Jwks, Me, TokenCreate, TokenMade, TokenOut
from crm_core.access.tokens.tables import ApiToken
from crm_core.access.users.queries import user_by_id
from crm_core.access.users.schemas import UserOut
from crm_core.access.workspaces.queries import workspace_by_id
from crm_core.access.workspaces.schemas import WorkspaceOut
from crm_core.secrets import DataKey

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["tokens"])
public_router = APIRouter(route_class=PlatformRoute, tags=["tokens"])

Anyone = Annotated[Caller, Allow()]
AnyoneAnywhere = Annotated[Caller, Allow(workspace=False)]
SORTS = {"created_at": ApiToken.created_at, "expires_at": ApiToken.expires_at}
JWKS_AGE_S = 60


@router.post("/tokens", status_code=201, responses=problems(NotFound, NoSigningKey))
async def tokens_create(
    body: TokenCreate, caller: Anyone, session: Session, data_key: DataKey, now: Now, response: Response
) -> TokenMade:
    """Create a token; the answer is the only place that shows it."""
    wish = actions.Wish(body.name, body.role, body.scopes, body.user_id, body.expires_at)
    row, token = await actions.create_token(session, wish, data_key, by=caller, now=now)
    response.headers["Location"] = f"/v1/tokens/{row.id}"
    response.headers.update(NOT_TO_BE_STORED)
    return TokenMade(**TokenOut.model_validate(row).model_dump(), token=token)


@router.get("/tokens")
async def tokens_list(
    caller: Anyone, session: ReadSession, paging: Paging, request: Request, response: Response
) -> Page[TokenOut]:
    """List tokens: all of the workspace with the scope admin, otherwise your own."""
    found, next_cursor, total = await fetch_page(
        session, queries.tokens_seen_by(caller), paging,
        sorts=SORTS, default="-created_at", key=ApiToken.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[TokenOut.model_validate(row) for row in found], next_cursor=next_cursor, total=total)


@router.get("/tokens/{token_id}", responses=problems(NotFound))
async def tokens_get(token_id: UUID, caller: Anyone, session: ReadSession) -> TokenOut:
    """Get what is known of one token."""
    row = await queries.token_seen_by(session, caller, token_id)
    if row is None:
        raise NotFound("There is no such token.")
    return TokenOut.model_validate(row)


@router.delete("/tokens/{token_id}", status_code=204, responses=problems(NotFound))
async def tokens_revoke(token_id: UUID, caller: Anyone, session: Session, now: Now) -> None:
    """Revoke a token; every service refuses it within seconds."""
    if await queries.token_seen_by(session, caller, token_id) is None:
        raise NotFound("There is no such token.")
    await actions.revoke_token(session, caller.workspace, token_id, by=caller.subject, now=now)


@router.get("/me")
async def me_get(caller: AnyoneAnywhere, session: ReadSession) -> Me:
    """Tell who the presented token is."""
    workspace = await workspace_by_id(session, caller.workspace_id) if caller.workspace_id else None
    user = await user_by_id(session, workspace.id, caller.user_id) if workspace and caller.user_id else None
    return Me(
        subject=caller.subject,
        name=caller.name,
        role=caller.role,
        scopes=sorted(caller.scopes),
        token_id=caller.token_id,
        expires_at=datetime.fromtimestamp(caller.expires_at, UTC),
        user=UserOut.model_validate(user) if user else None,
        workspace=WorkspaceOut.model_validate(workspace) if workspace else None,
    )


@public_router.get("/.well-known/jwks.json")
async def jwks_get(session: ReadSession, response: Response) -> Jwks:
    """Get the public keys that tokens are verified with; no token needed."""
    response.headers["Cache-Control"] = f"public, max-age={JWKS_AGE_S}"
    return Jwks(keys=list(await keys.public_keys(session)))
