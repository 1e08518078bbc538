"""Sending reports out: what is due becomes a row, a row is sent under a lease, and what came of it is written down.

A worker that is killed between sending and writing down loses its lease, and the same bytes go out once more under the
same `webhook-id`, by which a receiver knows them.
"""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpcore
import orjson
import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.outgoing import Called, call, signed_headers
from leadkit.problems import Problem
from leadkit.sealing import SealBroken
from prometheus_client import Counter
from pydantic import SecretStr
from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.wire import Wanted, as_file, form_for
from analytics.projections.queries import Setting, workspace_setting
from analytics.saved_reports.actions import new_delivery, sealer_of
from analytics.saved_reports.queries import run
from analytics.saved_reports.rules import GONE, next_run, retry_at
from analytics.saved_reports.schemas import SavedQuery
from analytics.saved_reports.tables import ReportDelivery, SavedReport

EVERY_S: Final = 2
AT_ONCE: Final = 20
LEASE: Final = timedelta(seconds=90)
LARGEST_BODY: Final = 5 * 1024 * 1024

log = structlog.get_logger()
sent_total = Counter("leadflow_report_deliveries_total", "Attempts to send saved reports", ["result"])


class Deliverer:
    """Sends the reports of all workspaces; any number may run."""

    def __init__(self, db: Database, pool: httpcore.AsyncConnectionPool, data_key: SecretStr) -> None:
        self._db = db
        self._pool = pool
        self._sealer = sealer_of(data_key)
        self._jitter = random.Random()

    async def step(self) -> int:
        """Makes rows of what is due and sends what waits, a few side by side; answers how many were tried."""
        async with self._db.transaction(role="worker") as session:
            await plan(session, now=clock.now())
        async with self._db.transaction(role="worker") as session:
            claimed = await _claim(session, now=clock.now())
        results = await asyncio.gather(*(self._deliver(*each) for each in claimed), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                log.error("report_not_sent", exc_info=result)
        return len(claimed)

    async def _deliver(self, workspace_id: UUID, delivery_id: UUID) -> None:
        async with self._db.transaction(workspace_id, role="worker") as session:
            delivery = await session.get_one(ReportDelivery, (workspace_id, delivery_id))
            report = await session.get_one(SavedReport, (workspace_id, delivery.report_id))
            problem = await _write_body(session, report, delivery)
        if problem is not None or delivery.body is None or report.url is None or report.secret is None:
            await self._note(delivery, Called(None, problem or "The report is not sent any more.", None), final=True)
            return
        try:
            secret = self._sealer.open(report.secret).decode()
        except SealBroken:
            called = Called(None, "The secret cannot be opened with this LEADFLOW_DATA_KEY.", None)
        else:
            signed = signed_headers([secret], str(delivery.id), int(clock.now().timestamp()), delivery.body)
            called = await call(self._pool, report.url, delivery.body, signed)
        await self._note(delivery, called)

    async def _note(self, told: ReportDelivery, called: Called, *, final: bool = False) -> None:
        """Writes down an attempt, and what follows. `final`: there is no use in another."""
        sent_total.labels("delivered" if called.taken else "failed").inc()
        async with self._db.transaction(told.workspace_id, role="worker") as session:
            key = (told.workspace_id, told.id)
            delivery = await session.get(ReportDelivery, key, with_for_update=True)
            if delivery is None:  # its report was deleted meanwhile
                return
            now = clock.now()
            delivery.attempts += 1
            delivery.leased_until = None
            delivery.answered, delivery.snippet = called.status, called.error or called.response
            again = None if final or called.status == GONE else retry_at(delivery.attempts, now, self._jitter.random())
            if called.taken or again is None:
                delivery.status = "delivered" if called.taken else "failed"
                delivery.finished_at = now
                # A failed one may be sent again, so what it says is kept as long as the row.
                delivery.body = None if called.taken else delivery.body
            else:
                delivery.next_attempt_at = again
            if called.status == GONE:
                await _pause(session, delivery)


async def plan(session: AsyncSession, *, now: datetime) -> None:
    """A row for each report that is due (role worker). What was missed while no worker ran is sent once."""
    due = await session.scalars(
        select(SavedReport)
        .where(SavedReport.next_run_at <= now)
        .order_by(SavedReport.next_run_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    settings: dict[UUID, Setting] = {}
    rows: list[dict[str, Any]] = []
    for report in due.all():
        if report.workspace_id not in settings:
            settings[report.workspace_id] = await workspace_setting(session, report.workspace_id)
        assert report.next_run_at is not None
        assert report.schedule is not None
        rows.append(new_delivery(report, report.next_run_at, now=now))
        report.next_run_at = next_run(report.schedule, settings[report.workspace_id].time_zone, now)
    if rows:
        # Where clocks of machines differ, a report that is saved again may be due at the same moment twice.
        await session.execute(insert(ReportDelivery).values(rows).on_conflict_do_nothing())


async def _claim(session: AsyncSession, *, now: datetime) -> list[tuple[UUID, UUID]]:
    """Takes what waits, for as long as an attempt may last."""
    free = or_(ReportDelivery.leased_until.is_(None), ReportDelivery.leased_until < now)
    waiting = await session.scalars(
        select(ReportDelivery)
        .where(ReportDelivery.status == "waiting", ReportDelivery.next_attempt_at <= now, free)
        .order_by(ReportDelivery.next_attempt_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    claimed = []
    for delivery in waiting:
        delivery.leased_until = now + LEASE
        claimed.append((delivery.workspace_id, delivery.id))
    return claimed


async def _write_body(session: AsyncSession, report: SavedReport, delivery: ReportDelivery) -> str | None:
    """Makes the body at the first attempt; answers why there is none."""
    if delivery.body is not None:
        return None
    try:
        setting = await workspace_setting(session, report.workspace_id)
        query = SavedQuery.model_validate(report.query)
        answer = await run(session, report.workspace_id, query, setting, now=clock.now())
    except Problem as problem:
        return problem.detail
    except ValueError:
        return "The saved question is none of today's."
    content = answer.model_dump(mode="json", by_alias=True)
    if report.format == "csv":
        written = as_file(content["columns"], content["rows"], Wanted("csv", form_for("", excel=False)))
        content = {"csv": written.decode()}
    else:
        content = {"answer": content}
    named = {"report_id": str(report.id), "name": report.name, "due_at": delivery.due_at}
    body = orjson.dumps(
        {"type": "report.ready", "timestamp": delivery.due_at, "data": named | content}, option=orjson.OPT_UTC_Z
    )
    if len(body) > LARGEST_BODY:
        return f"The report is larger than {LARGEST_BODY} bytes."
    delivery.body = body
    return None


async def _pause(session: AsyncSession, delivery: ReportDelivery) -> None:
    report = await session.get(SavedReport, (delivery.workspace_id, delivery.report_id), with_for_update=True)
    if report is not None:
        report.next_run_at, report.paused = None, "The receiver answered 410: it wants no more."
