"""A slice's fields as plain parameters of its list: `status=new,assigned&created_from=2026-05-01T00:00:00Z`.

The parameters, with their descriptions, follow from the table of fields; what is given becomes a condition."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from fastapi import Request
from leadkit.problems import FieldError, Invalid

from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.tree import Condition, read

LISTS = ("text", "choice", "id")
RANGES = ("number", "decimal", "time", "date")
LONGEST = 2000
LONGEST_FILTER = 8000


def documented(fields: Fields) -> dict[str, Any]:
    """What a list's route adds to OpenAPI (`openapi_extra`): its parameters, `filter` (a condition as JSON) among
    them. They are read all at once by `given_to`: FastAPI would check three dozen absent ones one by one at each call,
    which takes as long as the question to the database."""
    said = {name: (one.described(), LONGEST) for name, one in _parameters_of(fields).items()}
    filters = [_documented(name, *each) for name, each in (said | {"filter": (FILTER, LONGEST_FILTER)}).items()]
    filters[-1]["example"] = EXAMPLE
    return {"parameters": filters}


def given_to(fields: Fields, request: Request) -> dict[str, str]:
    """The parameters of the list that the request has, as they are written. Raises `Invalid` at `/<parameter>` for what
    is too long."""
    wanted = _parameters_of(fields)
    given = {name: value for name, value in request.query_params.items() if name in wanted or name == "filter"}
    for name, value in given.items():
        longest = LONGEST_FILTER if name == "filter" else LONGEST
        if len(value) > longest:
            raise Invalid.at(f"/{name}", f"has at most {longest} characters")
    return given


def condition_of(given: Mapping[str, str], fields: Fields) -> Condition:
    """What the parameters ask. Raises `Invalid` at `/<parameter>` for what cannot be read."""
    wanted = _parameters_of(fields)
    asked = {name: written for name, written in given.items() if name != "filter" and written.strip()}
    if unknown := [name for name in asked if name not in wanted]:
        errors = [FieldError(pointer=f"/{name}", detail=f"is no field of a {fields.entity}") for name in unknown]
        raise Invalid("The filter is not valid.", errors=errors)
    tests = [wanted[name].asked(written) for name, written in asked.items()]
    tree = _parsed(given.get("filter"))
    try:
        return read({"all": [*tests, *([tree] if tree is not None else [])]}, fields, at="")
    except Invalid as invalid:
        errors = [_placed(error, list(asked)) for error in invalid.errors or ()]
    raise Invalid("The filter is not valid.", errors=errors)


SAID = {
    "in": "Several by comma",
    "has_all": "All of these, by comma",
    "gte": "From, inclusive; times may be relative, such as now-7d",
    "lt": "To, exclusive",
}
FILTER = "A condition as JSON. Custom fields are parameters too: custom.<key>, with _from and _to for ranges"
EXAMPLE = '{"field": "created_at", "op": "gte", "value": "now-7d"}'


class _Parameter:
    """One parameter: the field it asks about, and with which operator."""

    def __init__(self, field: Field, op: str) -> None:
        self.field = field
        self.op = op

    def asked(self, written: str) -> Mapping[str, Any]:
        """The test as a condition has it."""
        kind = self.field.kind
        value: Any = written
        if self.op in ("in", "has_all"):
            value = [part for each in written.split(",") if (part := each.strip())]
        elif kind == "bool" or self.op == "is_set":
            value = {"true": True, "false": False, "1": True, "0": False}.get(written.lower(), written)
        elif kind == "number":
            value = _number(written)
        return {"field": self.field.name, "op": self.op, "value": value}

    def described(self) -> str:
        """What OpenAPI says of it."""
        choices = ", ".join(self.field.choices)
        return ". ".join(part for part in (self.field.meaning, SAID.get(self.op, "true or false"), choices) if part)


@lru_cache(maxsize=64)
def _parameters_of(fields: Fields) -> Mapping[str, _Parameter]:
    return {name: of for field in fields for name, of in _parameters(field).items()}


def _documented(name: str, description: str, longest: int) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": longest}
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _parameters(field: Field) -> dict[str, _Parameter]:
    name = field.name if field.parameter is None else field.parameter
    if not name:
        return {}
    if field.kind in LISTS:
        return {name: _Parameter(field, "in")}
    if field.kind in RANGES:
        name = name.removesuffix("_at")
        return {f"{name}_from": _Parameter(field, "gte"), f"{name}_to": _Parameter(field, "lt")}
    return {name: _Parameter(field, "has_all" if field.kind == "texts" else "eq")}


def _number(written: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written


def _parsed(written: str | None) -> Any:
    try:
        return orjson.loads(written) if written else None
    except orjson.JSONDecodeError:
        raise Invalid.at("/filter", "must be a condition as JSON") from None


def _placed(error: FieldError, places: list[str]) -> FieldError:
    """The pointer of the tree as the pointer of the parameter."""
    _, _, index, *rest = error.pointer.split("/")
    if int(index) < len(places):
        return FieldError(pointer=f"/{places[int(index)]}", detail=error.detail)
    return FieldError(pointer="/".join(("/filter", *rest)), detail=error.detail)
