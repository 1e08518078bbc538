"""Load on an HTTP endpoint: as much as it takes (wrk), or a steady rate whose lateness counts (open loop)."""

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

BODY = (
    '{{"name":"Анна Примерова","phone":"+7 9{n:02d} {a:03d}-{b:02d}-{c:02d}","email":"a{i}@example.org",'
    '"message":"Сколько стоит замена трёх окон?","website":"","page_url":"https://www.example.ru/okna?utm_source=yandex",'
    '"referrer":"https://yandex.ru/","utm_source":"yandex","utm_medium":"cpc","utm_campaign":"okna_msk"}}'
)

# The same form from wrk: every request another person.
WRK_SCRIPT = """
local i = %d
request = function()
  i = i + 1
  local d = string.format("%%09d", i %% 1000000000)
  local body = '{"name":"Анна Примерова","phone":"+7 9' .. d:sub(1,2) .. ' ' .. d:sub(3,5) .. '-' .. d:sub(6,7) .. '-'
    .. d:sub(8,9) .. '","email":"a' .. i .. '@example.org","message":"Сколько стоит замена трёх окон?","website":"",'
    .. '"page_url":"https://www.example.ru/okna?utm_source=yandex","referrer":"https://yandex.ru/",'
    .. '"utm_source":"yandex","utm_medium":"cpc","utm_campaign":"okna_msk"}'
  return wrk.format("POST", nil, {["Content-Type"]="application/json"}, body)
end
"""


@dataclass(frozen=True)
class Throughput:
    """Requests answered a second, and how many were not answered with success."""

    per_second: float
    failed: int


def form_body(number: int) -> bytes:
    """The form of person `number`."""
    digits = f"{number % 10**9:09d}"
    return BODY.format(n=int(digits[:2]), a=int(digits[2:5]), b=int(digits[5:7]), c=int(digits[7:]), i=number).encode()


def require_wrk() -> None:
    """Installs wrk from Debian's packages where it is absent; one sentence where that cannot be."""
    if shutil.which("wrk"):
        return
    done = subprocess.run(
        "apt-get update -qq && apt-get install -y -qq wrk", shell=True, capture_output=True, check=False
    )
    if done.returncode or not shutil.which("wrk"):
        raise SystemExit("The bench needs wrk, and it could not be installed: apt-get install wrk")


def saturate(url: str, *, seconds: int, first: int, connections: int = 128) -> Throughput:
    """Sends forms as fast as they are answered; `first` keeps the people of different runs apart."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK_SCRIPT % first)
        script.flush()
        printed = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    assert rate is not None, printed
    return Throughput(float(rate[1]), int(bad[1]) if bad else 0)


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
            body = form_body(first + number)
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
