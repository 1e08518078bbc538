"""What PostgreSQL can keep: said of each item by itself, so that one of a batch never spoils the others."""

import orjson
from leadkit.problems import Invalid
from pydantic import BaseModel


def check_storable(item: BaseModel) -> None:
    """Raises `Invalid` for NUL characters, halves of characters, and numbers past 64 bits, at whatever depth."""
    try:
        written = orjson.dumps(item.model_dump(mode="json"))
    except (TypeError, ValueError):
        raise Invalid("A value has characters that are none, or a number that is too large.") from None
    if b"\\u0000" in written.replace(b"\\\\", b""):
        raise Invalid("A text must not have NUL characters.")
