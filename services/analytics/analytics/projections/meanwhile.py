"""Going on in Python while the database works on a statement."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self


class Meanwhile:
    """The statement of a transaction that is under way; one at a time, as a connection can do.

    Half of projecting is PostgreSQL's work and half Python's. What is written answers nothing that the facts and sums
    after it need, so these are made while it is. Leaving the block waits for the last one and raises its error.
    """

    def __init__(self) -> None:
        self._under_way: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.end()
        elif self._under_way is not None:
            # The connection has to be at rest before its transaction is rolled back; one error is told, the first.
            await asyncio.gather(self._under_way, return_exceptions=True)

    async def start(self, statement: Coroutine[Any, Any, Any]) -> None:
        """Waits for the one before, then sends this one."""
        try:
            await self.end()
        except BaseException:
            statement.close()
            raise
        self._under_way = asyncio.create_task(statement)
        await asyncio.sleep(0)

    async def end(self) -> None:
        """Waits for the statement under way, if any: before another one is run without `start`."""
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            await under_way
