"""The usual request on the shortest way: from the server's parser into a batch and back, without a task of its own.

Usual is a POST with a body of moderate, announced length to a door that was asked for within the last second; all else
goes on to the server and the application (`Door`) as ever. Both ways take the same steps, which are the door's; on this
one the server itself costs a third (measured).
"""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, ClassVar
from uuid import UUID

from leadkit import clock
from leadkit.problems import Problem
from leadkit.refusals import as_problem
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from lead_intake.providers.base import WireAnswer, WireRequest
from lead_intake.receiving import wire
from lead_intake.receiving.door import Door, greeted, refusal, request_id_in
from lead_intake.receiving.doors import OpenDoor
from lead_intake.submissions.drafts import Receipt

_PREFIX = wire.PREFIX.encode()
_UNUSUAL = frozenset({"transfer-encoding", "upgrade"})


class DoorProtocol(HttpToolsProtocol):
    """The server's protocol for one connection, which knows usual requests for `door` by their headers."""

    door: ClassVar[Door]
    coming: "Visit | None" = None
    """The visit whose body is still on its way."""

    def on_headers_complete(self) -> None:
        """A usual request is a visit; the server has anything else."""
        self.coming = self._visit() if self.url.startswith(_PREFIX) else None
        if self.coming is None:
            super().on_headers_complete()
        else:
            self.cycle = self.coming  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """Begins when the whole body is here."""
        visit, self.coming = self.coming, None
        if visit is None:
            super().on_message_complete()
        else:
            visit.begin()

    def _visit(self) -> "Visit | None":
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy or self.parser.get_method() != b"POST" or self.expect_100_continue or self.flow.write_paused:
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
        length = headers.get("content-length", "")
        if len(headers) < len(self.headers) or not length.isdecimal() or not _UNUSUAL.isdisjoint(headers):
            return None
        if int(length) >= HIGH_WATER_LIMIT or b"%" in self.url or b"#" in self.url or not self.url.isascii():
            return None
        path, _, query = self.url.decode("ascii").partition("?")
        key, rest = wire.key_and_rest(path)
        behind = self.door.remembered(key)
        return Visit(self, behind, path, rest, query, headers) if behind is not None else None

    def address(self, headers: Mapping[str, str]) -> str | None:
        """The client's; behind a trusted proxy the one that it tells, as the server finds it for all else."""
        address = self.client[0] if self.client else None
        forwarded, server = headers.get("x-forwarded-for"), self.app
        if forwarded is not None and isinstance(server, ProxyHeadersMiddleware) and address in server.trusted_hosts:
            return server.trusted_hosts.get_trusted_client_address(forwarded)[0] or address
        return address

    def in_task(self, work: Coroutine[Any, Any, None]) -> None:
        """What takes longer; the server waits for it before it stops."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


class _Nobody:
    """Waits for nothing, where the server wakes who waits for more of a body."""

    def set(self) -> None:
        """Nobody is woken."""


class Visit:
    """One usual request, from its headers to its answer.

    To the protocol it is what goes on on its connection, so it has what is asked there of a `RequestResponseCycle`;
    to the group commit it is who waits.
    """

    __slots__ = (
        "_behind", "_extra", "_headers", "_path", "_protocol", "_query", "_request", "_request_id", "_rest", "body",
        "disconnected", "keep_alive", "response_complete", "size", "workspace_id",
    )  # fmt: skip
    message_event = _Nobody()

    def __init__(
        self, protocol: DoorProtocol, behind: OpenDoor, path: str, rest: str, query: str, headers: dict[str, str]
    ) -> None:
        self._protocol, self._behind = protocol, behind
        self._path, self._rest, self._query, self._headers = path, rest, query, headers
        self.workspace_id: UUID = behind.view.workspace_id
        self.body, self.size = b"", 0
        self.disconnected = self.response_complete = False
        parser = protocol.parser
        self.keep_alive: bool = parser.get_http_version() != "1.0" and parser.should_keep_alive()

    def begin(self) -> None:
        """In the door and into the next batch; whoever is not let in there is refused in a task."""
        protocol, behind, headers = self._protocol, self._behind, self._headers
        self._request_id = request_id_in(headers)
        self._extra = {"x-request-id": self._request_id}
        try:
            welcome, address = greeted(behind, headers, self._extra), protocol.address(headers)
            protocol.door.admit(behind, address, self._extra)
            self.size = len(self.body)
            self._request = WireRequest(
                "POST", self._rest, self._query, headers, bytes(self.body), clock.now(), address
            )
            if welcome and behind.proves(self._request):
                protocol.door.commits.enqueue(self)
            else:
                protocol.in_task(self._at_length(welcome))
        except Exception as error:
            self._answer(refusal(as_problem(error), self._path))

    async def _at_length(self, welcome: bool) -> None:
        try:
            answer = await self._protocol.door.taken_in(self._behind, self._request, self._request_id, welcome)
        except Exception as error:
            answer = refusal(as_problem(error), self._path)
        self._answer(answer)

    def read(self) -> Receipt:
        """What the request says."""
        return self._protocol.door.read(self._behind, self._request, self._request_id)

    def stored(self, receipt: Receipt) -> None:
        """On disk: the source's provider knows what its sender expects."""
        try:
            answer = self._behind.provider.answer(self._request, self._behind.view, receipt.submission_ids)
        except Exception as error:
            answer = refusal(as_problem(error), self._path)
        self._answer(answer)

    def failed(self, problem: Problem) -> None:
        """Not on disk: the sender is told to try again."""
        self._answer(refusal(problem, self._path))

    def _answer(self, answer: WireAnswer) -> None:
        """Nobody hears it when the client has gone; what was taken in stays."""
        transport = self._protocol.transport
        if self.disconnected or transport.is_closing():
            return
        try:
            written = _written(answer, self._extra, self.keep_alive)
        except ValueError as error:
            written = _written(refusal(as_problem(error), self._path), self._extra, self.keep_alive)
        transport.write(written)
        self.response_complete = True
        if not self.keep_alive:
            transport.close()
        self._protocol.on_response_complete()


def _written(answer: WireAnswer, extra: Mapping[str, str], keep_alive: bool) -> bytes:
    """The answer as it goes over the wire; raises `ValueError` for a header that would end its line."""
    lines = [f"{name}: {value}" for headers in (answer.headers, extra) for name, value in headers.items()]
    if not keep_alive:
        lines.append("connection: close")
    lines.append(f"content-length: {len(answer.body)}\r\n\r\n")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1:
        raise ValueError("a header of more than one line")
    return STATUS_LINE[answer.status] + head.encode("latin-1") + answer.body


def protocol_at(door: Door) -> type[asyncio.Protocol]:
    """The protocol with which a server serves `door`."""
    return type("DoorProtocol", (DoorProtocol,), {"door": door})
