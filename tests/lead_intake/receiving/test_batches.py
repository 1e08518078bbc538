"""Group commit: who comes while one batch is committed makes the next, and nobody suffers for a neighbour."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.receiving import batches
from lead_intake.receiving.batches import APART_S, NOT_STORABLE, WORTH_ANOTHER, GroupCommit
from lead_intake.receiving.committing import committing
from lead_intake.submissions.drafts import Receipt
from lead_intake.submissions.reading import read_receipt
from leadkit.ids import new_id
from leadkit.problems import Unavailable

from tests.lead_intake.workspace import Workspace

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)


def receipt(workspace_id: UUID, source_id: UUID, phone: str) -> Receipt:
    source = SourceView(id=source_id, workspace_id=workspace_id, channel="form", provider="generic")
    request = WireRequest(
        "POST", "", "", {"content-type": "application/json"}, f'{{"phone": "{phone}"}}'.encode(), NOON
    )
    return read_receipt(request, source, provider_named("generic"), request_id=None)


class Recorder:
    """Stores nothing; notes the batches, tells of the first ones, and holds each until let go."""

    def __init__(self, *, begins_with: int = 1) -> None:
        self.sizes: list[int] = []
        self.first = begins_with
        self.begun = asyncio.Event()
        self.another = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, workspace_id: UUID, receipts: Sequence[Receipt]) -> None:
        self.sizes.append(len(receipts))
        self.another.set()
        if len(self.sizes) >= self.first:
            self.begun.set()
        await self.go.wait()
        for one in receipts:
            one.submission_ids = [draft.id for draft in one.drafts]


async def test_who_comes_during_a_commit_makes_the_next_batch() -> None:
    store = Recorder()
    commits, workspace_id, source_id = GroupCommit(store), new_id(), new_id()
    first = asyncio.create_task(commits.committed(receipt(workspace_id, source_id, "89990001000")))
    await store.begun.wait()
    others = [
        asyncio.create_task(commits.committed(receipt(workspace_id, source_id, f"8999000{n:04}"))) for n in range(7)
    ]
    await asyncio.sleep(0)
    assert store.sizes == [1]
    store.go.set()
    ids = await asyncio.gather(first, *others)
    assert store.sizes == [1, 7]
    assert len({one for found in ids for one in found}) == 8


async def test_further_batches_go_in_beside_the_first_where_enough_wait_and_a_fourth_does_not() -> None:
    store = Recorder()
    commits, workspace_id, source_id = GroupCommit(store), new_id(), new_id()
    tasks: list[asyncio.Task[list[UUID]]] = []
    for size, batches_then in ((1, 1), (WORTH_ANOTHER - 1, 1), (1, 2), (5 * WORTH_ANOTHER, 3)):
        for number in range(size):
            one = receipt(workspace_id, source_id, f"8999{len(tasks):03}{number:04}")
            tasks.append(asyncio.create_task(commits.committed(one)))
        await asyncio.sleep(0)
        for _ in range(batches_then - len(store.sizes)):
            store.another.clear()
            await store.another.wait()
    assert store.sizes == [1, WORTH_ANOTHER, -(-(6 * WORTH_ANOTHER + 1) // 3)]
    store.go.set()
    await asyncio.gather(*tasks)
    assert sum(store.sizes) == len(tasks)


async def test_batches_begin_some_milliseconds_apart() -> None:
    store = Recorder()
    store.go.set()
    commits, workspace_id, source_id = GroupCommit(store), new_id(), new_id()
    await commits.committed(receipt(workspace_id, source_id, "89990001000"))
    first_begun = time.perf_counter()
    await commits.committed(receipt(workspace_id, source_id, "89990001001"))
    assert time.perf_counter() - first_begun > APART_S / 3


async def test_who_comes_at_once_is_shared_evenly_by_the_batches() -> None:
    store = Recorder(begins_with=3)
    commits, workspace_id, source_id = GroupCommit(store), new_id(), new_id()
    each = 2 * WORTH_ANOTHER
    receipts = [receipt(workspace_id, source_id, f"8999{number:07}") for number in range(3 * each)]
    tasks = [asyncio.create_task(commits.committed(one)) for one in receipts]
    await store.begun.wait()
    store.go.set()
    await asyncio.gather(*tasks)
    assert store.sizes == [each] * 3


async def test_workspaces_do_not_wait_for_each_other() -> None:
    held, free = Recorder(), Recorder()
    free.go.set()
    slow, quick = new_id(), new_id()

    async def store(workspace_id: UUID, receipts: Sequence[Receipt]) -> None:
        await (held if workspace_id == slow else free)(workspace_id, receipts)

    commits = GroupCommit(store)
    stuck = asyncio.create_task(commits.committed(receipt(slow, new_id(), "89990000001")))
    assert await commits.committed(receipt(quick, new_id(), "89990000002"))
    assert not stuck.done()
    held.go.set()
    await stuck


async def test_a_poisoned_row_fails_none_of_its_neighbours(workspace: Workspace) -> None:
    source_id = UUID((await workspace.source())["id"])
    receipts = [receipt(workspace.id, source_id, f"8999000{number:04}") for number in range(5)]
    receipts[2].drafts[0].inquiry = b'{"no json'
    commits = GroupCommit(committing(workspace.intake.app.state.lines))
    ids = await asyncio.gather(*(commits.committed(one) for one in receipts))
    stored = [await workspace.submission(str(found[0])) for found in ids]
    assert [one["status"] for one in stored] == ["ready", "ready", "unreadable", "ready", "ready"]
    assert stored[2]["reason"] == NOT_STORABLE
    assert stored[2]["raw"][0]["body"] == '{"phone": "89990000002"}'


async def test_what_was_committed_without_our_knowing_is_not_stored_twice(workspace: Workspace) -> None:
    source_id = UUID((await workspace.source())["id"])
    commit = committing(workspace.intake.app.state.lines)
    lost: list[int] = []

    async def store(workspace_id: UUID, receipts: Sequence[Receipt]) -> None:
        await commit(workspace_id, receipts)
        if not lost:
            lost.append(1)
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    commits = GroupCommit(store)
    found = await asyncio.gather(
        *(commits.committed(receipt(workspace.id, source_id, f"8999000000{n}")) for n in (1, 2))
    )
    assert len(await workspace.submissions()) == 2
    assert {str(one) for ids in found for one in ids} == {one["id"] for one in await workspace.submissions()}
    assert len(await workspace.intake.events("submission.recorded")) == 2


async def test_a_database_that_stays_away_is_503_in_bounded_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PATIENCE_S", 0.05)

    async def away(workspace_id: UUID, receipts: Sequence[Any]) -> None:
        raise ConnectionRefusedError

    commits = GroupCommit(away)
    workspace_id, source_id = new_id(), new_id()
    answers = await asyncio.gather(
        *(commits.committed(receipt(workspace_id, source_id, f"8999000{n:04}")) for n in range(20)),
        return_exceptions=True,
    )
    assert {type(answer) for answer in answers} == {Unavailable}
    assert all(isinstance(answer, Unavailable) and answer.headers["Retry-After"] for answer in answers)


async def test_past_what_memory_allows_the_answer_is_503_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_WAITING", 1)
    store = Recorder()
    commits, workspace_id = GroupCommit(store), new_id()
    first = asyncio.create_task(commits.committed(receipt(workspace_id, new_id(), "89990000001")))
    await store.begun.wait()
    with pytest.raises(Unavailable):
        await commits.committed(receipt(workspace_id, new_id(), "89990000002"))
    store.go.set()
    await first
