"""How much waits for delivery, for the metrics."""

import asyncio
from collections.abc import AsyncIterator

import structlog
from fastapi import FastAPI
from leadkit.app import in_background
from leadkit.db import Database
from prometheus_client import Gauge

from lead_intake.delivery.actions import waiting_count

COUNT_EVERY_S = 5

log = structlog.get_logger()
waiting = Gauge("leadflow_submissions_waiting", "Submissions that wait for delivery")


async def waiting_counted(app: FastAPI) -> AsyncIterator[None]:
    """Part of the API: keeps the gauge fresh while the app runs."""
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
    """Sets the gauge."""
    async with db.transaction(role="worker", read_only=True) as session:
        waiting.set(await waiting_count(session))
