"""The background work on generations: rebuilds asked for, changes of zone, currency or rules, and sweeping after them.

Every step is a short transaction that locks its workspace and leaves a state from which any copy of the worker goes on,
so no lease is needed: two copies at once only take turns.
"""

import time
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.client import PeerRefused, PeerUnavailable, ServiceClient
from leadkit.cloudevents import CloudEvent
from leadkit.db import Database
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from analytics.projections import generations
from analytics.projections.measures import FAMILIES
from analytics.projections.projecting import project
from analytics.projections.tables import Rebuild

log = structlog.get_logger()

HELPED_FROM = 4
"""Connections of this process from which a build may take two, so that feeds need not wait for one."""

CORE_SNAPSHOTS = ("workspace", "team", "user", "pipeline", "loss_reason", "inquiry", "lead", "deal", "deadline")
INTAKE_SNAPSHOTS = ("source", "submission")


class Rebuilding:
    """Does what is due; `peers` are asked for snapshots only when a rebuild includes facts."""

    def __init__(self, db: Database, *, core: ServiceClient, intake: ServiceClient) -> None:
        self._db = db
        self._snapshots = [(core, kind) for kind in CORE_SNAPSHOTS] + [(intake, kind) for kind in INTAKE_SNAPSHOTS]

    async def step(self) -> None:
        """Everything due now: rebuilds first, then cells that are out of date, then what is left of old generations."""
        for workspace_id, rebuild_id in await self._open():
            await self.perform(workspace_id, rebuild_id)
        async with self._db.transaction(role="worker", read_only=True) as session:
            outdated = await generations.outdated(session)
        for workspace_id in outdated:
            await self._recount(workspace_id)
        await self._sweep()

    async def _open(self) -> Sequence[tuple[UUID, UUID]]:
        async with self._db.transaction(role="worker", read_only=True) as session:
            rows = await session.execute(
                select(Rebuild.workspace_id, Rebuild.id)
                .where(Rebuild.status.in_(("waiting", "facts", "cells")))
                .order_by(Rebuild.id)
            )
            return [(workspace_id, rebuild_id) for workspace_id, rebuild_id in rows]

    async def perform(self, workspace_id: UUID, rebuild_id: UUID) -> str:
        """Brings one rebuild to its end, from wherever it is, unless a peer is away; answers its status then."""
        try:
            status = await self._status(workspace_id, rebuild_id)
            if status in ("waiting", "facts"):
                await self._facts(workspace_id, rebuild_id)
            await self._build(workspace_id)
            await self._note(workspace_id, rebuild_id, status="done", finished_at=clock.now())
        except PeerUnavailable as error:
            log.warning("rebuild_waits_for_peer", workspace_id=str(workspace_id), error=str(error))
        except PeerRefused as error:
            log.error("rebuild_failed", workspace_id=str(workspace_id), error=str(error))
            await self._note(workspace_id, rebuild_id, status="failed", problem=str(error), finished_at=clock.now())
        return await self._status(workspace_id, rebuild_id)

    async def _facts(self, workspace_id: UUID, rebuild_id: UUID) -> None:
        """Reads the facts anew if that was asked for, then begins the generation that counts them."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            with_facts = await session.scalar(
                select(Rebuild.with_facts).where(Rebuild.workspace_id == workspace_id, Rebuild.id == rebuild_id)
            )
        if with_facts:
            await self._note(workspace_id, rebuild_id, status="facts", facts_read=0)
            for peer, kind in self._snapshots:
                await self._read_snapshot(peer, kind, workspace_id, rebuild_id)

        async def begun(session: AsyncSession) -> None:
            number = await generations.begin(session, workspace_id, now=clock.now())
            await _set(session, workspace_id, rebuild_id, status="cells", generation=number)

        await self._db.retrying(begun, role="worker")

    async def _read_snapshot(self, peer: ServiceClient, kind: str, workspace_id: UUID, rebuild_id: UUID) -> None:
        cursor: str | None = None
        while True:
            asked = {"type": kind, "limit": 1000, **({"cursor": cursor} if cursor else {})}
            page = await peer.get("/v1/snapshot", params=asked, timeout_s=30)
            states = [CloudEvent.model_validate(item) for item in page["items"]]
            own = [state for state in states if state.workspaceid == workspace_id]

            async def taken_in(session: AsyncSession, own: list[CloudEvent] = own) -> None:
                await project(session, own, now=clock.now(), again=True)
                await _set(session, workspace_id, rebuild_id, facts_read=Rebuild.facts_read + len(own))

            await self._db.retrying(taken_in, role="worker")
            if (cursor := page["next_cursor"]) is None:
                return

    async def _recount(self, workspace_id: UUID) -> None:
        """Builds a generation as it is wanted now; one that is being built for older wishes is begun anew."""

        async def begun(session: AsyncSession) -> None:
            if not await generations.building_as_wanted(session, workspace_id):
                await generations.begin(session, workspace_id, now=clock.now())

        await self._db.retrying(begun, role="worker")
        await self._build(workspace_id)

    async def _build(self, workspace_id: UUID) -> None:
        """Counts chunk after chunk; one that a busy server does not finish in time is tried again, smaller."""
        limit, more = generations.CHUNK, True
        beside = partial(self._db.transaction, role="worker") if self._has_two() else None

        async def chunk(session: AsyncSession) -> bool:
            return await generations.build_chunk(session, workspace_id, now=clock.now(), limit=limit, beside=beside)

        while more:
            began = time.monotonic()
            try:
                more = await self._db.retrying(chunk, role="worker")
            except TimeoutError:
                if limit == generations.LEAST:
                    raise
                log.warning("chunk_took_too_long", workspace_id=str(workspace_id), facts=limit)
                limit = generations.LEAST
            else:
                limit = generations.next_limit(limit, time.monotonic() - began)

    def _has_two(self) -> bool:
        pool = self._db.engine.pool
        return isinstance(pool, QueuePool) and pool.size() >= HELPED_FROM

    async def _sweep(self) -> None:
        async with self._db.transaction(role="worker", read_only=True) as session:
            retired = await generations.sweepable(session, now=clock.now())
        for workspace_id, number in retired:
            for family in FAMILIES:
                async with self._db.transaction(role="worker") as session:
                    await generations.sweep_family(session, workspace_id, number, family)
            async with self._db.transaction(role="worker") as session:
                await generations.forget(session, workspace_id, number)

    async def _status(self, workspace_id: UUID, rebuild_id: UUID) -> str:
        async with self._db.transaction(role="worker", read_only=True) as session:
            return str(
                await session.scalar(
                    select(Rebuild.status).where(Rebuild.workspace_id == workspace_id, Rebuild.id == rebuild_id)
                )
            )

    async def _note(self, workspace_id: UUID, rebuild_id: UUID, **values: object) -> None:
        async with self._db.transaction(role="worker") as session:
            await _set(session, workspace_id, rebuild_id, **values)


async def _set(session: AsyncSession, workspace_id: UUID, rebuild_id: UUID, **values: object) -> None:
    await session.execute(
        update(Rebuild).where(Rebuild.workspace_id == workspace_id, Rebuild.id == rebuild_id).values(**values)
    )
