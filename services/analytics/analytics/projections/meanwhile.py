"""Going on in Python while the database works on a statement."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")

TURNS: Final = 10
"""How often the event loop comes round until a statement has left: a page's is more than a socket takes at once."""


class Meanwhile:
    """The statement of a transaction that is under way; one at a time, as a connection can do.

    Half of projecting is PostgreSQL's work and half Python's, and most statements answer nothing that the next facts
    and sums need, or not at once: these are made while it works. Leaving the block waits for the last one and raises
    its error.
    """

    def __init__(self) -> None:
        self._under_way: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self._end()
        elif self._under_way is not None:
            # The connection has to be at rest before its transaction is rolled back; one error is told, the first.
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def start(self, statement: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Waits for the one before, then sends this one; what it answers can be awaited."""
        try:
            await self._end()
        except BaseException:
            statement.close()
            raise
        self._under_way = sent = asyncio.create_task(statement)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return sent

    async def _end(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            await under_way
