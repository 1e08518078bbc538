"""The OpenAPI documents of the three services, made from their code."""

import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

SERVICES = {
    "lead-intake": ("lead_intake", "IntakeSettings"),
    "crm-core": ("crm_core", "CoreSettings"),
    "analytics": ("analytics", "AnalyticsSettings"),
}
FOLDER = Path(__file__).parents[2] / "services"


def make_app(service: str, **settings: Any) -> FastAPI:
    """The service's app, not started; it touches no database until it is."""
    package, settings_name = SERVICES[service]
    kind = getattr(importlib.import_module(f"{package}.settings"), settings_name)
    values = {"database_url": "postgresql://nobody@localhost/nothing", "port": 0, **settings}
    app: FastAPI = importlib.import_module(f"{package}.app").create(kind(**values))
    return app


@cache
def document(service: str) -> dict[str, Any]:
    """What the service answers to `GET /openapi.json`, as JSON has it."""
    made: dict[str, Any] = json.loads(json.dumps(make_app(service).openapi()))
    return made


def committed(service: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((FOLDER / service / "openapi.json").read_text())
    return kept


def operations(service: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Path, method and description of every operation."""
    return [
        (path, method, operation)
        for path, methods in document(service)["paths"].items()
        for method, operation in methods.items()
        if isinstance(operation, dict) and "responses" in operation
    ]
