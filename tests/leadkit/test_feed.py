"""The feed loses nothing, repeats nothing, and shows each workspace its own."""

import asyncio
import random
import time
from typing import Any
from uuid import UUID

import httpx
import pytest
from leadkit.client import PeerUnavailable
from leadkit.cloudevents import CloudEvent, position_of
from leadkit.consumer import FeedConsumer
from leadkit.contracts.common import Shape
from leadkit.ids import NIL, new_id
from leadkit.outbox import ANYTHING_RECENT, NewEvent, Sequencer, publish
from leadkit.testing.services import RunningService
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


class State(Shape):
    id: UUID
    version: int


def _event(workspace: UUID, version: int = 1) -> NewEvent:
    subject = new_id()
    return NewEvent("note.created", workspace, subject, State(id=subject, version=version))


async def _publish(toy: RunningService, count: int, workspace: UUID | None = None) -> None:
    async with toy.db.transaction(role="worker") as session:
        await publish(session, [_event(workspace or new_id()) for _ in range(count)])


async def _sequence_until(toy: RunningService, stop: asyncio.Event) -> None:
    sequencer = Sequencer(toy.db)
    await sequencer.run(stop)


async def _page_all(client: httpx.AsyncClient, last: str | None = None, limit: int = 7) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    while True:
        params = {"limit": str(limit), **({"lastEventId": last} if last else {})}
        page = (await client.get("/v1/events", params=params)).json()
        if not page:
            return seen
        seen += page
        last = page[-1]["id"]


async def test_looking_for_what_waits_goes_by_the_index_and_not_through_all_that_has_been_moved(
    toy: RunningService,
) -> None:
    await _publish(toy, 2000)
    async with toy.db.transaction(role="worker", read_only=True) as session:
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {ANYTHING_RECENT.replace('$1', ':id')}"), {"id": NIL}))
    assert "ix_outbox_event_id" in plan


async def test_a_reader_during_slow_commits_misses_nothing(toy: RunningService) -> None:
    """Eight writers hold their commits for random moments while a reader pages by cursor all the time."""
    written: list[str] = []
    seen: list[str] = []
    stop, dice = asyncio.Event(), random.Random(7)

    async def write() -> None:
        for _ in range(25):
            event = _event(new_id())
            async with toy.db.transaction(role="worker") as session:
                await publish(session, [event])
                await session.execute(text("SELECT pg_sleep(:s)"), {"s": dice.random() * 0.01})
            written.append(str(event.subject))

    async def read() -> None:
        last = None
        async with toy.client_as("platform") as client:
            while len(seen) < 8 * 25:
                params = {"limit": "5", "timeout": "2000", **({"lastEventId": last} if last else {})}
                page = (await client.get("/v1/events", params=params)).json()
                seen.extend(event["subject"] for event in page)
                last = page[-1]["id"] if page else last

    sequencing = asyncio.create_task(_sequence_until(toy, stop))
    async with asyncio.timeout(60):
        await asyncio.gather(read(), *(write() for _ in range(8)))
    stop.set()
    await sequencing
    assert len(seen) == len(set(seen))
    assert set(seen) == set(written)


async def test_two_sequencers_number_each_event_once(toy: RunningService) -> None:
    first, second = Sequencer(toy.db), Sequencer(toy.db)
    await _publish(toy, 3)
    assert await first.step() == 3
    await _publish(toy, 2)
    assert await second.step() == 0
    await first.give_back()
    assert await second.step() == 2
    assert await first.step() == 0
    await second.give_back()
    async with toy.client_as("platform") as client:
        assert len(await _page_all(client)) == 5


async def test_a_sequencer_that_slept_through_its_lease_writes_nothing_more(toy: RunningService) -> None:
    slept, awake = Sequencer(toy.db), Sequencer(toy.db)
    await slept.step()
    async with toy.db.transaction(role="worker") as session:
        await session.execute(text("UPDATE feed_counter SET leased_until = now() - interval '1 second'"))
    await _publish(toy, 1)
    assert await awake.step() == 1
    await _publish(toy, 1)
    assert await slept.step() == 0
    await awake.give_back()


async def test_a_workspace_sees_its_own_events_and_the_platform_all(toy: RunningService) -> None:
    mine, theirs = new_id(), new_id()
    await _publish(toy, 3, mine)
    await _publish(toy, 2, theirs)
    assert len(await toy.events()) == 5
    async with toy.client_as("admin", mine) as client:
        assert {event["workspaceid"] for event in await _page_all(client)} == {str(mine)}


