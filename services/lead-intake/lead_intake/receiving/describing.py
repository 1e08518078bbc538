"""The door in the OpenAPI document: it is no route of the framework, so it is described here."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from leadkit.problems import (
    MEDIA_TYPE,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unavailable,
    problems,
)

from lead_intake.receiving.door import NotAuthentic, OriginNotAllowed, SourceDisabled

_REFUSALS = (
    NotFound, SourceDisabled, TooLarge, NotAuthentic, OriginNotAllowed, MethodNotAllowed, TooManyRequests, Unavailable
)  # fmt: skip
_ID = {"type": "string", "format": "uuid"}
_RECEIVED = {
    "type": "object",
    "title": "Received",
    "required": ["submission_id", "submission_ids", "status"],
    "properties": {
        "submission_id": {"anyOf": [_ID, {"type": "null"}], "description": "The first of submission_ids"},
        "submission_ids": {"type": "array", "items": _ID},
        "status": {"type": "string", "const": "received"},
    },
}
_EXAMPLE = {
    "submission_id": "0198f1d2-a0b1-7c3c-8d4e-5f60718293a4",
    "submission_ids": ["0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"],
    "status": "received",
}
_FORM = {"type": "object", "additionalProperties": True}
_FORM_EXAMPLE = {"name": "Анна Примерова", "phone": "8 (999) 000-02-04", "message": "Сколько стоит?"}


def describe_door(app: FastAPI) -> None:
    """Adds `POST /in/{key}` to what `app.openapi()` answers."""
    document: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        described = document()
        described["paths"].setdefault("/in/{key}", {"post": _operation()})
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _operation() -> dict[str, Any]:
    return {
        "tags": ["door"],
        "operationId": "door_submit",
        "summary": "Submit whatever the source's provider sends",
        "description": (
            "The one door for every wire format: forms (JSON, urlencoded, multipart), telephony, mail, ads, chats. "
            "The answer is sent after the request is on disk, and says the same whatever was decided. Providers may "
            "add a path of their own after the key, use other methods, and get the answer they insist on."
        ),
        "security": [],
        "parameters": [
            {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "example": "m5k2c7q3x4r8"},
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}},
        ],
        "requestBody": {
            "content": {
                kind: {"schema": _FORM, "example": _FORM_EXAMPLE}
                for kind in ("application/json", "application/x-www-form-urlencoded")
            }
        },
        "responses": {
            "202": {
                "description": "On disk",
                "content": {"application/json": {"schema": _RECEIVED, "example": _EXAMPLE}},
            },
            "303": {"description": "On disk; a plain HTML form goes on to the source's `redirect_url`"},
            **_refusals(),
        },
    }


def _refusals() -> dict[str, Any]:
    answers = {}
    for status, entry in problems(*_REFUSALS).items():
        entry.pop("model")
        entry["content"][MEDIA_TYPE]["schema"] = {"$ref": "#/components/schemas/ProblemBody"}
        answers[str(status)] = entry
    return answers
