"""A stand-in for Meta's Graph API: a server on this machine that answers what it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

Json = dict[str, Any]


class Graph:
    """`answers` by the lead's id: a status and JSON; an unknown lead is an error 100, as Meta has it."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Json]] = {}
        self.asked: list[tuple[str, str]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target, headers = head.split(" ")[1], head.lower()
        self.asked.append((target, headers.partition("authorization: ")[2].partition("\r\n")[0]))
        lead_id = target.partition("?")[0].rpartition("/")[2]
        status, answer = self.answers.get(lead_id, (400, {"error": {"code": 100, "error_subcode": 33}}))
        body = json.dumps(answer).encode()
        kind = "Content-Type: application/json\r\nConnection: close"
        writer.write(f"HTTP/1.1 {status} X\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def running_graph() -> AsyncIterator[Graph]:
    graph = Graph()
    server = await asyncio.start_server(graph.serve, "127.0.0.1", 0)
    graph.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v23.0"
    async with server:
        yield graph
