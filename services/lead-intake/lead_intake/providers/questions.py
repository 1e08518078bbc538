"""What some providers have to be asked before a submission is whole: a GET of their API, and what its answer means."""

from collections.abc import Mapping
from typing import Literal, NamedTuple


class NoAccess(Exception):
    """The provider cannot be asked, for the reason given: the submission waits for a person as `unreadable`."""


class Question(NamedTuple):
    """A GET below the provider's base address; headers carry the credentials, so that they are in no log."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


class Reply(NamedTuple):
    """`taken`: read it; `later`: ask again after a pause; `refused`: of no use before a person did something."""

    verdict: Literal["taken", "later", "refused"]
    reason: str | None = None
