"""A new generation of cells is built beside the one that is read, and equals it fact by fact."""

import asyncio
from datetime import timedelta
from functools import partial
from unittest.mock import patch
from zoneinfo import ZoneInfo

from analytics.projections import generations, halves
from analytics.projections.cells import Frame
from analytics.projections.helping import joined
from analytics.projections.tables import Generation, cell
from hypothesis import given, settings
from leadkit import clock
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from sqlalchemy import select, text

from tests.analytics.projections.conftest import Projected, counted_from_scratch
from tests.analytics.projections.histories import deal, lead, seeds, submission, told_batches, workspace


async def _begin(projected: Projected) -> int:
    async with projected.db.transaction(role="worker") as session:
        return await generations.begin(session, projected.workspace_id, now=clock.now())


async def _chunk(projected: Projected, limit: int, *, helped: bool = False) -> bool:
    beside = partial(projected.db.transaction, role="worker") if helped else None
    async with projected.db.transaction(role="worker") as session:
        return await generations.build_chunk(
            session, projected.workspace_id, now=clock.now(), limit=limit, beside=beside
        )


async def _active(projected: Projected) -> Generation:
    async with projected.db.transaction(role="worker", read_only=True) as session:
        statement = select(Generation).where(
            Generation.workspace_id == projected.workspace_id, Generation.state == "active"
        )
        return (await session.scalars(statement)).one()


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
async def test_a_generation_built_while_events_come_in_equals_a_count_of_the_newest_states(
    running_analytics: RunningService, seed: int
) -> None:
    projected = Projected(running_analytics.db)
    batches, later = told_batches(seed), told_batches(seed + 1)
    for batch in batches:
        await projected.tell(*batch)
    with patch.object(halves, "HALVED_FROM", 2):
        built, pages, going_on = await _begin(projected), list(later), True
        while going_on or pages:
            # Events come in at every stage of the build, its end and what lies after it included.
            for number in range(seed % 4 + 1):
                going_on = await _chunk(projected, 1 + seed % 2, helped=bool(number % 3))
            if pages:
                await projected.tell(*pages.pop(0))
    events = [event for batch in (*batches, *later) for event in batch]
    active = await _active(projected)
    assert active.number == built
    frame = Frame(ZoneInfo(active.time_zone), active.currency)
    assert await projected.cells() == counted_from_scratch(projected.workspace_id, events, frame)


async def test_a_second_connection_joins_a_build_past_events_that_wait_for_it(projected: Projected) -> None:
    await projected.tell(("lead.created", lead()))
    beside = partial(projected.db.transaction, role="worker")
    async with beside() as builder:
        await generations.hold(builder, projected.workspace_id, to_build=True)
        waiting = asyncio.create_task(projected.tell(("lead.created", lead())))
        while not await builder.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            pass  # each look lets the other task go on
        async with asyncio.timeout(5), joined(beside, projected.workspace_id):
            await builder.commit()
            assert await projected.number("leads") == 1
            assert not waiting.done()
    await waiting
    assert await projected.number("leads") == 2


async def test_old_cells_are_read_until_the_new_ones_are_whole(projected: Projected) -> None:
    await projected.tell(*(("lead.created", lead()) for _ in range(3)))
    before = await projected.cells()
    await _begin(projected)
    while True:
        assert await projected.cells() == before
        if not await _chunk(projected, 1):
            break


async def test_many_deals_of_one_lead_hide_no_other_deal_from_a_build(projected: Projected) -> None:
    first, second, third = sorted(str(new_id()) for _ in range(3))
    deals = [deal(lead_id=first), deal(lead_id=first), deal(lead_id=second)]
    await projected.tell(*(("deal.created", each) for each in deals), ("lead.created", lead(id=third)))
    await _begin(projected)
    while await _chunk(projected, 2):
        pass
    assert await projected.number("deals") == 3


async def test_a_change_of_zone_moves_facts_to_their_new_days(projected: Projected) -> None:
    zone = workspace(time_zone="Europe/Moscow")
    await projected.tell(("workspace.created", zone), ("lead.created", lead()))
    await projected.tell(("workspace.updated", zone | {"version": 2, "time_zone": "Asia/Vladivostok"}))
    days = await _days(projected)
    await projected.settle()
    assert days == {27}
    assert await _days(projected) == {28}


async def _days(projected: Projected) -> set[int]:
    return {key[3].day for key in await projected.cells() if key[2] == "day" and key[-1] == "leads"}


async def test_a_zone_that_changes_again_during_a_build_wins(projected: Projected) -> None:
    zone = workspace(time_zone="Europe/Moscow")
    await projected.tell(("workspace.created", zone), ("lead.created", lead()))
    await projected.tell(("workspace.updated", zone | {"version": 2, "time_zone": "Asia/Vladivostok"}))
    await _begin(projected)
    await projected.tell(("workspace.updated", zone | {"version": 3, "time_zone": "America/New_York"}))
    await projected.settle()
    assert (await _active(projected)).time_zone == "America/New_York"
    assert await _days(projected) == {27}


async def test_cells_counted_by_older_rules_are_counted_anew(projected: Projected) -> None:
    await projected.tell(("submission.recorded", submission()))
    async with projected.db.transaction(role="worker") as session:
        row = (await session.scalars(select(Generation).where(Generation.workspace_id == projected.workspace_id))).one()
        row.rules -= 1
    await projected.settle()
    assert (await _active(projected)).number == 2
    assert await projected.number("submissions") == 1


async def test_a_build_that_a_crash_cut_off_is_finished_by_the_next_worker(projected: Projected) -> None:
    await projected.tell(*(("lead.created", lead()) for _ in range(3)))
    built = await _begin(projected)
    await _chunk(projected, 1)
    await projected.settle()
    assert (await _active(projected)).number == built
    assert await projected.number("leads") == 3


async def test_retired_cells_are_swept_after_a_while_and_never_before(projected: Projected) -> None:
    await projected.tell(("lead.created", lead()))
    await _begin(projected)
    await projected.settle()
    assert await _generations_with_cells(projected) == {1, 2}
    with clock.at(clock.now() + timedelta(minutes=2)):
        await projected.settle()
    assert await _generations_with_cells(projected) == {2}
    assert await projected.number("leads") == 1


async def _generations_with_cells(projected: Projected) -> set[int]:
    async with projected.db.transaction(role="worker", read_only=True) as session:
        statement = select(cell.c.generation).where(cell.c.workspace_id == projected.workspace_id)
        return set((await session.scalars(statement.group_by(cell.c.generation))).all())
