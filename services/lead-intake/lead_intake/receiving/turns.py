"""A few requests are read between two looks at the network, however many have arrived.

Requests that arrive together would else be read one after the other before the database's answers are heard: it would
stand still meanwhile, and then they would all wait for it.
"""

import asyncio
from collections import deque


class Turns:
    """Lets `each_round` tasks pass in one round of the event loop; the others pass in the next ones, in order."""

    def __init__(self, each_round: int) -> None:
        self._each_round = each_round
        self._passed = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def mine(self) -> None:
        """Returns at once while this round has room and nobody waits."""
        if self._passed < self._each_round:
            if self._passed == 0:
                asyncio.get_running_loop().call_soon(self._next_round)
            self._passed += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _next_round(self) -> None:
        self._passed = min(self._each_round, len(self._waiting))
        if self._passed:
            asyncio.get_running_loop().call_soon(self._next_round)
        for _ in range(self._passed):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
