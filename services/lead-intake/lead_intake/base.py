"""The declarative base of lead-intake's tables: how Python types become columns, so tables only name what differs."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from leadkit.db import metadata
from sqlalchemy import DateTime, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Times have a zone, strings are text, dicts are jsonb, lists of strings are text arrays."""

    metadata = metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        str: Text(),
        bytes: LargeBinary(),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
    }
