"""The bodies that the documentation shows can be sent as they are."""

import json
from typing import Any

import pytest
from crm_core.app import ROUTERS
from crm_core.examples import EXAMPLES
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

BODIES: dict[str, Any] = {
    route.name: route.body_field.field_info.annotation
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.body_field is not None
}


def test_every_call_that_takes_a_body_shows_one() -> None:
    beside_their_schema = {"inquiries_record", "calls_record"}
    assert BODIES.keys() - beside_their_schema == EXAMPLES.keys()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_valid_and_names_only_known_fields(name: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(BODIES[name])
    read = adapter.validate_json(json.dumps(EXAMPLES[name]))
    assert keys_of(adapter.dump_python(read, mode="json", exclude_unset=True, by_alias=True)) == keys_of(EXAMPLES[name])


def keys_of(value: Any) -> Any:
    """The names in it, on every level."""
    if isinstance(value, dict):
        return {key: keys_of(inner) for key, inner in value.items()}
    return [keys_of(each) for each in value] if isinstance(value, list) else None
