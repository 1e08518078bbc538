"""Kinds of fields that the schemas of several slices share."""

import re
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints


def absent() -> Any:
    """The default of a field in a PATCH body that may be left out but not be null; `exclude_unset` tells them apart."""
    return None


def _storable(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not contain NUL characters")
    return value


@cache
def _zones() -> set[str]:
    """Read once: the list comes from some hundreds of files."""
    return available_timezones()


def _known_zone(value: str) -> str:
    if value not in _zones():
        raise ValueError("is not a time zone of the IANA database, such as Europe/Moscow")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_storable)]
"""A name or other short text: one to 200 characters, without blanks around it."""

TimeZone = Annotated[str, Field(max_length=60, examples=["Europe/Moscow"]), AfterValidator(_known_zone)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["RU"])]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, examples=["ru"])]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def _address(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value.lower()


Email = Annotated[Line, AfterValidator(_address), Field(examples=["anna@example.com"])]
"""An e-mail address, lower-cased whole."""