async def test_an_event_id_names_its_place_when_the_event_is_gone(toy: RunningService) -> None:
    await _publish(toy, 4)
    second = (await toy.events())[1]["id"]
    async with toy.db.transaction(role="worker") as session:
        await session.execute(
            text("DELETE FROM feed WHERE event_id IN (SELECT event_id FROM feed ORDER BY position LIMIT 2)")
        )
    async with toy.client_as("platform") as client:
        assert len(await _page_all(client, second)) == 2


async def test_a_held_open_answer_comes_as_soon_as_there_is_an_event(toy: RunningService) -> None:
    stop = asyncio.Event()
    sequencing = asyncio.create_task(_sequence_until(toy, stop))
    async with toy.client_as("platform") as client:
        waiting = asyncio.create_task(client.get("/v1/events?timeout=20000"))
        await asyncio.wait([waiting], timeout=0.2)
        assert not waiting.done()
        began = time.monotonic()
        await _publish(toy, 1)
        assert len((await waiting).json()) == 1
    assert time.monotonic() - began < 5
    stop.set()
    await sequencing


async def test_an_unknown_type_is_refused_and_known_ones_filter(toy: RunningService) -> None:
    await _publish(toy, 1)
    await toy.sequence()
    async with toy.client_as("platform") as client:
        assert (await client.get("/v1/events?type=lead.flown")).status_code == 422
        assert len((await client.get("/v1/events?type=note.created")).json()) == 1


class Seen:
    """A consumer's handler that writes down what it was given, and fails when told to."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.fail = False

    async def __call__(self, session: AsyncSession, events: list[CloudEvent]) -> None:
        for event in events:
            await publish(session, [_event(event.workspaceid)])
        self.subjects += [event.subject for event in events]
        if self.fail:
            raise RuntimeError("killed between two lines")


async def test_a_page_that_failed_comes_again_and_its_effects_were_undone(toy: RunningService) -> None:
    await _publish(toy, 3)
    await toy.sequence()
    seen = Seen()
    consumer = FeedConsumer(toy.db, toy.peer("toy"), name="toy", handle=seen)
    seen.fail = True
    with pytest.raises(RuntimeError):
        await consumer.read_page()
    async with toy.db.transaction(role="worker") as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox")) == 0
    seen.fail = False
    assert await consumer.read_page() == 3
    assert await consumer.read_page() == 0
    assert len(seen.subjects) == 6


async def test_what_a_reader_does_not_ask_for_is_passed_over_once(toy: RunningService) -> None:
    other = NewEvent("note.forgotten", new_id(), new_id(), State(id=new_id(), version=1))
    consumer = FeedConsumer(toy.db, toy.peer("toy"), name="toy", handle=_nothing, types=("note.created",))
    places = []
    for happened in (_event(new_id()), other, other, _event(new_id())):
        async with toy.db.transaction(role="worker") as session:
            await publish(session, [happened])
        await toy.sequence()
        found = await consumer.read_page()
        async with toy.db.transaction(role="worker") as session:
            last = await session.scalar(text("SELECT last_event_id FROM feed_position"))
        places.append((found, position_of(last)))
    first = places[0][1]
    assert places == [(1, first), (0, first + 1), (0, first + 2), (1, first + 3)]


async def _nothing(_: AsyncSession, __: list[CloudEvent]) -> None:
    """A consumer's handler that is content."""


async def test_two_copies_of_a_consumer_do_not_both_handle(toy: RunningService) -> None:
    await _publish(toy, 1)
    await toy.sequence()
    first, second = (FeedConsumer(toy.db, toy.peer("toy"), name="toy", handle=Seen()) for _ in range(2))
    await first.read_page()
    await _publish(toy, 1)
    await toy.sequence()
    with pytest.raises(PeerUnavailable):
        await second.read_page()
    assert await first.read_page() == 2, "the new one, and the one that the first page caused"


async def test_a_consumer_stops_at_once_while_it_waits(toy: RunningService) -> None:
    consumer, stop = FeedConsumer(toy.db, toy.peer("toy"), name="toy", handle=Seen()), asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    await asyncio.wait([running], timeout=0.2)
    stop.set()
    async with asyncio.timeout(2):
        await running
    async with toy.db.transaction(role="worker") as session:
        assert await session.scalar(text("SELECT count(*) FROM lease")) == 0
