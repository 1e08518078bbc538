"""Requests and answers as the server's interface (ASGI) has them, without a framework's objects in between."""

from collections.abc import Mapping
from datetime import datetime

from leadkit.app import LARGEST_BODY
from leadkit.problems import TooLarge
from starlette.types import Receive, Scope, Send

from lead_intake.providers.base import WireAnswer, WireRequest

PREFIX = "/in/"


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


def key_and_rest(path: str) -> tuple[str, str]:
    """`/in/{key}/{rest}` taken apart; the rest has its slash, or is empty."""
    key, slash, rest = path[len(PREFIX) :].partition("/")
    return key, (slash + rest).replace("\x00", "")


def headers_of(scope: Scope) -> dict[str, str]:
    """Header names in lower case; one that comes several times is joined by commas."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    headers = dict(pairs)
    if len(headers) < len(pairs):
        headers = {name: ", ".join([value for one, value in pairs if one == name]) for name in headers}
    return headers


async def body_of(receive: Receive, headers: Mapping[str, str]) -> bytes:
    """The whole body; raises `TooLarge` as soon as it is past 10 MiB, announced or not."""
    announced = headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > LARGEST_BODY:
        raise _too_large()
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        if len(whole) > LARGEST_BODY:
            raise _too_large()
        return whole
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LARGEST_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()


def _too_large() -> TooLarge:
    return TooLarge(f"A body has at most {LARGEST_BODY} bytes.", headers={"Connection": "close"})


def request_of(scope: Scope, rest: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> WireRequest:
    """The request as providers read it."""
    return WireRequest(
        method=scope["method"],
        rest=rest,
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=body,
        received_at=now,
        address=address_of(scope),
    )


def address_of(scope: Scope) -> str | None:
    """The client's address; behind a trusted proxy the server has already put the real one here."""
    client = scope.get("client")
    return client[0] if client else None


async def send_answer(send: Send, answer: WireAnswer, extra: Mapping[str, str]) -> None:
    """Sends an answer with the headers that every answer of the door has."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in extra.items()]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
