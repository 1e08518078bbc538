"""Versions as entity tags (RFC 9110): a reader sees `ETag: "3"`, a change sends `If-Match: "3"`."""

from typing import Annotated

from fastapi import Depends, Header, Response

from leadkit.problems import Malformed, PreconditionRequired, Stale

ANY_VERSION = -1


async def _if_match(
    if_match: Annotated[str | None, Header(description='The version you know, such as "3"', examples=['"3"'])] = None,
) -> int | None:
    if if_match is None:
        return None
    value = if_match.strip().removeprefix("W/").strip('"')
    if value == "*":
        return ANY_VERSION
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Malformed("If-Match is a quoted version number, as the ETag of the answer gave it.")
    return int(value)


IfMatch = Annotated[int | None, Depends(_if_match)]


def check_version(if_match: int | None, version: int) -> None:
    """Raises `PreconditionRequired` without `If-Match`, `Stale` when it names another version."""
    if if_match is None:
        raise PreconditionRequired
    if if_match not in (ANY_VERSION, version):
        raise Stale(f"The present version is {version}.", headers={"ETag": etag(version)})


def etag(version: int) -> str:
    """The header's value for a version."""
    return f'"{version}"'


def with_etag(response: Response, version: int) -> None:
    """Puts the version's ETag on an answer."""
    response.headers["ETag"] = etag(version)
