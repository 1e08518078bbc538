"""The mailboxes that this worker reads: those whose lease it gets, as long as their sources stay as they are."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import acquire, release
from leadkit.sealing import SealBroken, Sealer
from leadkit.waiting import pause

from lead_intake.mailboxes.actions import fail
from lead_intake.mailboxes.following import LEASE_S, Follower, lease_of
from lead_intake.mailboxes.queries import mailboxes_due
from lead_intake.sources.queries import MailboxSource, source_views

LOOK_EVERY_S = 2


@dataclass(slots=True)
class _Running:
    version: int
    task: "asyncio.Task[None]"


class Mailboxes:
    """All mailboxes of one worker process."""

    def __init__(self, db: Database, sealer: Sealer) -> None:
        self._db = db
        self._sealer = sealer
        self._holder = new_id()
        self._running: dict[UUID, _Running] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Reads until `stop` is set; the leases are given back."""
        try:
            while not stop.is_set():
                await self.step(stop)
                await pause(stop, LOOK_EVERY_S)
        finally:
            for source_id in list(self._running):
                await self._end(source_id)

    async def step(self, stop: asyncio.Event) -> None:
        """Begins with mailboxes that are new, ends with those that are changed or gone."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            due = {one.source_id: one for one in await mailboxes_due(session, now=clock.now())}
        for source_id, running in list(self._running.items()):
            wanted = due.get(source_id)
            if running.task.done() or wanted is None or wanted.version != running.version:
                await self._end(source_id)
        for source_id, one in due.items():
            if source_id not in self._running:
                await self._begin(one, stop)

    async def _begin(self, one: MailboxSource, stop: asyncio.Event) -> None:
        async with self._db.transaction(role="worker") as session:
            if not await acquire(session, lease_of(one.source_id), self._holder, LEASE_S):
                return
            try:
                views = await source_views(session, one.workspace_id, [one.source_id], self._sealer)
            except SealBroken:
                await fail(session, one.workspace_id, one.source_id, "", "secrets_unreadable", now=clock.now())
                return
        follower = Follower(self._db, views[one.source_id], self._holder)
        self._running[one.source_id] = _Running(one.version, asyncio.create_task(follower.follow(stop)))

    async def _end(self, source_id: UUID) -> None:
        """Raises what the reading raised: the worker's frame logs it and begins anew."""
        running = self._running.pop(source_id)
        running.task.cancel()
        (outcome,) = await asyncio.gather(running.task, return_exceptions=True)
        async with self._db.transaction(role="worker") as session:
            await release(session, lease_of(source_id), self._holder)
        if isinstance(outcome, Exception):
            raise outcome
