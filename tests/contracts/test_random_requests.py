"""Schemathesis throws what the OpenAPI documents allow, and what they do not, at each service: no server error."""

import asyncio
import contextlib
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from leadkit.testing.databases import TestDatabase
from leadkit.testing.services import token_for
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from tests.contracts.documents import make_app
from tests.contracts.serving import served
from tests.contracts.world import prepare

EXAMPLES = settings(
    max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
LEFT_OUT = r"^/(docs|openapi\.json|metrics|v1/stream$)"  # the last never ends
DATABASES = {"crm-core": "core_database", "lead-intake": "intake_database", "analytics": "analytics_database"}


def _attempts(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    address: str,
    headers: dict[str, str],
    wrong: list[str],
) -> None:
    """Sends a handful of requests of one operation; 5xx answers are noted."""

    @EXAMPLES
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case: schemathesis.Case[Any]) -> None:
        case.headers.update(headers)
        if isinstance(case.query, dict) and "timeout" in case.query:
            case.query["timeout"] = 0
        answer = case.call(base_url=address, timeout=60)  # a busy machine is no failure
        if answer.status_code >= 500:
            wrong.append(f"{operation.label}: {answer.status_code}\n{case.as_curl_command()}")

    # Operations without parameters have no wrong input.
    with contextlib.suppress(Unsatisfiable):
        attempt()


@pytest.mark.parametrize("service", DATABASES)
@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.timeout(120)
def test_no_request_makes_a_service_fail(service: str, mode: GenerationMode, request: pytest.FixtureRequest) -> None:
    database: TestDatabase = request.getfixturevalue(DATABASES[service])
    workspace_id = asyncio.run(prepare(service, database))
    headers = {"Authorization": f"Bearer {token_for(None, 'platform')}", "Leadflow-Workspace": str(workspace_id)}
    wrong: list[str] = []
    app = make_app(service, database_url=database.url, requests_per_minute=1_000_000)
    schema = schemathesis.openapi.from_dict(app.openapi()).exclude(path_regex=LEFT_OUT)
    with served(app) as address:
        for found in schema.get_all_operations():
            assert isinstance(found, Ok)
            _attempts(found.ok(), mode, address, headers, wrong)
    assert wrong == []
