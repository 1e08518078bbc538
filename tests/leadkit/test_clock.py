"""The clock that tests set: it never stays set, whoever forgets what."""

import asyncio
from datetime import UTC, datetime, timedelta

from leadkit import clock

MOMENT = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


def test_blocks_in_each_other_end_one_after_the_other() -> None:
    with clock.at(MOMENT):
        with clock.at(MOMENT + timedelta(days=1)):
            assert clock.now() == MOMENT + timedelta(days=1)
        assert clock.now() == MOMENT
    assert clock.now() > MOMENT


async def test_tasks_that_set_it_side_by_side_are_told_and_it_runs_on() -> None:
    async def wait(days: int) -> None:
        with clock.at(MOMENT + timedelta(days=days)):
            await asyncio.sleep(0)

    ends = await asyncio.gather(wait(1), wait(2), return_exceptions=True)
    assert [type(end) for end in ends] == [RuntimeError, RuntimeError]
    assert clock.now() > MOMENT + timedelta(days=2)
