"""The shop whose numbers these tests know by hand."""

from collections.abc import AsyncIterator

import pytest_asyncio
from leadkit import clock
from leadkit.testing.services import RunningService

from tests.analytics.conftest import Books, new_books
from tests.analytics.spring import NOW, SPEND, happen


@pytest_asyncio.fixture(scope="module")
async def shop(running_analytics: RunningService) -> AsyncIterator[Books]:
    """To be read only: a module's tests share it."""
    books = await new_books(running_analytics)
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
        yield books


@pytest_asyncio.fixture
async def own_shop(running_analytics: RunningService) -> AsyncIterator[Books]:
    """For a test that changes it."""
    books = await new_books(running_analytics)
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
        yield books
