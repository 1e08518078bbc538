"""Schemathesis throws what the OpenAPI documents allow, and what they do not, at each service: no server error."""

import asyncio
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from leadkit.testing.databases import TestDatabase
from leadkit.testing.services import TEST_KEY, TEST_KID, token_for
from leadkit.tokens import public_jwk
from schemathesis.checks import not_a_server_error

from tests.contracts.documents import make_app
from tests.contracts.serving import served
from tests.contracts.world import WORKSPACE, prepare

EXAMPLES = settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
# Long polls and feeds are tried with short waits by their own tests.
LEFT_OUT = r"^/(docs|openapi\.json|metrics|embed\.js)"


def _schema(service: str, database: TestDatabase) -> Iterator[schemathesis.BaseSchema]:
    asyncio.run(prepare(database, public_jwk(TEST_KID, TEST_KEY.public_key())))
    app = make_app(service, database_url=database.url, requests_per_minute=1_000_000)
    with served(app) as address:
        yield schemathesis.openapi.from_url(f"{address}/openapi.json").exclude(path_regex=LEFT_OUT)


@pytest.fixture(scope="module")
def core_schema(core_database: TestDatabase) -> Iterator[schemathesis.BaseSchema]:
    yield from _schema("crm-core", core_database)


@pytest.fixture(scope="module")
def intake_schema(intake_database: TestDatabase) -> Iterator[schemathesis.BaseSchema]:
    yield from _schema("lead-intake", intake_database)


@pytest.fixture(scope="module")
def analytics_schema(analytics_database: TestDatabase) -> Iterator[schemathesis.BaseSchema]:
    yield from _schema("analytics", analytics_database)


core_api = schemathesis.pytest.from_fixture("core_schema")
intake_api = schemathesis.pytest.from_fixture("intake_schema")
analytics_api = schemathesis.pytest.from_fixture("analytics_schema")


def _try(case: schemathesis.Case) -> None:
    if isinstance(case.query, dict) and "timeout" in case.query:
        case.query["timeout"] = 0
    case.headers = {
        **(case.headers or {}),
        "Authorization": f"Bearer {token_for(None, 'platform')}",
        "Leadflow-Workspace": str(WORKSPACE),
    }
    case.call_and_validate(checks=[not_a_server_error], timeout=20)


@core_api.parametrize()
@EXAMPLES
def test_crm_core_never_fails(case: schemathesis.Case) -> None:
    _try(case)


@intake_api.parametrize()
@EXAMPLES
def test_lead_intake_never_fails(case: schemathesis.Case) -> None:
    _try(case)


@analytics_api.parametrize()
@EXAMPLES
def test_analytics_never_fails(case: schemathesis.Case) -> None:
    _try(case)
