"""The cursor of a timeline: the moment and id of the last entry seen."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

import orjson
from leadkit.problems import Malformed

from crm_core.timeline.entries import Place


def encoded(place: Place) -> str:
    """The place as clients keep it."""
    return base64.urlsafe_b64encode(orjson.dumps([place.at.isoformat(), str(place.id)])).decode().rstrip("=")


def decoded(cursor: str) -> Place:
    """The place that a client gives back; raises `Malformed` for what is not from here."""
    try:
        at, last_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = Place(datetime.fromisoformat(at), UUID(last_id))
        if place.at.tzinfo is None:
            raise ValueError("a time without offset")
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise Malformed("The cursor is not one that this timeline gave out.") from None
    return place
