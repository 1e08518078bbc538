"""Requests that arrive together are read a few at a time, so that whatever else the process does goes on between."""

import asyncio

from lead_intake.receiving.turns import Turns


async def test_what_arrives_together_passes_in_order_a_few_in_each_round() -> None:
    turns, passed, seen = Turns(each_round=4), list[int](), list[int]()

    async def passer(number: int) -> None:
        await turns.mine()
        passed.append(number)

    tasks = [asyncio.create_task(passer(number)) for number in range(10)]
    while len(passed) < 10:
        await asyncio.sleep(0)
        seen.append(len(passed))
    await asyncio.gather(*tasks)
    assert passed == list(range(10))
    assert max(later - before for before, later in zip([0, *seen], seen, strict=False)) <= 4


async def test_one_that_has_gone_takes_nobody_elses_turn_for_good() -> None:
    turns = Turns(each_round=1)
    await turns.mine()
    gone, next_one = (asyncio.create_task(turns.mine()) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait_for(next_one, 5)
