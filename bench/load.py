"""Load on an HTTP endpoint: as much as it takes (wrk), or a steady rate whose lateness counts (open loop)."""

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urlsplit

import uvloop

from bench import people

# Requests are read from a file, each line one body, so that every request is another person's whatever its format.
WRK_SCRIPT = """
local bodies, i = {}, 0
for line in io.lines("%s") do
  bodies[#bodies + 1] = (line:gsub("\\1", "\\n"))
end
request = function()
  i = i + 1
  if i > #bodies then wrk.thread:stop() end
  return wrk.format("POST", nil, {["Content-Type"]="%s"}, bodies[i] or bodies[1])
end
"""
FASTEST = 9000
"""Requests a second for which bodies are made; what is faster ends sooner."""

Body = Callable[[int], bytes]


@dataclass(frozen=True)
class Throughput:
    """Requests answered a second, how many they were, and how many were not answered with success."""

    per_second: float
    answered: int
    failed: int


def require_wrk() -> None:
    """Installs wrk from Debian's packages where it is absent; one sentence where that cannot be."""
    if shutil.which("wrk"):
        return
    done = subprocess.run(
        "apt-get update -qq && apt-get install -y -qq wrk", shell=True, capture_output=True, check=False
    )
    if done.returncode or not shutil.which("wrk"):
        raise SystemExit("The bench needs wrk, and it could not be installed: apt-get install wrk")


def saturate(
    url: str,
    *,
    seconds: int,
    first: int,
    connections: int = 128,
    body: Body = people.form,
    content_type: str = "application/json",
) -> Throughput:
    """Sends requests as fast as they are answered; `first` keeps the people of different runs apart."""
    with tempfile.NamedTemporaryFile("wb") as bodies, tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        bodies.writelines(body(first + n).replace(b"\n", b"\1") + b"\n" for n in range(FASTEST * seconds))
        bodies.flush()
        script.write(WRK_SCRIPT % (bodies.name, content_type))
        script.flush()
        printed = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    done = re.search(r"(\d+) requests in", printed)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    assert rate is not None, printed
    assert done is not None, printed
    return Throughput(float(rate[1]), int(done[1]), int(bad[1]) if bad else 0)


def at_rate(url: str, rate: float, *, seconds: float, first: int, connections: int = 64) -> list[float]:
    """Sends forms at a steady rate; seconds from the moment each was due to its answer, sorted."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return sorted(runner.run(_open_loop(url, rate, seconds, first, connections)))


async def _open_loop(url: str, rate: float, seconds: float, first: int, connections: int) -> list[float]:
    """Requests are made before the first is due, and a connection is no stream but the barest protocol: the load runs
    beside what is measured, so its own processor time must be a small part."""
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    requests = [_request(address, people.form(first + number)) for number in range(int(rate * seconds))]
    line = _Line(len(requests))
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(line), str(address.hostname), address.port or 80)
    began = time.perf_counter()
    for number, request in enumerate(requests):
        at = began + number / rate
        if (early := at - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        line.send(request, at)
    await line.finished
    return line.took


def _request(address: SplitResult, body: bytes) -> bytes:
    head = (
        f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Line:
    """Requests that are due, in their order, and the connections that are free to send one: who has been idle longest
    sends first, so that the server finds none idle for long."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.took: list[float] = []
        self.free: deque[_Connection] = deque()
        self.due: deque[tuple[bytes, float]] = deque()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(self, request: bytes, at: float) -> None:
        """Over a free connection, or over the next that is."""
        if self.free:
            self.free.popleft().send(request, at)
        else:
            self.due.append((request, at))

    def answered(self, connection: "_Connection", seconds: float) -> None:
        """Notes what an answer took, and gives its connection the next request."""
        self.took.append(seconds)
        if self.due:
            connection.send(*self.due.popleft())
        else:
            self.free.append(connection)
        if len(self.took) == self.expected:
            self.finished.set_result(None)

    def failed(self, reason: str) -> None:
        """Ends the run: a figure with failures in it is none."""
        if not self.finished.done():
            self.finished.set_exception(SystemExit(reason))


class _Connection(asyncio.Protocol):
    """One request at a time; an answer is whole when as much has come as its head announced."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self._at = 0.0
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._line.free.append(self)

    def send(self, request: bytes, at: float) -> None:
        """A request that was due `at`."""
        self._at = at
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        if not head.startswith(b"HTTP/1.1 2"):
            self._line.failed(f"refused: {head[:200]!r}")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if length is None or len(body) >= int(length[1]):
            self._got = b""
            self._line.answered(self, time.perf_counter() - self._at)

    def connection_lost(self, exc: Exception | None) -> None:
        if len(self._line.took) < self._line.expected:
            self._line.failed(f"connection lost: {exc}")


def share(sorted_values: list[float], part: float) -> float:
    """The value below which `part` of them lie."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))]
