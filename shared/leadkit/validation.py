"""Validation errors of Pydantic as JSON pointers that a client can show beside its fields."""

from collections.abc import Iterable, Mapping
from typing import Any

from leadkit.problems import FieldError

PLACES = ("body", "query", "path", "header", "cookie")


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """One `FieldError` each, without the offending values: those may be personal data."""
    return [FieldError(pointer=_pointer(error["loc"]), detail=str(error["msg"])) for error in errors]


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = location[1:] if location and location[0] in PLACES else location
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts) or "/"
