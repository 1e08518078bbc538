"""Delivery: a worker leases a workspace and posts what is ready there, in order of arrival, until nothing is left; then
the calls that we made, so that whoever asked before is known by then.

Every step may be repeated: crm-core knows an inquiry by its id, and what is recorded is guarded by its revision.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.client import PeerRefused, PeerUnavailable, ServiceClient
from leadkit.db import Database, driver_of
from leadkit.edge import WORKSPACE_HEADER
from leadkit.ids import new_id
from leadkit.leases import acquire, release
from leadkit.telemetry import request_id
from leadkit.waiting import pause
from prometheus_client import Counter, Histogram

from lead_intake.delivery import actions
from lead_intake.delivery.pacing import RUSH, WINDOW_S, Pace, pace_at
from lead_intake.delivery.rules import HALVED, not_now, outcome_of, outcome_of_call, parked
from lead_intake.submissions.outcomes import (
    Outcome,
    Ready,
    arrived_since,
    ready,
    record_attempts,
    record_outcomes,
)

BATCH_CHARACTERS = 4 * 1024 * 1024
LOOK_EVERY_S = 0.1
LEASE_S = 15  # what a killed worker holds back; two at once would only repeat what crm-core takes once
ANSWER_WITHIN_S = 12
AT_ONCE = 4
TURN_S = 2.0  # then it is looked again who else has something: one workspace's million must not keep the others waiting

log = structlog.get_logger()
delivered_total = Counter("leadflow_deliveries_total", "Inquiries and calls handed to crm-core", ["status"])
failed_total = Counter("leadflow_delivery_failures_total", "Requests to crm-core that failed as a whole")
lag_seconds = Histogram(
    "leadflow_delivery_lag_seconds",
    "From receipt to the record of crm-core's answer",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600),
)


class Deliverer:
    """The delivery of one worker process. At `rush` forms a second it leaves the machine to the door (`pacing`)."""

    def __init__(self, db: Database, core: ServiceClient, *, rush: int = RUSH) -> None:
        self._db = db
        self._core = core
        self._rush = rush
        self._holder = new_id()

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers until `stop` is set; the batch at hand is finished, its lease given back."""
        while not stop.is_set():
            if not await self.step(stop):
                await pause(stop, LOOK_EVERY_S)

    async def step(self, stop: asyncio.Event | None = None) -> int:
        """Delivers what is due in all workspaces; answers how many submissions were decided."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            due = await actions.workspaces_due(session, now=clock.now())
        turn = asyncio.Semaphore(AT_ONCE)

        async def deliver(workspace_id: UUID) -> int:
            async with turn:
                return await self._deliver_workspace(workspace_id, stop)

        return sum(await asyncio.gather(*(deliver(workspace_id) for workspace_id in due)))

    async def _deliver_workspace(self, workspace_id: UUID, stop: asyncio.Event | None) -> int:
        """Batch after batch; while what came of one is being recorded, the next is on its way. While the door is busy
        there is a rest after each."""
        request_id.set(str(new_id()))
        decided, now = 0, asyncio.get_running_loop().time
        turn_ends = now() + TURN_S
        recording: asyncio.Task[None] | None = None
        under_way: list[Ready] = []
        try:
            while now() < turn_ends and not (stop and stop.is_set()):
                began = now()
                batch, failures, pace = await self._next(workspace_id, but=under_way)
                outcomes = await self._answered(workspace_id, batch, failures) if batch else None
                if outcomes is None:
                    break
                if recording is not None:
                    await recording
                recording, under_way = asyncio.create_task(self._record(workspace_id, batch, outcomes, failures)), batch
                if not all(one.answered for one in outcomes):
                    break
                decided += len(batch)
                if failures:
                    await recording  # it says that crm-core is back: the next batch is a whole one again
                if rest_s := pace.rest_s(now() - began):
                    await pause(stop or asyncio.Event(), rest_s)
        finally:
            if recording is not None:
                await recording
            async with self._db.transaction(role="worker") as session:
                await release(session, _lease(workspace_id), self._holder)
        return decided

    async def _next(self, workspace_id: UUID, *, but: Sequence[Ready]) -> tuple[list[Ready], int, Pace]:
        """The next batch, if the lease is ours, without those that are being recorded; after a failure a single one,
        to see whether crm-core is back. And how busy the door is."""
        async with self._db.transaction(role="worker") as session:
            if not await acquire(session, _lease(workspace_id), self._holder, LEASE_S):
                return [], 0, pace_at(0, rush=self._rush)
            failures = await actions.failures_of(session, workspace_id)
            connection = await driver_of(session)
            pace = await self._pace(connection, workspace_id)
            limit = 1 if failures else pace.batch
            found = await ready(connection, workspace_id, limit, but=[one.id for one in but])
        return _bounded(found), failures, pace

    async def _pace(self, connection: Any, workspace_id: UUID) -> Pace:
        since = clock.now() - timedelta(seconds=WINDOW_S)
        arrived = await arrived_since(connection, workspace_id, since, most=self._rush)
        return pace_at(arrived / WINDOW_S, rush=self._rush)

    async def _answered(self, workspace_id: UUID, batch: list[Ready], failures: int) -> list[Outcome] | None:
        """What crm-core says to a batch; None, and the workspace pauses, when it cannot take any now."""
        try:
            return await self._send(workspace_id, batch)
        except (PeerUnavailable, PeerRefused) as error:
            await self._failed(workspace_id, batch, failures + 1, error)
            return None

    async def _send(self, workspace_id: UUID, batch: Sequence[Ready]) -> list[Outcome]:
        """What crm-core says to each; a batch that it refuses as a whole is halved down to the one it is about."""
        calls = batch[0].is_call
        body = '{"items":[' + ",".join([one.inquiry for one in batch]) + "]}"
        try:
            answer = await self._core.post(
                "/v1/calls" if calls else "/v1/inquiries",
                body.encode(),
                headers={WORKSPACE_HEADER: str(workspace_id)},
                timeout_s=ANSWER_WITHIN_S,
            )
        except PeerRefused as refusal:
            if refusal.status not in HALVED:
                raise
            if len(batch) == 1:
                return [parked(batch[0], refusal.status, refusal.problem)]
            middle = len(batch) // 2
            return [
                *await self._send(workspace_id, batch[:middle]),
                *await self._send(workspace_id, batch[middle:]),
            ]
        by_index = {item["index"]: item for item in answer["results"]}
        missing = {"status": 500, "problem": {"detail": "crm-core did not answer for this item"}}
        read = outcome_of_call if calls else outcome_of
        return [read(one, by_index.get(index, missing)) for index, one in enumerate(batch)]

    async def _record(
        self, workspace_id: UUID, batch: Sequence[Ready], outcomes: Sequence[Outcome], failures: int
    ) -> None:
        """When some were not answered now, the workspace pauses, as after a request that failed."""
        async with self._db.transaction(role="worker") as session:
            now, connection = clock.now(), await driver_of(session)
            decided = [(one, outcome) for one, outcome in zip(batch, outcomes, strict=True) if outcome.answered]
            left = [outcome for outcome in outcomes if not outcome.answered]
            calls = batch[0].is_call
            await record_outcomes(connection, workspace_id, [outcome for _, outcome in decided], calls=calls, now=now)
            if left:
                await record_attempts(connection, workspace_id, left, now=now)
                await actions.fail(session, workspace_id, "items not answered", failures=failures + 1, now=now)
            elif failures:
                await actions.succeed(session, workspace_id)
        for one, outcome in decided:
            delivered_total.labels(outcome.status).inc()
            lag_seconds.observe((now - one.received_at).total_seconds())

    async def _failed(
        self, workspace_id: UUID, batch: Sequence[Ready], failures: int, error: PeerUnavailable | PeerRefused
    ) -> None:
        failed_total.inc()
        log.error("delivery_failed", workspace_id=str(workspace_id), failures=failures, error=str(error))
        status = error.status if isinstance(error, PeerRefused) else None
        async with self._db.transaction(role="worker") as session:
            now = clock.now()
            tried = [not_now(one, status, {"detail": str(error)}) for one in batch]
            await record_attempts(await driver_of(session), workspace_id, tried, now=now)
            await actions.fail(session, workspace_id, str(error), failures=failures, now=now)


def _lease(workspace_id: UUID) -> str:
    return f"delivery:{workspace_id}"


def _bounded(found: list[Ready]) -> list[Ready]:
    """As many of the first as make a request of a reasonable size."""
    size = 0
    for place, one in enumerate(found):
        size += len(one.inquiry)
        if size > BATCH_CHARACTERS and place:
            return found[:place]
    return found
