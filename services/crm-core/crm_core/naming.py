"""What a request names in its body: not being there is the request's fault, told at its place."""

from collections.abc import Awaitable
from typing import TypeVar

from leadkit.problems import Invalid, NotFound

T = TypeVar("T")


async def named(pointer: str, reading: Awaitable[T]) -> T:
    """What `reading` finds; raises `Invalid` at `pointer` where it raises `NotFound` (not there, or not seen)."""
    try:
        return await reading
    except NotFound as unknown:
        raise Invalid.at(pointer, unknown.detail) from None
