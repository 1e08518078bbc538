"""The declarative base of crm-core's tables: how Python types become columns, so that tables only name what differs."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from leadkit.db import metadata
from sqlalchemy import ColumnElement, DateTime, LargeBinary, Text, Uuid, func, literal_column, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute

KEPT_APART = {"kept_apart": True}
"""`info` of a column that follows from rows of other tables: whoever writes the whole row again leaves it as it is."""

SMALL_PENDING = {"gin_pending_list_limit": 1024}
"""Of indexes for searching: every search reads what waits to be put in order, so that is at most a megabyte."""

CUSTOM_IS_FILLED = text("custom <> '{}'::jsonb")
"""Where an index over custom fields has rows: cards without any cost it nothing."""
HAS_TAGS = text("tags <> '{}'::text[]")
EMPTY_OBJECT = text("'{}'::jsonb")
EMPTY_LIST = text("'[]'::jsonb")


def never_null(column: ColumnElement[datetime | None] | InstrumentedAttribute[datetime | None]) -> ColumnElement[Any]:
    """A time to order by: what has none comes after all that have."""
    return func.coalesce(column, literal_column("'9999-12-31 00:00:00+00'::timestamptz", DateTime(timezone=True)))


class Base(DeclarativeBase):
    """Times have a zone, strings are text, dicts are jsonb, lists of strings are text arrays."""

    metadata = metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        list[str]: ARRAY(Text()),
        list[UUID]: ARRAY(Uuid()),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        dict[str, str]: JSONB(none_as_null=True),
        dict[str, int]: JSONB(none_as_null=True),
    }
