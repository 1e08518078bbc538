"""Group commit: requests that arrive while one batch is being committed make the next, each workspace its own.

The more arrives, the larger the batches and the fewer the commits; a lone request waits for nobody. Where enough wait,
a second batch goes in while the first is with the database, so that neither process stands still for the other. An
answer goes out after the commit of its batch, so what was acknowledged is on disk.
"""

import asyncio
import random
from collections import Counter as Counts
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog
from leadkit.problems import Internal, Unavailable
from prometheus_client import Counter, Histogram

from lead_intake.receiving.failures import Failure, failure_of
from lead_intake.submissions.drafts import Receipt, SubmissionDraft
from lead_intake.submissions.reading import unreadable

LARGEST_BATCH = 500
LARGEST_BATCH_BYTES = 32 * 1024 * 1024
AT_ONCE = 2
WORTH_ANOTHER = 8
MOST_WAITING = 20_000
MOST_WAITING_BYTES = 256 * 1024 * 1024
PATIENCE_S = 5.0
RETRY_EVERY_S = 0.1
NOT_STORABLE = "not_storable"

log = structlog.get_logger()
batch_size = Histogram(
    "leadflow_intake_batch_size", "Requests committed together", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 500)
)
submissions_total = Counter("leadflow_submissions_total", "Submissions stored", ["channel", "provider", "status"])

Waiting = tuple[Receipt, asyncio.Future[None]]

Store = Callable[[UUID, Sequence[Receipt]], Awaitable[None]]
"""Stores receipts of one workspace in one transaction and commits it."""


class _Line:
    """Who waits in one workspace, and how many batches of it are being committed."""

    __slots__ = ("committing", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self.committing = 0


class GroupCommit:
    """The batches of this process. The wait of a request is bounded: past it the answer is 503, and nothing is lost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines: dict[UUID, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self._bytes = 0

    async def committed(self, receipt: Receipt) -> list[UUID]:
        """The ids of the receipt's submissions, once they are on disk; raises `Unavailable`."""
        size = len(receipt.request.body)
        if self._count >= MOST_WAITING or self._bytes + size > MOST_WAITING_BYTES:
            raise Unavailable("Too much is waiting to be stored.")
        self._count += 1
        self._bytes += size
        try:
            future = asyncio.get_running_loop().create_future()
            self._enqueue(receipt, future)
            await future
        finally:
            self._count -= 1
            self._bytes -= size
        return receipt.submission_ids

    def _enqueue(self, receipt: Receipt, future: "asyncio.Future[None]") -> None:
        workspace_id = receipt.source.workspace_id
        line = self._lines.get(workspace_id)
        if line is None:
            line = self._lines[workspace_id] = _Line()
        line.waiting.append((receipt, future))
        if line.committing == 0 or (line.committing < AT_ONCE and len(line.waiting) >= WORTH_ANOTHER):
            line.committing += 1
            task = asyncio.create_task(self._commit_all(workspace_id, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _commit_all(self, workspace_id: UUID, line: "_Line") -> None:
        """Commits batch after batch until nobody of this workspace waits."""
        try:
            while line.waiting:
                await self._commit(workspace_id, _next_batch(line.waiting))
        finally:
            line.committing -= 1
            if line.committing == 0:
                del self._lines[workspace_id]
                for _, future in line.waiting:
                    future.cancel()

    async def _commit(self, workspace_id: UUID, batch: list[Waiting]) -> None:
        receipts = [receipt for receipt, _ in batch]
        batch_size.observe(len(batch))
        failure, error = await self._try(workspace_id, receipts)
        if failure == "poison" and len(batch) > 1:
            log.warning("batch_poisoned", size=len(batch), exc_info=error)
            for one in batch:
                await self._commit(workspace_id, [one])
            return
        if failure == "poison":
            log.error("request_poisoned", provider=receipts[0].source.provider, exc_info=error)
            receipts[0].drafts = [unreadable(receipts[0].request, receipts[0].source, NOT_STORABLE)]
            failure, error = await self._try(workspace_id, receipts)
        for _, future in batch:
            if not future.done():
                _resolve(future, failure)
        if failure is None:
            _count_outcomes(receipts)

    async def _try(self, workspace_id: UUID, receipts: Sequence[Receipt]) -> tuple[Failure | None, Exception | None]:
        """Stores, again after a lost race, and for a while when the database is away."""
        failure: Failure | None = None
        error: Exception | None = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    try:
                        await self._store(workspace_id, receipts)
                        return None, None
                    except Exception as raised:
                        failure, error = failure_of(raised), raised
                    if failure == "poison":
                        return failure, error
                    await asyncio.sleep(RETRY_EVERY_S * random.uniform(0.1, 1))
        except TimeoutError:
            log.warning("batch_not_stored", size=len(receipts), error=type(error).__name__)
            return "away", error


def _next_batch(waiting: deque[Waiting]) -> list[Waiting]:
    batch = [waiting.popleft()]
    size = len(batch[0][0].request.body)
    while waiting and len(batch) < LARGEST_BATCH:
        size += len(waiting[0][0].request.body)
        if size > LARGEST_BATCH_BYTES:
            break
        batch.append(waiting.popleft())
    return batch


def _resolve(future: "asyncio.Future[None]", failure: Failure | None) -> None:
    if failure is None:
        future.set_result(None)
    elif failure == "poison":
        future.set_exception(Internal())
    else:
        future.set_exception(Unavailable("The database does not answer now."))


def _count_outcomes(receipts: Sequence[Receipt]) -> None:
    counts = Counts(
        (draft.source.channel, draft.source.provider, _outcome(draft))
        for receipt in receipts
        for draft in receipt.drafts
    )
    for labels, count in counts.items():
        submissions_total.labels(*labels).inc(count)


def _outcome(draft: SubmissionDraft) -> str:
    return "joined" if draft.gathers and draft.answered is not None else draft.status
