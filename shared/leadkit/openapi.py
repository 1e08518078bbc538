"""What every operation's description says: how to authenticate and which problems any of them may answer."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from leadkit.idempotency import LONGEST_KEY, KeyReused, StillRunning
from leadkit.problems import (
    MEDIA_TYPE,
    Forbidden,
    Internal,
    Invalid,
    Malformed,
    NotFound,
    Problem,
    ProblemBody,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
    problems,
)

ANYWHERE: tuple[type[Problem], ...] = (
    Malformed,
    Unauthenticated,
    Forbidden,
    NotFound,
    Invalid,
    TooManyRequests,
    Internal,
    Unavailable,
)
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token from crm-core"},
    "password": {"type": "http", "scheme": "basic", "description": "The token as the password, for BI tools"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "A repeat with the same key and body gets the first answer again, with `Idempotency-Replayed: true`; "
        "kept for 24 hours"
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "example": "order-4711",
}


def describe(app: FastAPI, bodies: Mapping[str, Any]) -> None:
    """Makes `app.openapi()` complete; `bodies` are examples of what calls take, by operation id."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            _dress(document, bodies)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _dress(document: dict[str, Any], bodies: Mapping[str, Any]) -> None:
    components = document.setdefault("components", {})
    components["securitySchemes"] = SCHEMES
    components["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY}
    schemas = components.setdefault("schemas", {})
    for name, schema in _problem_schemas().items():
        schemas.setdefault(name, schema)
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _summarise(operation)
            if path.startswith("/v1/"):
                if method == "post":
                    _may_be_repeated(operation)
                operation["security"] = [{"token": []}, {"password": []}]
                _add_problems(operation["responses"], *ANYWHERE)
            _add_body(operation, bodies)
            _only_problem_bodies(operation["responses"])


def _add_body(operation: dict[str, Any], bodies: Mapping[str, Any]) -> None:
    """What a body may be refused for whole, and what one looks like."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        _add_problems(operation["responses"], TooLarge, UnsupportedMedia)
        if operation["operationId"] in bodies:
            body["example"] = bodies[operation["operationId"]]


def _summarise(operation: dict[str, Any]) -> None:
    """The first line of the docstring is the summary, the rest the description."""
    first, _, rest = operation.pop("description", operation["summary"]).partition("\n")
    operation["summary"] = first.rstrip(".")
    if rest.strip():
        operation["description"] = rest.strip()


def _may_be_repeated(operation: dict[str, Any]) -> None:
    """The edge honours the key on every POST, so the routes do not name it."""
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
    _add_problems(operation["responses"], KeyReused, StillRunning)


def _problem_schemas() -> dict[str, Any]:
    schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    inner: dict[str, Any] = schema.pop("$defs", {})
    return {"ProblemBody": schema, **inner}


def _add_problems(responses: dict[str, Any], *classes: type[Problem]) -> None:
    for status, entry in problems(*classes).items():
        entry.pop("model")
        present = responses.get(str(status))
        if present is None or MEDIA_TYPE not in present.get("content", {}):
            responses[str(status)] = entry
        else:
            for name, example in entry["content"][MEDIA_TYPE]["examples"].items():
                present["content"][MEDIA_TYPE].setdefault("examples", {}).setdefault(name, example)


def _only_problem_bodies(responses: dict[str, Any]) -> None:
    """Refusals are problems and nothing else: FastAPI would also list its own shape for them."""
    for response in responses.values():
        content = response.get("content", {})
        if MEDIA_TYPE in content:
            content.pop("application/json", None)
            content[MEDIA_TYPE]["schema"] = {"$ref": "#/components/schemas/ProblemBody"}
