"""What all tests share: a PostgreSQL of this test process, and the three services running in it.

`core`, `intake` and `analytics` are running services with empty tables, `browser` is a real one. A test that needs none
of them starts nothing. Tests that use `browser` bear `xdist_group("browser")`, so that it is started once.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from leadkit.embedded.cluster import Cluster, throwaway
from leadkit.telemetry import configure_logging
from leadkit.testing.databases import TestDatabase, database_of
from leadkit.testing.services import RunningService, running
from playwright.async_api import Browser

from tests.browser import chromium

configure_logging("error", service="test")

# A busy machine is no failure: how long one example takes is not what these tests show.
settings.register_profile("leadflow", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("leadflow")

SERVICES = Path(__file__).parent.parent / "services"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with throwaway() as server:
        yield server


@pytest.fixture(scope="session")
def core_database(cluster: Cluster) -> TestDatabase:
    return database_of(cluster, "core", SERVICES / "crm-core")


@pytest.fixture(scope="session")
def intake_database(cluster: Cluster) -> TestDatabase:
    return database_of(cluster, "intake", SERVICES / "lead-intake")


@pytest.fixture(scope="session")
def analytics_database(cluster: Cluster) -> TestDatabase:
    return database_of(cluster, "analytics", SERVICES / "analytics")


@pytest_asyncio.fixture(scope="session")
async def running_core(core_database: TestDatabase) -> AsyncIterator[RunningService]:
    from crm_core.app import create
    from crm_core.settings import CoreSettings

    settings = CoreSettings(database_url=core_database.url, port=0, requests_per_minute=1_000_000)
    async with running(create(settings), core_database) as service:
        yield service


@pytest_asyncio.fixture(scope="session")
async def running_intake(intake_database: TestDatabase) -> AsyncIterator[RunningService]:
    from lead_intake.app import create
    from lead_intake.settings import IntakeSettings

    settings = IntakeSettings(database_url=intake_database.url, port=0, requests_per_minute=1_000_000)
    async with running(create(settings), intake_database) as service:
        yield service


@pytest_asyncio.fixture(scope="session")
async def running_analytics(analytics_database: TestDatabase) -> AsyncIterator[RunningService]:
    from analytics.app import create
    from analytics.settings import AnalyticsSettings

    settings = AnalyticsSettings(database_url=analytics_database.url, port=0, requests_per_minute=1_000_000)
    async with running(create(settings), analytics_database) as service:
        yield service


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def _fresh(service: RunningService) -> RunningService:
    await service.database.empty()
    await service.trust_test_tokens()
    return service


@pytest_asyncio.fixture
async def core(running_core: RunningService) -> RunningService:
    return await _fresh(running_core)


@pytest_asyncio.fixture
async def intake(running_intake: RunningService) -> RunningService:
    return await _fresh(running_intake)


@pytest_asyncio.fixture
async def analytics(running_analytics: RunningService) -> RunningService:
    return await _fresh(running_analytics)
