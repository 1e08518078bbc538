"""What a year's funnel and costs by source take at 100 thousand, a million, ten million leads, and what counts them.

Facts are made up by SQL (`facts.sql`), cells are counted by the rebuild that anybody may ask for, questions go through
the whole API in this process, on the event loop and with the garbage collection that a server has. Time is the
server's: from a request's arrival at the application to the last byte of its answer, with what the database takes, and
without what the client does before and after. `make bench` measures a hundred thousand leads
(`LEADFLOW_BENCH_REPORT_LEADS`: other sizes, by comma), `python -m bench.reporting --leads 10000000` any: ten million
take a quarter of an hour on two quiet processors (making them up, rebuilding, GROUP BY over them) and 35 GB of disk.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import httpx
import psutil
import uvloop
from analytics.app import create
from analytics.projections.actions import request_rebuild
from analytics.projections.projecting import project
from analytics.projections.rebuilding import Rebuilding
from analytics.settings import FOLDER, AnalyticsSettings
from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.embedded.cluster import Cluster, throwaway
from leadkit.ids import new_id
from leadkit.serve import collect_garbage_in_bites
from leadkit.telemetry import configure_logging
from leadkit.testing.databases import database_of
from leadkit.testing.services import RunningService, running
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.events import event, pages
from bench.load import share
from bench.report import Report
from bench.stack import Stack

SIZES = (100_000, 1_000_000)
PROMISED = 10_000_000
"""Leads of which a rebuild in ten minutes and a hundredth of GROUP BY are promised."""
REBUILT_WITHIN_S = 600
TIMES_QUICKER = 100
BESIDE_THE_OTHERS = os.environ.get("LEADFLOW_BENCH_REPORT_LEADS", "100000")
SLICE = 500_000
DATABASE = "leadflow_analytics"
QUESTIONS = {"funnel": "/v1/funnel", "cost": "/v1/cost-per-lead"}
WARM, TIMED = 20, 200
PAGES = 20
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
ROOM = {"shared_buffers": "1GB", "max_wal_size": "8GB", "work_mem": "64MB"}

COLUMNS = """f.source, f.occurred_at, f.contacted_at, f.qualified_at, f.converted_at, d.status = 'won' AS won,
    CASE WHEN d.status = 'won' THEN d.amount END AS revenue"""
FACTS = "fact_lead f LEFT JOIN fact_deal d ON d.workspace_id = f.workspace_id AND d.case_id = f.id"
SUMS = """source, count(*), count(contacted_at), count(qualified_at), count(converted_at),
    count(*) FILTER (WHERE won), sum(revenue)"""


class ServerTime:
    """ASGI: how long the last answer took, from the arrival of its request to its last byte."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.seconds = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything through."""
        began = time.perf_counter()

        async def noted(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                self.seconds = time.perf_counter() - began

        await self._app(scope, receive, noted)


class Books:
    """One workspace with a year of `leads` leads, and what is asked of it."""

    def __init__(self, service: RunningService, cluster: Cluster, leads: int) -> None:
        self.service, self.cluster, self.leads = service, cluster, leads
        self.workspace_id: UUID = new_id()
        self.until = clock.now().date()
        self.year = {"from": str(self.until - timedelta(days=365)), "to": str(self.until), "by": "source"}
        self.facts = f"""{FACTS} WHERE f.workspace_id = '{self.workspace_id}'
            AND f.occurred_at >= '{self.year["from"]}' AND f.occurred_at < '{self.year["to"]}'"""

    def fill(self) -> None:
        """Makes the facts up, half a million leads at a time, by as many connections as there are processors."""
        script = Path(__file__).with_name("facts.sql").read_text()
        named = {
            "workspace": str(self.workspace_id),
            "leads": str(self.leads),
            "days": "365",
            "until": f"{self.until}T00:00:00Z",
        }

        def slice_from(first: int) -> None:
            bounds = {"first": str(first), "last": str(min(self.leads, first + SLICE - 1))}
            self.cluster.run_sql(script, database=DATABASE, **named, **bounds)

        with ThreadPoolExecutor(os.cpu_count()) as at_once:
            for _ in at_once.map(slice_from, range(1, self.leads + 1, SLICE)):
                pass
        self.tidy()

    def tidy(self) -> None:
        """Leaves the tables as autovacuum does some seconds later, lest it come while something is measured."""
        self.cluster.run_sql("VACUUM ANALYZE;", database=DATABASE)

    async def rebuild(self) -> float:
        """Seconds until all cells are counted anew."""
        nobody = ServiceClient("nobody", "http://127.0.0.1:1", "")
        async with self.service.db.transaction(role="worker") as session:
            asked = await request_rebuild(session, self.workspace_id, with_facts=False, now=clock.now())
        began = time.perf_counter()
        status = await Rebuilding(self.service.db, core=nobody, intake=nobody).perform(self.workspace_id, asked.id)
        assert status == "done", status
        return time.perf_counter() - began

    async def spend(self, client: httpx.AsyncClient) -> None:
        """A year of costs, told by day, source and campaign."""
        for back in range(1, 366):
            day = str(self.until - timedelta(days=back))
            items = [
                {
                    "date": day,
                    "source": source,
                    "medium": "cpc",
                    "campaign_id": f"c{number}",
                    "amount": money(100 + number),
                }
                for source in ("yandex", "google", "vk", "avito")
                for number in range(20)
            ]
            (await client.post("/v1/spend", json={"items": items})).raise_for_status()

    async def answer(self, client: httpx.AsyncClient, path: str) -> float:
        """Seconds that the service needed to answer a question over the year by source."""
        answer = await client.get(path, params=self.year)
        read = answer.raise_for_status().json()["read"]
        assert read == "cells", read
        server: ServerTime = self.service.app.state.front
        return server.seconds

    def by_facts(self) -> float:
        """Seconds for the same numbers by GROUP BY over the facts."""
        statement = f"SELECT {SUMS} FROM (SELECT {COLUMNS} FROM {self.facts}) told GROUP BY source;"
        return _best(lambda: self.cluster.run_sql(statement, database=DATABASE))

    def by_duckdb(self) -> float:
        """Seconds for the same numbers by DuckDB over a Parquet file of the facts."""
        with tempfile.TemporaryDirectory() as folder:
            told, parquet = Path(folder, "told.csv"), Path(folder, "told.parquet")
            chosen = " ".join(f"SELECT {COLUMNS} FROM {self.facts}".split())
            self.cluster.run_sql(f"\\copy ({chosen}) TO '{told}' WITH (FORMAT csv, HEADER)", database=DATABASE)
            duckdb.sql(f"COPY (SELECT * FROM read_csv('{told}')) TO '{parquet}' (FORMAT parquet)")
            told.unlink()
            return _best(lambda: duckdb.execute(f"SELECT {SUMS} FROM '{parquet}' GROUP BY source").fetchall())


def money(amount: int) -> dict[str, str]:
    """Roubles."""
    return {"amount": f"{amount}.00", "currency": "RUB"}


def _best(work: Callable[[], object], times: int = 3) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


async def _timed(work: Callable[[], Awaitable[float]]) -> list[float]:
    took = [await work() for _ in range(WARM + TIMED)]
    return sorted(took[WARM:])


def measure(_: Stack, report: Report) -> None:
    """As a part of the whole bench: on a server of its own, without the stack."""
    reporting(report, sizes=[int(size) for size in BESIDE_THE_OTHERS.split(",")])


def reporting(report: Report, *, sizes: Sequence[int] = SIZES) -> None:
    """Measures every size, smallest first, in a database of its own."""
    with throwaway(**DURABLE, **ROOM) as cluster, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measured(cluster, report, sorted(sizes)))


