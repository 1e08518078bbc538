"""Group commit: requests that arrive while one batch is being committed make the next, each workspace its own.

The more arrives, the larger the batches and the fewer the commits; a lone request waits for nobody. Batches of a
workspace begin some milliseconds apart, since each costs this process and the database a fixed half a millisecond
(measured at 1,000 requests/s: both work a third less, and an answer takes 1.3 ms longer). Up to three batches
are under way, read one after the other and each with an even share of all who are there, so that this process reads
one while the database stores the others. Batches that take whoever waits end as one that has nearly all of them, beside
which this process stands still (measured: a third of its time). An answer goes out after the commit of its batch, so
what was acknowledged is on disk.

Who waits may be read only when the batch is made: one request after the other costs less than each between all that a
server does meanwhile (a tenth of the whole door, measured).
"""

import asyncio
import random
from collections import Counter as Counts
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog
from leadkit.problems import Internal, Problem, Unavailable
from prometheus_client import Counter, Histogram

from lead_intake.receiving.failures import Failure, failure_of
from lead_intake.submissions.drafts import Receipt, SubmissionDraft
from lead_intake.submissions.reading import unreadable

LARGEST_BATCH = 500
LARGEST_BATCH_BYTES = 32 * 1024 * 1024
AT_ONCE = 3
WORTH_ANOTHER = 8
APART_S = 0.003
READ_AT_ONCE = 16
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

Store = Callable[[UUID, Sequence[Receipt]], Awaitable[None]]
"""Stores receipts of one workspace in one transaction and commits it."""


class Waiting(Protocol):
    """Whoever waits in a workspace for a commit, with so many bytes. Is told once, of success or of failure."""

    workspace_id: UUID
    size: int

    def read(self) -> Receipt:
        """What is to be stored; asked for once, when the batch is made."""

    def stored(self, receipt: Receipt) -> None:
        """The receipt is on disk, or holds nothing to store."""

    def failed(self, problem: Problem) -> None:
        """It is not on disk."""


class _Task:
    """A task that waits, with what it has read already."""

    __slots__ = ("_receipt", "settled", "size", "workspace_id")

    def __init__(self, receipt: Receipt) -> None:
        self.workspace_id, self.size = receipt.source.workspace_id, len(receipt.request.body)
        self.settled: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._receipt = receipt

    def read(self) -> Receipt:
        return self._receipt

    def stored(self, receipt: Receipt) -> None:
        if not self.settled.done():
            self.settled.set_result(receipt)

    def failed(self, problem: Problem) -> None:
        if not self.settled.done():
            self.settled.set_exception(problem)


class _Batch(NamedTuple):
    """How many requests were taken, and those of them that are to be stored."""

    size: int
    read: list[tuple[Waiting, Receipt]]


