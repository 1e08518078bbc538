"""Confirms subscriptions: the notice is stored and acknowledged at the door, the worker visits the address in it.

Visiting twice changes nothing, so neither a lease nor a table is needed: what is to be done stands in the submission's
reason.
"""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import httpx
import structlog
from leadkit import clock
from leadkit.db import Database, driver_of
from leadkit.waiting import pause

from lead_intake.providers.ses_sns import TO_CONFIRM, subscribe_url
from lead_intake.submissions.actions import give_reason
from lead_intake.submissions.gathering import raws_of
from lead_intake.submissions.queries import Waiting, waiting_for

CONFIRMED = "subscription_confirmed"
REFUSED = "subscription_refused"
EXPIRED = "subscription_expired"
VALID_FOR = timedelta(days=3)
LOOK_EVERY_S = 5
WITHIN_S = 10.0
LONGEST_PAUSE_S = 600

log = structlog.get_logger()


class Confirmer:
    """The confirming of one worker process."""

    def __init__(self, db: Database, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._db = db
        self._transport = transport
        self._tried: dict[UUID, tuple[int, float]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Confirms until `stop` is set."""
        while not stop.is_set():
            await self.step()
            await pause(stop, LOOK_EVERY_S)

    async def step(self) -> None:
        """Visits what is due; one that did not answer is tried again, after a longer pause each time."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            waiting = await waiting_for(session, TO_CONFIRM, most=20)
        for one in waiting:
            if self._tried.get(one.id, (0, 0.0))[1] <= time.monotonic():
                await self._confirm(one)

    async def _confirm(self, one: Waiting) -> None:
        outcome = await self._outcome(one)
        if outcome is None:
            failures = self._tried.get(one.id, (0, 0.0))[0] + 1
            self._tried[one.id] = (failures, time.monotonic() + min(LONGEST_PAUSE_S, 5 * 2**failures))
            return
        self._tried.pop(one.id, None)
        log.info("subscription", outcome=outcome)
        async with self._db.transaction(one.workspace_id, role="worker") as session:
            await give_reason(
                session, one.id, before=TO_CONFIRM, reason=outcome, workspace_id=one.workspace_id, now=clock.now()
            )

    async def _outcome(self, one: Waiting) -> str | None:
        """What became of it; None when Amazon does not answer now."""
        if clock.now() - one.received_at > VALID_FOR:
            return EXPIRED
        async with self._db.transaction(one.workspace_id, role="worker", read_only=True) as session:
            raws = (await raws_of(await driver_of(session), one.workspace_id, [one.id])).get(one.id, [])
        url = subscribe_url(raws[0].request) if raws else None
        if url is None:
            return REFUSED
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=WITHIN_S, trust_env=False) as client:
                status = (await client.get(url)).status_code
        except httpx.HTTPError as error:
            log.warning("subscription_not_confirmed", error=type(error).__name__)
            return None
        if status < 300:
            return CONFIRMED
        return None if status >= 500 or status == 429 else REFUSED
