"""Running imports in the background: batch after batch, each committed together with how far the file has come.

Whoever holds an import's lease works on it. What was committed is never done again: a batch only counts when the run
still stands where the batch began, so a worker that was killed, or lost its lease, leaves nothing behind twice.
"""

import asyncio
import random
import tempfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import BinaryIO
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import kept
from leadkit.sealing import Sealer
from leadkit.waiting import pause
from prometheus_client import Counter

from lead_intake.driver import Lines
from lead_intake.imports import plan as plans
from lead_intake.imports import progress
from lead_intake.imports.batches import Batch, Rejection, RowReader, outcomes, without_repeats
from lead_intake.imports.looking import counted
from lead_intake.imports.plan import NotATable, plan_from
from lead_intake.imports.progress import Run, Step
from lead_intake.imports.queries import open_imports
from lead_intake.providers.base import SourceView
from lead_intake.receiving.failures import failure_of
from lead_intake.sources.queries import source_views
from lead_intake.submissions.repeats import content_behind
from lead_intake.submissions.storing import store

LOOK_EVERY_S = 0.5
LEASE_S = 15.0
AT_ONCE = 3  # a short file need not wait for the end of a long one
RACES = 6
NOT_STORABLE = "the row cannot be stored"
DEFECT = "a defect of ours: the log has the rest; send the file again when it is mended"

log = structlog.get_logger()
rows_total = Counter("leadflow_import_rows_total", "Rows of imported files dealt with", ["outcome"])

Interrupted = Callable[[], bool]


