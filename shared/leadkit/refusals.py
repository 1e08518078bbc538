"""Every refusal as problem details, whoever raised it: our code, FastAPI, Starlette, the database, or a defect."""

import orjson
import structlog
from asyncpg import InternalClientError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from leadkit.db import sqlstate
from leadkit.problems import (
    MEDIA_TYPE,
    Conflict,
    Forbidden,
    Internal,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from leadkit.validation import field_errors

log = structlog.get_logger()

BY_STATUS: dict[int, type[Problem]] = {
    problem.status: problem
    for problem in (Malformed, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, TooLarge, UnsupportedMedia)
}
# Classes and codes of SQLSTATE that mean: the server is away, starting, stopping, or has no room now.
AWAY = ("08", "53", "57P", "58")


class Contradiction(Conflict):
    """The database refused a value: something named is not there, or is there already."""

    code = "contradiction"
    title = "Something named is not there, or is there already"


class LockedOut(Unavailable):
    """Another request holds what this one needs."""


def install(app: FastAPI) -> None:
    """Registers one handler for each kind of exception."""
    away = (DBAPIError, PoolTimeout, OSError, InternalClientError)  # the last: a connection that broke while answering
    for kind in (Problem, RequestValidationError, HTTPException, *away):
        app.add_exception_handler(kind, _handle)
    app.add_middleware(DefectsAnswered)


class DefectsAnswered:
    """ASGI middleware: what nothing else caught becomes a problem too, inside the telemetry that names the request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers unless an answer has begun; then the connection is broken off, as it must be."""
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noticed)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            await answer(as_problem(error), scope)(scope, receive, send)


async def _handle(request: Request, error: Exception) -> Response:
    response = answer(as_problem(error), request.scope)
    allowance = getattr(request.state, "allowance", None)
    if allowance is not None:
        for name, value in allowance.headers().items():
            response.headers.setdefault(name, value)
    return response


def answer(problem: Problem, scope: Scope) -> Response:
    """The problem as a response."""
    body = orjson.dumps(problem.body(scope.get("path")), default=str)
    return Response(body, problem.status, problem.headers, media_type=MEDIA_TYPE)


def as_problem(error: Exception) -> Problem:
    """What a client is told about an exception; only defects are logged with their place."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _not_valid(error)
    if isinstance(error, HTTPException):
        return _from_starlette(error)
    if isinstance(error, DBAPIError):
        return _from_database(error)
    if isinstance(error, PoolTimeout | OSError | InternalClientError):
        log.warning("database_away", error=type(error).__name__)
        return Unavailable("The database does not answer now.")
    log.error("defect", exc_info=error)
    return Internal()


def _not_valid(error: RequestValidationError) -> Problem:
    errors = error.errors()
    if any(each["type"] == "json_invalid" for each in errors):
        return Malformed("The body is not JSON.")
    if any(each["loc"] == ("body",) and isinstance(each.get("input"), bytes) for each in errors):
        return UnsupportedMedia("The body is read as application/json: say so in Content-Type.")
    return Invalid(errors=field_errors(errors))


def _from_starlette(error: HTTPException) -> Problem:
    kind = BY_STATUS.get(error.status_code)
    if kind is None:
        return Malformed() if error.status_code < 500 else Internal()
    problem = kind()
    problem.headers.update(error.headers or {})
    return problem


def _from_database(error: DBAPIError) -> Problem:
    state = sqlstate(error) or ""
    if error.connection_invalidated or not state or state.startswith(AWAY):
        log.warning("database_away", sqlstate=state, error=type(error.orig).__name__)
        return Unavailable("The database does not answer now.")
    if state in ("23503", "23505"):
        return Contradiction()
    if state in ("40001", "40P01", "55P03", "57014"):
        return LockedOut("Others are changing the same rows.")
    if state.startswith("22"):
        return Invalid("A value is out of the range that can be stored.")
    log.error("defect", sqlstate=state, exc_info=error)
    return Internal()
