"""Waiting that ends early when the process is asked to stop."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Returns after `seconds`, or at once when `stop` is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
