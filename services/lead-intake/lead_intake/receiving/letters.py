"""Raw messages that come by SMTP or lie in a mailbox, as requests to the source they belong to."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Literal

from lead_intake.providers.base import WireRequest

PROVIDER = "email"
"""The provider that reads raw messages; no other source takes any."""

LARGEST_LETTER = 25 * 1024 * 1024
Way = Literal["SMTP", "IMAP"]


def letter(
    way: Way,
    content: bytes,
    *,
    received_at: datetime,
    address: str | None = None,
    trace: Mapping[str, str] | None = None,
) -> WireRequest:
    """The message as a request. `trace` are header fields that a receiving server puts in front (RFC 5321, 4.4)."""
    front = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in (trace or {}).items())
    body = front.encode("utf-8", "surrogateescape") + content
    return WireRequest(way, "", "", {"content-type": "message/rfc822"}, body, received_at, address)


def trace_of(
    *, sender: str, recipient: str, greeting: str, address: str | None, name: str, encrypted: bool, at: datetime
) -> dict[str, str]:
    """Who sent it to whom through which hands. `sender` is empty for a message that must not be answered."""
    with_protocol = "ESMTPS" if encrypted else "ESMTP"
    return {
        "Return-Path": f"<{sender.strip('<>')}>",
        "Delivered-To": recipient,
        "Received": f"from {greeting[:255]} ([{address}]) by {name} with {with_protocol}; {format_datetime(at)}",
    }


def _one_line(value: str) -> str:
    return "".join(letter for letter in value if letter >= " " and letter != "\x7f")[:1000]
