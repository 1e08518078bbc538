"""The short way of usual requests: it answers and keeps what the application would have answered and kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from lead_intake.providers.base import SourceView, WireAnswer
from lead_intake.providers.generic import Generic
from lead_intake.receiving import doors
from lead_intake.receiving.door import Door
from lead_intake.submissions.drafts import Receipt
from leadkit.testing.services import RunningService
from starlette.types import Receive, Scope, Send

from tests.browser import served
from tests.lead_intake.workspace import Json, Workspace

ANNA = {"name": "Анна Примерова", "phone": "8 (999) 000-02-04"}
BORIS = {"name": "Борис Образцов", "phone": "8 (999) 000-02-05"}
PAGE, ELSEWHERE = "https://www.example.ru", "https://example.org"
SECRET = {"secret": "the-secret-of-the-source"}
BODY = b'{"phone": "8 (999) 000-02-06"}'


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that was asked for stays known for as long as a test may take."""
    monkeypatch.setattr(doors, "REMEMBERED_S", 600.0)


@pytest.fixture
def longer(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of requests that the application had to see to."""
    seen: list[str] = []
    app = Door.__call__

    async def noted(self: Door, scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["path"])
        await app(self, scope, receive, send)

    monkeypatch.setattr(Door, "__call__", noted)
    return seen


@pytest_asyncio.fixture(scope="session")
async def address(running_intake: RunningService) -> AsyncIterator[str]:
    """Where lead-intake is reached, as it is served in earnest."""
    async with served(running_intake.app.state.front, protocol=running_intake.app.state.protocol) as address:
        yield address


async def asked_for(workspace: Workspace, **fields: Any) -> Json:
    """A source whose door was asked for just now."""
    source = await workspace.source(**fields)
    await look_up(workspace, source)
    return source


async def look_up(workspace: Workspace, source: Json) -> None:
    assert await workspace.intake.app.state.doors.look_up(source["key"])


def written(source: Json, *lines: str, body: bytes = BODY, rest: str = "") -> bytes:
    """A request as it goes over the wire."""
    head = [f"POST /in/{source['key']}{rest} HTTP/1.1", "Host: x", "Content-Type: application/json", *lines]
    if not any(line.startswith("Transfer-Encoding") for line in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Connection]:
    server = urlsplit(address)
    reader, writer = await asyncio.open_connection(server.hostname, server.port)
    yield reader, writer
    writer.close()
    await writer.wait_closed()


async def no_longer_listening(address: str) -> None:
    with suppress(OSError):
        while True:
            async with connected(address):
                await asyncio.sleep(0)


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
    headers = dict(line.split(": ", 1) for line in lines)
    return int(status.split(" ")[1]), headers, await reader.readexactly(int(headers.get("content-length", "0")))


@pytest.mark.parametrize(
    ("fields", "headers", "sent", "status"),
    [
        ({}, {}, {"json": BORIS}, 202),
        ({}, {}, {"json": [BORIS, BORIS]}, 202),
        ({}, {"Idempotency-Key": "k-1"}, {"json": BORIS}, 202),
        ({}, {}, {"content": b"{rubbish"}, 202),
        ({}, {"Accept": "text/html"}, {"data": BORIS}, 303),
        ({"allowed_origins": [PAGE]}, {"Origin": PAGE}, {"json": BORIS}, 202),
        ({"allowed_origins": [PAGE]}, {"Origin": ELSEWHERE}, {"json": BORIS}, 403),
        ({"secrets": SECRET}, {}, {"json": BORIS}, 403),
        ({"enabled": False}, {}, {"json": BORIS}, 410),
    ],
    ids=["form", "several", "named", "rubbish", "sent on", "page", "other page", "no secret", "disabled"],
)
async def test_both_ways_answer_and_keep_the_same(
    workspace: Workspace,
    address: str,
    longer: list[str],
    fields: Json,
    headers: dict[str, str],
    sent: dict[str, Any],
    status: int,
) -> None:
    source = await workspace.source(**fields)
    headers = {"X-Request-Id": "one-1", **headers}
    long = await workspace.door(source, headers=headers, **sent)
    kept = [{**one, "id": None} for one in await workspace.submissions()]
    other = await asked_for(workspace, **fields)
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        short = await client.post(f"/in/{other['key']}", headers=headers, **sent)
    assert longer == [f"/in/{source['key']}"]
    assert short.status_code == long.status_code == status
    assert {*short.headers} == {*long.headers}
    assert short.headers["x-request-id"] == "one-1"
    if status >= 400:
        assert short.json() == {**long.json(), "instance": short.json()["instance"]}
    else:
        assert len(short.content) == len(long.content)
    keep = ("status", "reason", "channel", "provider")
    now = await workspace.submissions(source_id=other["id"])
    assert [[one[key] for key in keep] for one in now] == [[one[key] for key in keep] for one in kept]
    refused = (await workspace.client.get("/v1/refused", params={"source_id": other["id"]})).json()["items"]
    assert len(refused) == (status == 403)


async def test_limits_count_both_ways_together(workspace: Workspace, address: str) -> None:
    source = await workspace.source(settings={"requests_per_minute": 2})
    await workspace.door(source, json=ANNA)
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        answers = [await client.post(f"/in/{source['key']}", json=BORIS) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 429]
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert int(answers[1].headers["retry-after"]) > 0


async def test_behind_a_trusted_proxy_the_address_is_the_clients(
    workspace: Workspace, address: str, longer: list[str]
) -> None:
    source = await asked_for(workspace, settings={"requests_per_minute_per_address": 1})
    statuses = []
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        for chain in ("198.51.100.7", "198.51.100.7, 127.0.0.1", "198.51.100.8", None):
            headers = {"X-Forwarded-For": chain} if chain else {}
            statuses.append((await client.post(f"/in/{source['key']}", json=BORIS, headers=headers)).status_code)
    assert statuses == [202, 429, 202, 202]
    assert longer == []


@pytest.mark.parametrize(
    ("lines", "body", "rest"),
    [
        (["Transfer-Encoding: chunked"], b"1e\r\n" + BODY + b"\r\n0\r\n\r\n", ""),
        (["Expect: 100-continue"], BODY, ""),
        (["Cookie: a=1", "Cookie: b=2"], BODY, ""),
        ([], b'{"phone": "89990000206", "message": "' + b"a" * 65536 + b'"}', ""),
        ([], BODY, "/a%2Fb"),
    ],
    ids=["chunked", "asks first", "a header twice", "large", "escaped path"],
)
async def test_what_is_unusual_is_taken_in_by_the_application(
    workspace: Workspace, address: str, longer: list[str], lines: list[str], body: bytes, rest: str
) -> None:
    source = await asked_for(workspace)
    async with connected(address) as (reader, writer):
        writer.write(written(source, *lines, body=body, rest=rest))
        status, _, _ = await answered(reader)
        if status == 100:
            status, _, _ = await answered(reader)
        assert status == 202
        await look_up(workspace, source)
        writer.write(written(source))
        assert (await answered(reader))[0] == 202
    assert len(longer) == 1
    assert len(await workspace.submissions()) == 2


async def test_a_body_may_come_in_pieces_and_half_a_one_leaves_nothing(
    workspace: Workspace, address: str, longer: list[str]
) -> None:
    source = await asked_for(workspace)
    request = written(source)
    async with connected(address) as (_, writer):
        writer.write(request[:-5])
        await writer.drain()
    async with connected(address) as (reader, writer):
        for piece in (request[:30], request[30:-5], request[-5:]):
            writer.write(piece)
            await writer.drain()
        assert (await answered(reader))[0] == 202
    assert longer == []
    assert len(await workspace.submissions()) == 1


async def test_requests_in_one_piece_are_answered_in_order(workspace: Workspace, address: str) -> None:
    source = await asked_for(workspace)
    async with connected(address) as (reader, writer):
        writer.write(b"".join(written(source, f"X-Request-Id: n-{number}") for number in range(4)))
        heads = [await answered(reader) for _ in range(4)]
        assert [headers["x-request-id"] for _, headers, _ in heads] == ["n-0", "n-1", "n-2", "n-3"]
        writer.write(written(source, "Connection: close"))
        _, headers, _ = await answered(reader)
        assert headers["connection"] == "close"
        assert await reader.read() == b""


async def test_an_answer_that_cannot_be_written_fails_nobody_else(
    workspace: Workspace, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(self: Generic, request: Any, source: SourceView, ids: Any) -> WireAnswer:
        return WireAnswer(303, {"location": "https://a.example\r\nx: y"}) if b"06" in request.body else WireAnswer(204)

    monkeypatch.setattr(Generic, "answer", torn)
    source = await asked_for(workspace)
    async with connected(address) as (one, first), connected(address) as (other, second):
        first.write(written(source))
        second.write(written(source, body=b'{"phone": "8 (999) 000-02-07"}'))
        assert [(await answered(one))[0], (await answered(other))[0]] == [500, 204]
    assert len(await workspace.submissions()) == 2


async def test_who_waits_when_the_server_stops_is_answered(
    workspace: Workspace, intake: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = intake.app.state.front.door.commits
    store, begun, go = commits._store, asyncio.Event(), asyncio.Event()

    async def held(workspace_id: UUID, receipts: Sequence[Receipt]) -> None:
        begun.set()
        await go.wait()
        await store(workspace_id, receipts)

    monkeypatch.setattr(commits, "_store", held)
    source = await asked_for(workspace)
    async with AsyncExitStack() as server:
        address = await server.enter_async_context(served(intake.app.state.front, protocol=intake.app.state.protocol))
        async with connected(address) as (reader, writer):
            writer.write(written(source))
            await begun.wait()
            stopping = asyncio.create_task(server.aclose())
            await no_longer_listening(address)
            go.set()
            status, headers, _ = await answered(reader)
        await stopping
    assert (status, headers["connection"]) == (202, "close")
    assert len(await workspace.submissions()) == 1
