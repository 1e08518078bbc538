"""The edge of a request: who calls, the one transaction, its commit, and the key that makes a repeat harmless.

A router with `route_class=EdgeRoute` gets all of it. The transaction is committed after the answer is made and before
it is sent, so an answer of success means the change is on disk.
"""

import hashlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import structlog
from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from leadkit import clock, idempotency
from leadkit.db import ATTEMPTS, Database, Role, lost_a_race
from leadkit.ids import NIL
from leadkit.limits import Allowance, RateLimiter
from leadkit.problems import Forbidden, Malformed, NotFound, UnsupportedMedia
from leadkit.sealing import Sealer
from leadkit.tokens import Caller, KeyRing, bearer_token
from leadkit.tokens import Role as CallerRole

WORKSPACE_HEADER = "Leadflow-Workspace"
JSON = "application/json"
KEPT_HEADERS = ("content-type", "etag", "location", "link", "cache-control")
MOST_FIELDS_BESIDE_A_FILE = 50
PIECE = 1024 * 1024
NOT_TO_BE_STORED = {"Cache-Control": "no-store"}
"""Headers of an answer that holds a secret: it is kept for repeats only sealed."""


async def _now() -> datetime:
    return clock.now()


Now = Annotated[datetime, Depends(_now)]
"""The time of the request."""