class Importer:
    """The imports of one worker process."""

    def __init__(self, db: Database, sealer: Sealer) -> None:
        self._db = db
        self._lines = Lines(db)
        self._sealer = sealer
        self._holder = new_id()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set; the batch at hand is finished, leases are given back."""
        running: dict[UUID, asyncio.Task[None]] = {}
        try:
            while not stop.is_set():
                await self._look(running, stop)
                await pause(stop, LOOK_EVERY_S)
            await asyncio.gather(*running.values(), return_exceptions=True)
        finally:
            for task in running.values():
                task.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)
            await self._lines.close()

    async def _look(self, running: dict[UUID, asyncio.Task[None]], stop: asyncio.Event) -> None:
        for import_id in [key for key, task in running.items() if task.done()]:
            await running.pop(import_id)  # a failure ends the loop, which starts again after a pause
        for workspace_id, import_id in await self._open():
            if len(running) < AT_ONCE and import_id not in running:
                running[import_id] = asyncio.create_task(self.work_on(workspace_id, import_id, stop))

    async def step(self) -> None:
        """Does all that is there to do, one after the other."""
        for workspace_id, import_id in await self._open():
            await self.work_on(workspace_id, import_id, None)
        await self._lines.close()

    async def _open(self) -> list[tuple[UUID, UUID]]:
        async with self._db.transaction(role="worker", read_only=True) as session:
            return list(await open_imports(session, limit=50))

    async def work_on(self, workspace_id: UUID, import_id: UUID, stop: asyncio.Event | None) -> None:
        """Goes on with an import, if nobody else does: to its end, or until `stop` is set."""
        async with kept(self._db, f"import:{import_id}", self._holder, LEASE_S) as lost:
            if lost is None:
                return
            with tempfile.TemporaryFile(prefix="leadflow-import-") as file:
                await self._read(workspace_id, import_id, file, lambda: lost() or bool(stop and stop.is_set()))

    async def _read(self, workspace_id: UUID, import_id: UUID, file: BinaryIO, interrupted: Interrupted) -> None:
        """The file out of the database, and its rows in batches from where the run stands."""
        async with self._db.transaction(workspace_id) as session:
            run = await progress.begin(session, workspace_id, import_id, now=clock.now())
            if run is None:
                return
            views = await source_views(session, workspace_id, [run.source_id], self._sealer)
        source = views[run.source_id]
        await self._fetch(run, file)
        plan = plan_from(run.plan)
        try:
            if not run.rows_counted and plan.layout.format == "csv":
                await self._count(run, await asyncio.to_thread(counted, file, plan))
            records = islice(plans.data(file, plan), run.rows_done, None)
            reader = RowReader(plan, source, headers={"import": str(run.id)})
            await self._work_through(run, reader.batches(records, now=clock.now), source, interrupted)
        except NotATable as error:
            await self._end(run, "failed", reason=str(error))
        except Exception as error:
            if failure_of(error) != "poison":
                raise
            log.error("import_failed", import_id=str(run.id), exc_info=error)
            await self._end(run, "failed", reason=DEFECT)

    async def _work_through(
        self, run: Run, batches: Iterator[Batch], source: SourceView, interrupted: Interrupted
    ) -> None:
        """While one batch is being stored the next is read, in a thread that leaves the loop free for others."""
        ahead = asyncio.Queue[Batch | None](maxsize=1)
        over = asyncio.Event()
        reading = asyncio.create_task(_read_ahead(batches, ahead, over))
        try:
            while (batch := await _next(ahead, reading)) is not None:
                if interrupted() or not await self._store(run, batch, source):
                    return
        finally:
            over.set()
            while not ahead.empty():
                ahead.get_nowait()
            await asyncio.gather(reading, return_exceptions=True)
        await self._end(run, "done", reason=None)

    async def _store(self, run: Run, batch: Batch, source: SourceView) -> bool:
        """Commits a batch; False when the run has been cancelled or another goes on with it.

        A row that the database refuses fails alone. Raises when the database is away: the run stays as it is.
        """
        for attempt in range(RACES):
            try:
                return await self._commit(run, batch, source)
            except Exception as error:
                failure = failure_of(error)
                if failure == "away" or (failure == "race" and attempt + 1 == RACES):
                    raise
                if failure == "poison":
                    log.warning("import_batch_poisoned", import_id=str(run.id), rows=batch.rows, exc_info=error)
                    break
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))
        return await self._store_one_by_one(run, batch, source)

    async def _store_one_by_one(self, run: Run, batch: Batch, source: SourceView) -> bool:
        """In the order of the file, since `rows_done` says how many of its first rows are dealt with."""
        if batch.rows == 1:
            ((record, _),) = batch.receipts
            return await self._commit(run, Batch([], [Rejection(record.line, NOT_STORABLE, record.cells)]), source)
        leadless = {one.line: one for one in batch.leadless}
        alone = [
            (record.line, Batch([(record, receipt)], [], [leadless[record.line]] if record.line in leadless else []))
            for record, receipt in batch.receipts
        ]
        alone += [(rejection.line, Batch([], [rejection])) for rejection in batch.rejections]
        for _, one in sorted(alone, key=lambda each: each[0]):
            if not await self._store(run, one, source):
                return False
        return True

    async def _commit(self, run: Run, batch: Batch, source: SourceView) -> bool:
        now = clock.now()
        async with self._lines.transaction(run.workspace_id) as connection:
            if not await progress.still_there(connection, run):
                return False
            keys = [receipt.drafts[0].dedup_key for _, receipt in batch.receipts]
            known = await content_behind(connection, run.workspace_id, source.id, [key for key in keys if key])
            fresh, repeats = without_repeats(batch, known)
            if fresh:
                await store(connection, run.workspace_id, fresh, now=now)
            step = Step(batch.rows, outcomes(fresh, repeats, len(batch.rejections)), batch.rejections + batch.leadless)
            await progress.advance(connection, run, step, now=now)
        run.count(step)
        for outcome, count in step.outcomes.items():
            rows_total.labels(outcome).inc(count)
        return True

    async def _fetch(self, run: Run, file: BinaryIO) -> None:
        number = 0
        while True:
            async with self._db.transaction(run.workspace_id, read_only=True) as session:
                piece = await progress.chunk(session, run, number)
            if piece is None:
                return
            file.write(await asyncio.to_thread(zlib.decompress, piece))
            number += 1

    async def _count(self, run: Run, rows: int) -> None:
        async with self._db.transaction(run.workspace_id) as session:
            await progress.keep_count(session, run, rows)

    async def _end(self, run: Run, status: str, *, reason: str | None) -> None:
        async with self._db.transaction(run.workspace_id) as session:
            await progress.end(session, run, status, reason=reason, now=clock.now())
        log.info("import_ended", import_id=str(run.id), status=status, rows=run.rows_done)


async def _read_ahead(batches: Iterator[Batch], ahead: "asyncio.Queue[Batch | None]", over: asyncio.Event) -> None:
    """Puts one batch after the other into the queue, at the end None; ends early when it is over."""
    batch: Batch | None = Batch()
    while batch is not None and not over.is_set():
        batch = await asyncio.to_thread(next, batches, None)
        await ahead.put(batch)


async def _next(ahead: "asyncio.Queue[Batch | None]", reading: "asyncio.Task[None]") -> Batch | None:
    """The next batch; raises what reading it has raised."""
    getting = asyncio.create_task(ahead.get())
    await asyncio.wait({getting, reading}, return_when=asyncio.FIRST_COMPLETED)
    if not getting.done() and ahead.empty():
        getting.cancel()
        await reading
    return await getting
