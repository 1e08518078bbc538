"""Load on an HTTP endpoint: as much as it takes (wrk), or a steady rate whose lateness counts (open loop)."""

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

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
    address = urlsplit(url)
    due: asyncio.Queue[tuple[int, float] | None] = asyncio.Queue()
    took: list[float] = []

    async def send() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        while (each := await due.get()) is not None:
            number, at = each
            body = people.form(first + number)
            head = (
                f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await _answer(reader)
            took.append(time.perf_counter() - at)
        writer.close()

    senders = [asyncio.create_task(send()) for _ in range(connections)]
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        at = began + number / rate
        if (early := at - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        due.put_nowait((number, at))
    for _ in senders:
        due.put_nowait(None)
    await asyncio.gather(*senders)
    return took


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise SystemExit(f"refused: {head[:200]!r}")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length:
        await reader.readexactly(int(length[1]))


def share(sorted_values: list[float], part: float) -> float:
    """The value below which `part` of them lie."""
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))]
