"""What waits, for delivery or for a person, for the metrics."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from fastapi import FastAPI
from leadkit import clock
from leadkit.app import in_background
from leadkit.db import Database
from prometheus_client import Gauge

from lead_intake.delivery.actions import state_of_delivery, waiting_count
from lead_intake.imports.queries import open_count

COUNT_EVERY_S = 5

log = structlog.get_logger()
waiting = Gauge("leadflow_submissions_waiting", "Submissions that wait for delivery")
oldest_seconds = Gauge(
    "leadflow_submissions_oldest_waiting_seconds", "Age of the oldest that waits for delivery, imports aside"
)
parked = Gauge("leadflow_submissions_parked", "Submissions that crm-core refused and a person must look at")
unreadable = Gauge("leadflow_submissions_unreadable", "Submissions that could not be read and wait for a replay")
imports_open = Gauge("leadflow_imports_open", "Imports that are not finished")


async def waiting_counted(app: FastAPI) -> AsyncIterator[None]:
    """Part of the API: keeps the gauges fresh while the app runs."""
    async with in_background(lambda: _keep_counting(app.state.database)):
        yield


async def _keep_counting(db: Database) -> None:
    while True:
        try:
            await count(db)
        except Exception as error:
            log.warning("waiting_not_counted", error=type(error).__name__)
        await asyncio.sleep(COUNT_EVERY_S)


async def count(db: Database) -> None:
    """Sets the gauges."""
    async with db.transaction(role="worker", read_only=True) as session:
        waiting.set(await waiting_count(session))
        state = await state_of_delivery(session)
        imports_open.set(await open_count(session))
    parked.set(state.parked)
    unreadable.set(state.unreadable)
    oldest_seconds.set((clock.now() - state.oldest).total_seconds() if state.oldest else 0)
