"""JSON Merge Patch (RFC 7396): what a PATCH body changes, given as a model whose fields are all optional."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from leadkit.problems import FieldError, Invalid


def changes(patch: BaseModel, *, never_null: Collection[str] = ()) -> dict[str, Any]:
    """The fields that were sent, null included; raises `Invalid` for a null in a field that needs a value."""
    sent = {name: getattr(patch, name) for name in type(patch).model_fields if name in patch.model_fields_set}
    if nulls := [name for name in sent if sent[name] is None and name in never_null]:
        raise Invalid(errors=[FieldError(pointer=f"/{name}", detail="must not be null") for name in nulls])
    return {
        name: value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        for name, value in sent.items()
    }


def merged(target: Mapping[str, Any] | None, patch: Mapping[str, Any]) -> dict[str, Any]:
    """`target` with the members of `patch`: null removes one, an object is merged, anything else replaces."""
    result = dict(target or {})
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            before = result.get(name)
            result[name] = merged(before if isinstance(before, Mapping) else None, value)
        else:
            result[name] = value
    return result