async def _measured(cluster: Cluster, report: Report, sizes: Sequence[int]) -> None:
    database = await asyncio.to_thread(database_of, cluster, "analytics", FOLDER)
    settings = AnalyticsSettings(database_url=database.url, port=0, requests_per_minute=1_000_000)
    medians: dict[str, list[float]] = {question: [] for question in QUESTIONS}
    app = create(settings)
    app.state.front = ServerTime(app.state.front)
    async with running(app, database) as service:
        await service.trust_test_tokens()
        collect_garbage_in_bites()
        for leads in sizes:
            await _measure(Books(service, cluster, leads), report, medians)
    for question, took in medians.items():
        if len(took) > 1:
            growth = took[-1] / took[0]
            report.add(
                f"{question} by source over a year, {sizes[0]:,} to {sizes[-1]:,} leads",
                f"{growth:.2f} times",
                target="within 1.2 times",
                met=growth <= 1.2,
            )


async def _measure(books: Books, report: Report, medians: dict[str, list[float]]) -> None:
    size = f"{books.leads:,} leads"
    workspace = {"id": str(books.workspace_id), "version": 1, "name": "Bench", "time_zone": "Europe/Moscow"}
    await _tell(
        books, [("workspace.created", workspace | {"currency": "RUB", "default_region": "RU", "language": "ru"})]
    )
    await asyncio.to_thread(books.fill)
    took = await books.rebuild()
    memory = psutil.Process().memory_info().rss / 1e6
    report.add(
        f"cells rebuilt, {size}",
        f"{took:.1f} s ({books.leads / took:,.0f} leads/s; {memory:.0f} MB here)",
        target=f"{PROMISED:,} under {REBUILT_WITHIN_S // 60} min",
        met=took < REBUILT_WITHIN_S if books.leads >= PROMISED else None,
    )
    async with books.service.client_as("head", books.workspace_id) as client:
        await books.spend(client)
        await asyncio.to_thread(books.tidy)
        for question, path in QUESTIONS.items():
            await _ask(books, client, question, path, report, medians)
    facts, parquet = await asyncio.to_thread(books.by_facts), await asyncio.to_thread(books.by_duckdb)
    slowest = max(took[-1] for took in medians.values())
    report.add(
        f"the same by GROUP BY over facts, {size}",
        f"{facts * 1000:,.0f} ms, {facts / slowest:,.0f} times as long",
        target=f"{TIMES_QUICKER} times at {PROMISED:,}",
        met=facts / slowest >= TIMES_QUICKER if books.leads >= PROMISED else None,
    )
    report.add(
        f"the same by DuckDB over Parquet, {size}", f"{parquet * 1000:,.0f} ms, {parquet / slowest:,.1f} times as long"
    )
    await _project(books, report, size)


