"""The shop whose numbers these tests know by hand."""

from collections.abc import AsyncIterator

import pytest_asyncio
from leadkit import clock

from tests.analytics.conftest import Books
from tests.analytics.spring import NOW, SPEND, happen


@pytest_asyncio.fixture
async def shop(books: Books) -> AsyncIterator[Books]:
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
        yield books
