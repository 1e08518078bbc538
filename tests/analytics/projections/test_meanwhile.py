"""What goes on while a statement is under way."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from analytics.projections.meanwhile import TURNS, Meanwhile


async def _worked_on() -> None:
    for _ in range(2 * TURNS):
        await asyncio.sleep(0)


async def _noted(notes: list[str], name: str) -> None:
    notes.append(f"{name} sent")
    await _worked_on()
    notes.append(f"{name} done")


async def _failing() -> None:
    await _worked_on()
    raise ValueError("the statement failed")


async def test_python_goes_on_while_one_statement_runs_and_the_next_waits_for_it() -> None:
    notes: list[str] = []
    async with Meanwhile() as meanwhile:
        await meanwhile.start(_noted(notes, "first"))
        notes.append("work")
        await meanwhile.start(_noted(notes, "second"))
    assert notes == ["first sent", "work", "first done", "second sent", "second done"]


async def _one_after_another(first: Coroutine[Any, Any, None], then: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async with Meanwhile() as meanwhile:
        await meanwhile.start(first)
        await meanwhile.start(then())


async def test_a_statement_that_fails_ends_the_block_with_its_error_and_nothing_is_sent_after_it() -> None:
    notes: list[str] = []
    with pytest.raises(ValueError, match="failed"):
        await _one_after_another(_failing(), lambda: _noted(notes, "next"))
    assert notes == []


async def test_an_error_of_the_block_waits_for_the_statement_under_way() -> None:
    notes: list[str] = []

    def broken() -> Coroutine[Any, Any, None]:
        raise KeyError

    with pytest.raises(KeyError):
        await _one_after_another(_noted(notes, "first"), broken)
    assert notes == ["first sent", "first done"]