async def _ask(
    books: Books, client: httpx.AsyncClient, question: str, path: str, report: Report, medians: dict[str, list[float]]
) -> None:
    took = await _timed(lambda: books.answer(client, path))
    medians[question].append(statistics.median(took))
    p99 = share(took, 0.99)
    report.add(
        f"{question} by source over a year, {books.leads:,} leads, p50 and p99",
        f"{statistics.median(took) * 1000:.1f} ms, {p99 * 1000:.1f} ms",
        target="p99 under 10 ms",
        met=p99 < 0.010,
    )


async def _project(books: Books, report: Report, size: str) -> None:
    """Events of new and known leads, a page at a time as the feed gives them."""
    told = pages(books.until, PAGES)
    began = time.perf_counter()
    for page in told:
        await _tell(books, page)
    rate = sum(len(page) for page in told) / (time.perf_counter() - began)
    report.add(f"events projected beside {size}", f"{rate:,.0f}/s", target="10,000/s", met=rate >= 10_000)


async def _tell(books: Books, events: Sequence[tuple[str, dict[str, Any]]]) -> None:
    page = [event(books.workspace_id, type, data) for type, data in events]
    async with books.service.db.transaction(role="worker") as session:
        await project(session, page, now=clock.now())


def main() -> None:
    """The usual sizes, or these."""
    parser = argparse.ArgumentParser(prog="python -m bench.reporting", description="Measure reports")
    parser.add_argument("--leads", type=int, action="append", help="a size to measure (repeatable)")
    configure_logging("error", service="bench")
    report = Report()
    reporting(report, sizes=parser.parse_args().leads or SIZES)
    report.show()


if __name__ == "__main__":
    main()
