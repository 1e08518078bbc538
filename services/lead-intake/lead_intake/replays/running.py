"""Running replays: one at a time in a process, step by step; what a killed worker leaves another goes on with."""

import asyncio
from functools import partial
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import kept
from leadkit.sealing import Sealer
from leadkit.waiting import pause
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.replays.actions import take_step
from lead_intake.replays.queries import open_replays

LOOK_EVERY_S = 1.0
LEASE_S = 15.0


class Replayer:
    """The replays of one worker process."""

    def __init__(self, db: Database, sealer: Sealer) -> None:
        self._db = db
        self._sealer = sealer
        self._holder = new_id()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; the step at hand is finished."""
        while not stop.is_set():
            await self.step(stop)
            await pause(stop, LOOK_EVERY_S)

    async def step(self, stop: asyncio.Event | None = None) -> None:
        """Takes what is open to its end, one after the other."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            waiting = await open_replays(session, limit=20)
        for workspace_id, replay_id in waiting:
            async with kept(self._db, f"replay:{replay_id}", self._holder, LEASE_S) as lost:
                going = lost is not None
                while going and lost is not None and not lost() and not (stop and stop.is_set()):
                    going = await self._db.retrying(partial(self._take, replay_id, workspace_id), workspace_id)

    async def _take(self, replay_id: UUID, workspace_id: UUID, session: AsyncSession) -> bool:
        return await take_step(session, replay_id, self._sealer, workspace_id=workspace_id, now=clock.now())