class _Line:
    """Who waits in one workspace, how many batches of it are being committed, how many requests are in them, and when
    the next may begin."""

    __slots__ = ("_next_at", "committing", "under_way", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
        self._next_at = 0.0
        self.committing = 0
        self.under_way = 0

    def is_worth_a_batch(self, others: int) -> bool:
        """Whether to begin one beside `others`: of such a size that both take turns with the database."""
        if others == 0:
            return bool(self.waiting)
        return others < AT_ONCE and len(self.waiting) >= max(WORTH_ANOTHER, self.share // 2)

    def rests(self, seconds: float) -> None:
        """A batch begins now, and the next not before so long."""
        self._next_at = asyncio.get_running_loop().time() + seconds

    async def rested(self) -> None:
        """Comes back when the next batch may begin."""
        if (early := self._next_at - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(early)

    @property
    def share(self) -> int:
        """How many are in a batch when all that are here are spread evenly."""
        return max(WORTH_ANOTHER, -(-(len(self.waiting) + self.under_way) // AT_ONCE))


class GroupCommit:
    """The batches of this process. The wait of a request is bounded: past it the answer is 503, and nothing is lost."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lines: dict[UUID, _Line] = {}
        self._reading = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = 0
        self._bytes = 0

    async def committed(self, receipt: Receipt) -> list[UUID]:
        """The ids of the receipt's submissions, once they are on disk; raises `Unavailable`."""
        task = _Task(receipt)
        self.enqueue(task)
        return (await task.settled).submission_ids

    def enqueue(self, waiting: Waiting) -> None:
        """Puts it into the next batch, after which it is settled; raises `Unavailable` when too much waits."""
        if self._count >= MOST_WAITING or self._bytes + waiting.size > MOST_WAITING_BYTES:
            raise Unavailable("Too much is waiting to be stored.")
        self._count += 1
        self._bytes += waiting.size
        workspace_id = waiting.workspace_id
        line = self._lines.get(workspace_id)
        if line is None:
            line = self._lines[workspace_id] = _Line()
        line.waiting.append(waiting)
        if line.is_worth_a_batch(line.committing):
            line.committing += 1
            task = asyncio.create_task(self._commit_all(workspace_id, line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _commit_all(self, workspace_id: UUID, line: "_Line") -> None:
        """Commits batch after batch; who is left waiting at the end is taken by the batch beside this one."""
        try:
            while batch := await self._next(line):
                if batch.read:
                    await self._commit(workspace_id, batch.read)
                line.under_way -= batch.size
        finally:
            line.committing -= 1
            if line.committing == 0:
                del self._lines[workspace_id]
                for one in line.waiting:
                    self._settle(one, "away")

    async def _next(self, line: "_Line") -> "_Batch | None":
        """The line's next batch, once the one before it is read, unless it would be too small by then."""
        await line.rested()
        async with self._reading:
            if not line.is_worth_a_batch(line.committing - 1):
                return None
            line.rests(APART_S)
            batch = _next_batch(line.waiting, most=line.share)
            line.under_way += len(batch)
            return _Batch(len(batch), await self._read_all(batch))

    async def _read_all(self, batch: Sequence[Waiting]) -> list[tuple[Waiting, Receipt]]:
        """A few between two looks at the network, so that the database's answers to another batch are heard."""
        read = list[tuple[Waiting, Receipt]]()
        for number, waiting in enumerate(batch, 1):
            if receipt := self._read(waiting):
                read.append((waiting, receipt))
            if number % READ_AT_ONCE == 0:
                await asyncio.sleep(0)
        return read

    def _read(self, waiting: Waiting) -> Receipt | None:
        """None where there is nothing to store; that is settled."""
        try:
            receipt = waiting.read()
        except Exception as error:
            log.error("request_not_read", exc_info=error)
            self._settle(waiting, "poison")
            return None
        if receipt.drafts:
            return receipt
        self._settle(waiting, receipt)
        return None

    def _settle(self, waiting: Waiting, became: Receipt | Failure) -> None:
        self._count -= 1
        self._bytes -= waiting.size
        if isinstance(became, Receipt):
            waiting.stored(became)
        elif became == "poison":
            waiting.failed(Internal())
        else:
            waiting.failed(Unavailable("The database does not answer now."))

    async def _commit(self, workspace_id: UUID, batch: list[tuple[Waiting, Receipt]]) -> None:
        receipts = [receipt for _, receipt in batch]
        batch_size.observe(len(batch))
        failure, error = await self._try(workspace_id, receipts)
        if failure == "poison" and len(batch) > 1:
            log.warning("batch_poisoned", size=len(batch), exc_info=error)
            for pair in batch:
                await self._commit(workspace_id, [pair])
            return
        if failure == "poison":
            log.error("request_poisoned", provider=receipts[0].source.provider, exc_info=error)
            receipts[0].drafts = [unreadable(receipts[0].request, receipts[0].source, NOT_STORABLE)]
            failure, error = await self._try(workspace_id, receipts)
        for waiting, receipt in batch:
            self._settle(waiting, failure or receipt)
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


def _next_batch(waiting: deque[Waiting], *, most: int) -> list[Waiting]:
    batch = [waiting.popleft()]
    size = batch[0].size
    while waiting and len(batch) < min(most, LARGEST_BATCH):
        size += waiting[0].size
        if size > LARGEST_BATCH_BYTES:
            break
        batch.append(waiting.popleft())
    return batch


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
