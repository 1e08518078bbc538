"""What requests wait for runs where they run."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.documents import SERVICES, make_app


def _routes(routes: Any) -> Iterator[Any]:
    for route in routes:
        if hasattr(route, "dependant"):
            yield route
        elif hasattr(route, "original_router"):
            yield from _routes(route.original_router.routes)


def _called(dependant: Any) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _called(each)


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_that_a_request_waits_for_goes_through_a_thread(service: str) -> None:
    calls = {call for route in _routes(make_app(service).routes) for call in _called(route.dependant)}
    assert len(calls) > 30
    assert [f"{call.__module__}.{call.__qualname__}" for call in calls if not inspect.iscoroutinefunction(call)] == []
