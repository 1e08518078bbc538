"""The declarative base of analytics' tables: how Python types become columns, so that tables only name what differs."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from leadkit.db import metadata
from sqlalchemy import BigInteger, Date, DateTime, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Times have a zone, strings are text, whole numbers are bigint, dicts and lists are jsonb, money is numeric."""

    metadata = metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        str: Text(),
        int: BigInteger(),
        Decimal: Numeric(),
        list[dict[str, Any]]: JSONB(none_as_null=True),
        dict[str, str]: JSONB(none_as_null=True),
        dict[str, int]: JSONB(none_as_null=True),
    }
