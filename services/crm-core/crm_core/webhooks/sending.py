"""Sending: one endpoint by one worker at a time, under a lease; its events in order, and none waits for another's.

An attempt that was made but not written down, since the process was killed between, is made once more under the same
`webhook-id`.
"""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import httpcore
import orjson
import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import kept
from leadkit.outgoing import call, signed_headers
from leadkit.sealing import SealBroken
from leadkit.waiting import pause
from prometheus_client import Counter
from pydantic import SecretStr
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.webhooks import actions, queries
from crm_core.webhooks.fanning import fan_out
from crm_core.webhooks.queries import Due
from crm_core.webhooks.rules import GONE, IN_ORDER, TRIED_FOR, pause_after
from crm_core.webhooks.tables import Webhook, WebhookDelivery

LOOK_EVERY_S = 0.25
LEASE_S = 20
TURN_S = 20.0
AT_ONCE = 100
MOST_ATTEMPTS_SHOWN = 20

log = structlog.get_logger()
sent_total = Counter("leadflow_webhook_attempts_total", "Attempts to deliver to webhooks", ["result"])


class Answer(NamedTuple):
    """What came of an attempt; `status` is None when there was no answer, and `error` says why."""

    status: int | None
    error: str | None
    response: str | None
    milliseconds: int
    retry_after_s: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """The webhooks of one worker process."""

    def __init__(self, db: Database, pool: httpcore.AsyncConnectionPool, data_key: SecretStr, source: str) -> None:
        self._db = db
        self._pool = pool
        self._data_key = data_key
        self._source = source
        self._busy: dict[UUID, asyncio.Task[None]] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._jitter = random.Random()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; attempts under way are ended and written down."""
        try:
            while not stop.is_set():
                if not await self.step():
                    await pause(stop, LOOK_EVERY_S)
        finally:
            await self.settle()
            await self._pool.aclose()

    async def step(self) -> int:
        """Makes deliveries of new events, and begins to serve whatever endpoint has something due and is not served."""
        made = await fan_out(self._db, self._source)
        async with self._db.transaction(role="worker", read_only=True) as session:
            due = await queries.with_something_to_send(session, now=clock.now())
        for one in due:
            if one.id not in self._busy:
                task = asyncio.create_task(self._serve(one))
                self._busy[one.id] = task
                task.add_done_callback(self._served(one.id))
        return made

    async def settle(self) -> None:
        """Waits for what is under way."""
        while self._busy:
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    def _served(self, webhook_id: UUID) -> Callable[[asyncio.Task[None]], None]:
        def done(task: asyncio.Task[None]) -> None:
            self._busy.pop(webhook_id, None)
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("webhook_not_served", webhook_id=str(webhook_id), exc_info=error)

        return done

    async def _serve(self, due: Due) -> None:
        """Sends what is due there, one after the other, for a turn."""
        ends = time.monotonic() + TURN_S
        async with self._places, kept(self._db, f"webhook:{due.id}", new_id(), LEASE_S) as lost:
            while lost is not None and not lost() and time.monotonic() < ends:
                if not await self._send_next(due):
                    return

    async def _send_next(self, due: Due) -> bool:
        """False when nothing more is to be sent now."""
        now = clock.now()
        async with self._db.transaction(due.workspace_id, role="worker", read_only=True) as session:
            webhook = await session.get(Webhook, (due.workspace_id, due.id))
            if webhook is None or not webhook.enabled or webhook.retry_at > now:
                return False
            delivery = await queries.next_delivery(session, webhook, now=now)
            if delivery is None:
                return False
        answer = await self._attempt(webhook, delivery, now)
        sent_total.labels("delivered" if answer.taken else "failed").inc()
        async with self._db.transaction(due.workspace_id, role="worker") as session:
            await self._note(session, due, delivery.id, answer, clock.now())
        return answer.taken

    async def _attempt(self, webhook: Webhook, delivery: WebhookDelivery, now: datetime) -> Answer:
        began = time.monotonic()
        try:
            keys = actions.secrets_of(webhook, self._data_key, now=now)
        except SealBroken:
            return Answer(None, "the secret cannot be opened with this LEADFLOW_DATA_KEY", None, 0)
        body = orjson.dumps(delivery.payload)
        signed = signed_headers(keys, delivery.event_id, int(now.timestamp()), body)
        called = await call(self._pool, webhook.url, body, signed)
        took = int((time.monotonic() - began) * 1000)
        return Answer(called.status, called.error, called.response, took, called.retry_after_s)

    async def _note(self, session: AsyncSession, due: Due, delivery_id: UUID, answer: Answer, now: datetime) -> None:
        """Writes down the attempt and what follows for the delivery and for the webhook."""
        found = queries.webhooks_of(due.workspace_id).where(Webhook.id == due.id)
        webhook: Webhook | None = await session.scalar(found.with_for_update())
        delivery = await session.get(WebhookDelivery, (due.workspace_id, delivery_id), with_for_update=True)
        if webhook is None or delivery is None:
            return
        attempt = {"at": now.isoformat(), **answer._asdict()}
        attempt.pop("retry_after_s")
        delivery.attempts = [*delivery.attempts, attempt][-MOST_ATTEMPTS_SHOWN:]
        if answer.taken:
            delivery.status, delivery.ended_at = "delivered", now
            await _recovered(session, webhook, now)
            return
        delivery.failures += 1
        delivery.first_failed_at = delivery.first_failed_at or now
        webhook.failures += 1
        webhook.failing_since = webhook.failing_since or now
        own = pause_after(delivery.failures, jitter=self._jitter, retry_after_s=answer.retry_after_s)
        all_of_it = pause_after(webhook.failures, jitter=self._jitter, retry_after_s=answer.retry_after_s)
        delivery.next_at = now + own
        # One that has just stepped aside, or is tried again by itself, holds back nobody, unless all of it is down.
        holds_back = delivery.failures < IN_ORDER or webhook.failures > IN_ORDER
        webhook.retry_at = now + all_of_it if holds_back else now
        if now - delivery.first_failed_at >= TRIED_FOR:
            delivery.status, delivery.ended_at = "failed", now
        if answer.status == GONE:
            await actions.disable(session, webhook, "gone", now=now)
        elif now - webhook.failing_since >= TRIED_FOR:
            await actions.disable(session, webhook, "failing", now=now)


async def _recovered(session: AsyncSession, webhook: Webhook, now: datetime) -> None:
    """An endpoint that was down altogether gets at once, in order, all that had stepped aside."""
    if webhook.failures > IN_ORDER:
        await session.execute(
            update(WebhookDelivery)
            .where(WebhookDelivery.workspace_id == webhook.workspace_id, WebhookDelivery.webhook_id == webhook.id)
            .where(WebhookDelivery.status == "waiting", WebhookDelivery.next_at > now)
            .values(next_at=now)
        )
    if webhook.failures:
        webhook.failures, webhook.failing_since, webhook.retry_at = 0, None, now
