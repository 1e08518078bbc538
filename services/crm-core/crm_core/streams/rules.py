"""How a ticket is written, and how an event looks in a stream. Pure."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import orjson

TICKET_LIVES = timedelta(seconds=60)
RECONNECT_MS = 2000
COMMENT = b": still here\n\n"
"""Sent into a silent stream, so that nobody between takes it for dead."""

OPENING = f"retry: {RECONNECT_MS}\n\n".encode()


@dataclass(frozen=True, slots=True)
class Ticket:
    """`<workspace>.<id>.<secret>`: the first two say where to look."""

    workspace_id: UUID
    id: UUID
    secret: str

    @classmethod
    def new(cls, workspace_id: UUID, ticket_id: UUID) -> Self:
        """With a secret of 256 bits."""
        return cls(workspace_id, ticket_id, secrets.token_urlsafe(32))

    @classmethod
    def read(cls, written: str) -> Self:
        """Raises ValueError for what is no ticket."""
        workspace, ticket, secret = written.split(".")
        return cls(UUID(hex=workspace), UUID(hex=ticket), secret)

    def __str__(self) -> str:
        return f"{self.workspace_id.hex}.{self.id.hex}.{self.secret}"

    @property
    def secret_hash(self) -> bytes:
        """What is kept of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()

    def proves(self, secret_hash: bytes) -> bool:
        """Whether this is the ticket of which the hash was kept."""
        return hmac.compare_digest(self.secret_hash, secret_hash)


def as_message(event: Mapping[str, Any]) -> bytes:
    """A CloudEvent as a message of `text/event-stream` (WHATWG HTML, "Server-sent events")."""
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event["id"].encode(), event["type"].encode(), orjson.dumps(event))
