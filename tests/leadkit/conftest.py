from collections.abc import AsyncIterator

import pytest_asyncio
from leadkit.embedded.cluster import Cluster
from leadkit.settings import ServiceSettings
from leadkit.testing.databases import TestDatabase
from leadkit.testing.services import RunningService, running

from tests.leadkit.toy.service import FOLDER, create, races


@pytest_asyncio.fixture(scope="session")
async def running_toy(cluster: Cluster) -> AsyncIterator[RunningService]:
    # The roles are the cluster's, and belong to the login that made them: crm-core's, in whichever test comes first.
    database = TestDatabase(cluster, "leadflow_toy", "leadflow_core")
    await database.migrate("core", FOLDER)
    settings = ServiceSettings(database_url=database.url, port=0, requests_per_minute=100_000)
    async with running(create(settings), database) as service:
        yield service


@pytest_asyncio.fixture
async def toy(running_toy: RunningService) -> RunningService:
    await running_toy.database.empty()
    await running_toy.trust_test_tokens()
    races["left"] = 0
    return running_toy