class Edge:
    """What one request holds: its caller, and its transaction once something asks for it."""

    def __init__(self, request: Request, role: Role) -> None:
        self._request = request
        self._role = role
        self._db: Database = request.app.state.database
        self._session: AsyncSession | None = None
        self._caller: Caller | None = None
        self.allowance: Allowance | None = None

    def caller(self) -> Caller:
        """The verified caller, acting in the workspace it names; raises `Unauthenticated` or `TooManyRequests`."""
        if self._caller is None:
            keys: KeyRing = self._request.app.state.keys
            limiter: RateLimiter = self._request.app.state.limiter
            caller = keys.verify(bearer_token(self._request.headers.get("authorization")))
            self.allowance = limiter.take(caller.token_id)
            self._request.state.allowance = self.allowance
            self._caller = self._in_workspace(caller)
            structlog.contextvars.bind_contextvars(
                workspace_id=str(self._caller.workspace_id), subject=self._caller.subject
            )
        return self._caller

    def _in_workspace(self, caller: Caller) -> Caller:
        named = self._request.headers.get(WORKSPACE_HEADER)
        if named is None:
            return caller
        try:
            workspace_id = UUID(named)
        except ValueError:
            raise Malformed(f"{WORKSPACE_HEADER} is the id of a workspace.") from None
        if caller.workspace_id is None:
            return replace(caller, workspace_id=workspace_id)
        if caller.workspace_id != workspace_id:
            raise NotFound("There is no such workspace.")
        return caller

    @property
    def has_place(self) -> bool:
        """Whether there is a workspace for the transaction; without one only a refusal can follow."""
        return self._role != "app" or self.caller().workspace_id is not None

    async def session(self, *, read_only: bool = False) -> AsyncSession:
        """The request's transaction, begun when first asked for."""
        if self._session is None:
            workspace_id = self.caller().workspace_id if self._role == "app" else None
            self._session = self._db.session()
            await self._db.enter(self._session, workspace_id, role=self._role, read_only=read_only)
        return self._session

    async def commit(self) -> None:
        """Ends the transaction; what it changed is on disk."""
        if self._session is not None:
            await self._session.commit()

    async def close(self) -> None:
        """Gives the connection back; what was not committed is undone."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class EdgeRoute(APIRoute):
    """One request, one transaction. POSTs honour `Idempotency-Key`; lost races run again from the start."""

    database_role: ClassVar[Role] = "app"
    takes_file: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler inside the edge."""
        handle = super().get_route_handler()

        async def at_the_edge(request: Request) -> Response:
            try:
                return await self._tried(request, handle)
            finally:
                await request.close()  # the files in its form, if it has one

        return at_the_edge

    async def _tried(self, request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
        for attempt in range(1, ATTEMPTS + 1):
            edge = Edge(request, self.database_role)
            request.state.edge = edge
            try:
                return await self._answered(edge, request, handle)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not lost_a_race(error):
                    raise
            finally:
                await edge.close()
                del request.state.edge  # each holds the other: so both go at once, with all they hold
        raise AssertionError("unreachable")

    async def _answered(
        self, edge: Edge, request: Request, handle: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if self.takes_file:
            edge.caller()
            await request.form(max_files=1, max_fields=MOST_FIELDS_BESIDE_A_FILE)
        else:  # read here: a body past the limit is refused as that and not as one that is no JSON
            body = await request.body()
            if body and self.body_field is not None:
                _check_json(request.headers.get("content-type"))
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        if key is None or not edge.has_place:
            response = await handle(request)
        else:
            response = await _answered_once(edge, request, key, handle, takes_file=self.takes_file)
        await edge.commit()
        if edge.allowance is not None:
            response.headers.update(edge.allowance.headers())
        return response


class PlatformRoute(EdgeRoute):
    """For what stands above the workspaces: the transaction sees all of them, so the caller must be the platform."""

    database_role: ClassVar[Role] = "worker"


class FileRoute(EdgeRoute):
    """For multipart bodies with a file of any allowed size: spooled to disk, never held in memory as a whole. A route
    may take the file as the whole body too, and then holds it.

    Who calls is known before anything is read. A repeat is told by the fields and the file, not by the bytes of the
    body, whose boundaries differ each time.
    """

    takes_file: ClassVar[bool] = True


def _check_json(content_type: str | None) -> None:
    """Raises `UnsupportedMedia` for a body that says it is something else; `application/merge-patch+json` is JSON."""
    kind = (content_type or JSON).partition(";")[0].strip().lower()
    if kind != JSON and not (kind.startswith("application/") and kind.endswith("+json")):
        raise UnsupportedMedia("The body must be JSON, and its Content-Type say so.")


async def _form_digest(request: Request) -> bytes:
    """What a body says: of a multipart one 32 bytes for each part, else the bytes themselves."""
    if not await request.form():
        return request.url.query.encode() + b"\0" + await request.body()
    digests = []
    for name, value in (await request.form()).multi_items():
        digest = hashlib.sha256(name.encode("utf-8", "replace") + b"\0")
        if isinstance(value, UploadFile):
            while piece := await value.read(PIECE):
                digest.update(piece)
            await value.seek(0)
        else:
            digest.update(value.encode("utf-8", "replace"))
        digests.append(digest.digest())
    return request.url.query.encode() + b"".join(digests)


async def _answered_once(
    edge: Edge, request: Request, key: str, handle: Callable[[Request], Awaitable[Response]], *, takes_file: bool
) -> Response:
    caller = edge.caller()
    attempt = idempotency.Attempt.of(
        workspace_id=caller.workspace_id or NIL,
        subject=caller.subject,
        call=f"{request.method} {request.url.path}",
        key=key,
        body=await (_form_digest(request) if takes_file else request.body()),
    )
    session = await edge.session()
    kept = await idempotency.claim(session, attempt, now=clock.now())
    if kept is not None:
        return _replayed(kept, request)
    response = await handle(request)
    if 200 <= response.status_code < 300:
        headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
        body = bytes(response.body)
        if _is_secret(headers):
            body = _sealer(request).seal(body)
        await idempotency.keep(session, attempt, idempotency.Answer(response.status_code, headers, body))
    return response


def _replayed(kept: idempotency.Answer, request: Request) -> Response:
    body = _sealer(request).open(kept.body) if _is_secret(kept.headers) else kept.body
    return Response(body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


def _is_secret(headers: Mapping[str, str]) -> bool:
    return headers.get("cache-control") == NOT_TO_BE_STORED["Cache-Control"]


def _sealer(request: Request) -> Sealer:
    return Sealer(request.app.state.settings.data_key, purpose="kept answers")


def edge_of(request: Request) -> Edge:
    """The edge this request runs in."""
    edge: Edge = request.state.edge
    return edge


async def _session(request: Request) -> AsyncSession:
    return await edge_of(request).session()


async def _read_session(request: Request) -> AsyncSession:
    return await edge_of(request).session(read_only=True)


Session = Annotated[AsyncSession, Depends(_session)]
"""The request's transaction, in the caller's workspace; committed at the edge, never by a function."""

ReadSession = Annotated[AsyncSession, Depends(_read_session)]
"""The same, and PostgreSQL refuses writes."""


def Allow(*scopes: str, roles: tuple[CallerRole, ...] | None = None, workspace: bool = True) -> Any:  # noqa: N802
    """Dependency that gives the caller if its token has all `scopes` (and one of `roles`), else `Forbidden`.

    With `workspace` a platform token must name one in `Leadflow-Workspace` (`Malformed` without).
    """

    async def allowed(request: Request) -> Caller:
        caller = edge_of(request).caller()
        missing = [scope for scope in scopes if scope not in caller.scopes]
        if missing:
            raise Forbidden(f"The token lacks the scope {missing[0]}.")
        if roles is not None and caller.role not in roles:
            raise Forbidden(f"This is for the roles {', '.join(roles)}.")
        if workspace and caller.workspace_id is None:
            raise Malformed(f"A platform token names its workspace in the header {WORKSPACE_HEADER}.")
        return caller

    return Depends(allowed)
