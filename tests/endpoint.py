"""An endpoint of a customer, on a port, for what is sent out."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

Json = dict[str, Any]
Answering = Callable[[Json], tuple[int, str]]


class Endpoint:
    """A server on a port that keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answering: Answering = lambda _: (200, "ok")
        self.held: asyncio.Event | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def events(self) -> list[Json]:
        return [orjson.loads(body) for _, body in self.got]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.got.append((headers, body))
        if self.held is not None:
            await self.held.wait()
        status, said = self.answering(orjson.loads(body))
        extra = f"Location: {said}\r\n" if 300 <= status < 400 else ""
        answer = f"HTTP/1.1 {status} X\r\n{extra}Content-Length: {len(said)}\r\nConnection: close\r\n\r\n{said}"
        writer.write(answer.encode())
        await writer.drain()
        writer.close()
