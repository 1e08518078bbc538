"""What a request names in its body: not being there is the request's fault, told at its place."""

from collections.abc import Awaitable
from typing import TypeVar

from leadkit.problems import FieldError, Invalid, NotFound

T = TypeVar("T")


async def named(pointer: str, reading: Awaitable[T]) -> T:
    """What `reading` finds; raises `Invalid` at `pointer` where it raises `NotFound` (not there, or not seen)."""
    try:
        return await reading
    except NotFound as unknown:
        raise Invalid.at(pointer, unknown.detail) from None


async def within(place: str, doing: Awaitable[T]) -> T:
    """What `doing` gives; what it calls `Invalid` is told below `place`, where the request has what it was given."""
    try:
        return await doing
    except Invalid as wrong:
        errors = [FieldError(pointer=place + one.pointer, detail=one.detail) for one in wrong.errors or ()]
        raise Invalid(wrong.detail, errors=errors) from None
