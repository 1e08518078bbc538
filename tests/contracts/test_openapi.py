"""What a front-end team reads is complete and is what the code does."""

import re
from typing import Any

import pytest

from tests.contracts.documents import SERVICES, committed, document, operations

pytestmark = pytest.mark.parametrize("service", SERVICES)


def test_the_committed_document_is_the_one_the_code_makes(service: str) -> None:
    assert committed(service) == document(service), "run `make generate`"


def test_the_document_speaks_openapi_3_1(service: str) -> None:
    assert document(service)["openapi"].startswith("3.1")


def test_operation_ids_are_unique_and_read_well(service: str) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(service)]
    assert len(ids) == len(set(ids))
    assert [each for each in ids if not re.fullmatch(r"[a-z][a-z_]+", each)] == []


def test_every_operation_has_a_summary(service: str) -> None:
    assert [path for path, _, operation in operations(service) if not operation.get("summary")] == []


def test_every_refusal_is_a_problem(service: str) -> None:
    wrong = [
        f"{method} {path} {status}"
        for path, method, operation in operations(service)
        for status, response in operation["responses"].items()
        if status.startswith(("4", "5")) and list(response.get("content", {})) != ["application/problem+json"]
    ]
    assert wrong == []


def test_every_operation_under_v1_tells_how_it_refuses(service: str) -> None:
    wrong = [
        f"{method} {path}"
        for path, method, operation in operations(service)
        if path.startswith("/v1/")
        and not {"401", "403", "404", "422", "429", "500", "503"} <= operation["responses"].keys()
    ]
    assert wrong == []


def test_every_post_under_v1_tells_that_it_may_be_repeated_with_a_key(service: str) -> None:
    key = {"$ref": "#/components/parameters/IdempotencyKey"}
    wrong = [
        path
        for path, method, operation in operations(service)
        if method == "post" and path.startswith("/v1/") and key not in operation.get("parameters", [])
    ]
    assert wrong == []


def test_every_json_body_comes_with_an_example(service: str) -> None:
    schemas = document(service)["components"]["schemas"]
    wrong = []
    for path, method, operation in operations(service):
        content = operation.get("requestBody", {}).get("content", {})
        body = content.get("application/json")
        if body is not None and not _has_example(body, schemas):
            wrong.append(f"{method} {path}")
    assert wrong == []


def test_every_json_answer_comes_with_an_example(service: str) -> None:
    schemas = document(service)["components"]["schemas"]
    wrong = []
    for path, method, operation in operations(service):
        for status, response in operation["responses"].items():
            body = response.get("content", {}).get("application/json")
            if status.startswith("2") and body and body.get("schema") and not _has_example(body, schemas):
                wrong.append(f"{method} {path}")
    assert wrong == []


def _has_example(body: dict[str, Any], schemas: dict[str, Any]) -> bool:
    if "example" in body or "examples" in body:
        return True
    return _schema_has_example(body.get("schema", {}), schemas, set())


def _schema_has_example(schema: dict[str, Any], schemas: dict[str, Any], seen: set[str]) -> bool:
    """An example of the whole, or of at least one of its fields at any depth."""
    if "example" in schema or "examples" in schema:
        return True
    if reference := schema.get("$ref"):
        name = reference.rsplit("/", 1)[1]
        if name in seen:
            return False
        return _schema_has_example(schemas[name], schemas, seen | {name})
    parts = [*schema.get("properties", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", [])]
    if isinstance(schema.get("items"), dict):
        parts.append(schema["items"])
    return any(_schema_has_example(part, schemas, seen) for part in parts)
