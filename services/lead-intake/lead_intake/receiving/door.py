"""The door: `/in/{key}`, for every wire format. A plain ASGI application, so that an inquiry costs no more than its
reading, its normalising and its share of a commit."""

import re
from collections.abc import Mapping
from uuid import UUID

import orjson
import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id_text
from leadkit.problems import MEDIA_TYPE, Forbidden, Gone, MethodNotAllowed, NotFound, Problem
from leadkit.refusals import as_problem
from leadkit.sealing import Sealer
from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from lead_intake.providers.base import WireAnswer, WireRequest
from lead_intake.receiving import wire
from lead_intake.receiving.batches import READ_AT_ONCE, GroupCommit
from lead_intake.receiving.certificates import Certificates
from lead_intake.receiving.doors import Doors, OpenDoor
from lead_intake.receiving.refusing import Reason, refuse
from lead_intake.receiving.turns import Turns
from lead_intake.screening.memory import Memory
from lead_intake.submissions.drafts import Receipt
from lead_intake.submissions.judging import recall
from lead_intake.submissions.reading import read_receipt

METHODS = ("POST", "GET", "PUT", "PATCH")
CORS_HEADERS = "Content-Type, Idempotency-Key, X-Request-Id, Authorization, X-Api-Key, X-Webhook-Key"
_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")

log = structlog.get_logger()
refusals_total = Counter("leadflow_door_refusals_total", "Requests that the door refused", ["code"])


class SourceDisabled(Gone):
    """The source is switched off."""

    code = "source-disabled"
    title = "This entry point is switched off"


class NotAuthentic(Forbidden):
    """The request's signature or secret is wrong, or the page may not post here."""

    code = "not-authentic"
    title = "The request could not be proved authentic"


class OriginNotAllowed(NotAuthentic):
    """The page is none of those that may post here."""

    code = "origin-not-allowed"
    title = "This page may not post here"


class DoorFirst:
    """Stands before the application: the door's requests meet nothing of it."""

    def __init__(self, app: ASGIApp, door: ASGIApp) -> None:
        self.app = app
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Everything else goes on to the application."""
        if scope["type"] == "http" and scope["path"].startswith(wire.PREFIX):
            await self.door(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Door:
    """Takes a request in: looks up its source, verifies, reads, and answers after the commit."""

    def __init__(
        self, db: Database, doors: Doors, commits: GroupCommit, refused: Sealer, certificates: Certificates
    ) -> None:
        self._db = db
        self._certificates = certificates
        self._doors = doors
        self.commits = commits
        self._refused = refused
        self._memory = Memory()
        self._turns = Turns(READ_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whatever goes wrong is a problem answer; nothing raises but the connection itself."""
        headers = wire.headers_of(scope)
        request_id = request_id_in(headers)
        extra = {"x-request-id": request_id}
        try:
            answer = await self._answered(scope, receive, headers, request_id, extra)
        except wire.ClientGone:
            return
        except Exception as error:
            answer = refusal(as_problem(error), scope["path"])
        await wire.send_answer(send, answer, extra)

    async def _answered(
        self, scope: Scope, receive: Receive, headers: Mapping[str, str], request_id: str, extra: dict[str, str]
    ) -> WireAnswer:
        key, rest = wire.key_and_rest(scope["path"])
        door = self.remembered(key) or await self._doors.look_up(key)
        if door is None:
            raise NotFound("There is no such entry point.")
        welcome = greeted(door, headers, extra)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            return _preflight(welcome)
        if scope["method"] not in METHODS:
            raise MethodNotAllowed(headers={"Allow": ", ".join(METHODS)})
        self.admit(door, wire.address_of(scope), extra)
        body = await wire.body_of(receive, headers)
        request = wire.request_of(scope, rest, headers, body, now=clock.now())
        await self._turns.mine()
        return await self.taken_in(door, request, request_id, welcome)

    def remembered(self, key: str) -> OpenDoor | None:
        """What lies behind a key, if it was looked up within the last second."""
        return self._doors.remembered(key)

    def admit(self, door: OpenDoor, address: str | None, extra: dict[str, str]) -> None:
        """Counts a request of this address; raises `SourceDisabled`, `TooManyRequests`."""
        if not door.enabled:
            raise SourceDisabled
        extra.update(self._doors.count(door, address).headers())

    async def taken_in(self, door: OpenDoor, request: WireRequest, request_id: str, welcome: bool) -> WireAnswer:
        """The provider's answer, once the request is on disk; raises `NotAuthentic` when it is among the refused."""
        if not welcome:
            await self._refuse(door, request, "origin")
            raise OriginNotAllowed
        if not door.provider.verify(request, await self._certificates.beside(door.provider, request, door.view)):
            await self._refuse(door, request, "signature")
            raise NotAuthentic
        receipt = self.read(door, request, request_id)
        ids: list[UUID] = await self.commits.committed(receipt) if receipt.drafts else []
        return door.provider.answer(request, door.view, ids)

    def read(self, door: OpenDoor, request: WireRequest, request_id: str) -> Receipt:
        """What an authentic request says; raises nothing."""
        receipt = read_receipt(request, door.view, door.provider, request_id=request_id)
        recall(self._memory, receipt)
        return receipt

    async def _refuse(self, door: OpenDoor, request: WireRequest, reason: Reason) -> None:
        log.warning("request_refused", source_id=str(door.view.id), provider=door.view.provider, reason=reason)
        async with self._db.transaction(door.view.workspace_id) as session:
            await refuse(
                session, request, reason, self._refused, workspace_id=door.view.workspace_id, source_id=door.view.id
            )


def request_id_in(headers: Mapping[str, str]) -> str:
    """The client's name of the request where it is well formed, else a new one."""
    given = headers.get("x-request-id")
    return given if given and _WELL_FORMED_ID.fullmatch(given) else new_id_text()


def greeted(door: OpenDoor, headers: Mapping[str, str], extra: dict[str, str]) -> bool:
    """Whether the page that sends this may post here; then it may read the answer, too."""
    origin, welcome = headers.get("origin"), door.lets_in(headers)
    if origin is not None and welcome:
        extra.update(_cors(origin))
    return welcome


def refusal(problem: Problem, path: str) -> WireAnswer:
    """The answer that tells a problem; counted."""
    refusals_total.labels(problem.code).inc()
    headers = {"content-type": MEDIA_TYPE, **problem.headers}
    return WireAnswer(problem.status, headers, orjson.dumps(problem.body(path), default=str))


def _cors(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy",
        "vary": "Origin",
    }


def _preflight(welcome: bool) -> WireAnswer:
    if not welcome:
        raise OriginNotAllowed
    return WireAnswer(
        204,
        {
            "access-control-allow-methods": ", ".join(METHODS),
            "access-control-allow-headers": CORS_HEADERS,
            "access-control-max-age": "600",
        },
    )
