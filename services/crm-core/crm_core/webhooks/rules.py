"""How a webhook is signed, to which addresses it may go, and when it is tried again. Pure."""

import base64
import hashlib
import hmac
import random
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

PREFIX = "whsec_"
SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
"""For so long after a rotation the former secret signs too."""

TRIED_FOR = timedelta(days=3)
IN_ORDER = 4
"""So many failures of one event hold back the later ones; then it steps aside, and is tried again by itself."""

DELAYS_S = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200)
LONGEST_RETRY_AFTER_S = 3600.0
GONE = 410

_NAT64 = ip_network("64:ff9b::/96")
_NAT64_LOCAL = ip_network("64:ff9b:1::/48")


def new_secret() -> str:
    """A secret of 256 bits, as Standard Webhooks writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of id, time and body (Standard Webhooks, "Symmetric signatures")."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def signed_headers(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers; with several secrets each signs."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }


def pause_after(failures: int, *, jitter: random.Random, retry_after_s: float | None = None) -> timedelta:
    """The pause after so many failures in a row, a fifth more or less by chance; longer where the endpoint asks."""
    delay = DELAYS_S[min(failures, len(DELAYS_S)) - 1] * jitter.uniform(0.8, 1.2)
    return timedelta(seconds=max(delay, min(retry_after_s or 0.0, LONGEST_RETRY_AFTER_S)))


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: no private, loopback, link-local, shared, multicast or reserved
    one, nor an IPv6 address that stands for such an IPv4 address."""
    ip = ip_address(address.partition("%")[0])
    inner = _ipv4_in(ip) if isinstance(ip, IPv6Address) else None
    return is_public(str(inner)) if inner is not None else ip.is_global and not ip.is_multicast


def _ipv4_in(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64 or ip in _NAT64_LOCAL:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def url_refusal(url: str, *, private_allowed: bool) -> str | None:
    """Why nothing can be sent there; None when it may be. Names are looked up when a connection is made."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("https", "http") or not host or port == 0:
        return "must begin with https:// and name a host"
    if parts.username or parts.password:
        return "must not hold a user or password"
    if not url.isascii() or any(sign.isspace() or not sign.isprintable() for sign in url):
        return "must be written in ASCII without blanks; international names as xn--"
    if private_allowed:
        return None
    if parts.scheme != "https":
        return "must begin with https://"
    try:
        public = is_public(host)
    except ValueError:
        public = host != "localhost" and not host.endswith((".localhost", ".internal", ".local"))
    return None if public else "must not be a private address"


def matches(wanted: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether an event has, for every field that is named, one of the values that are listed."""
    return all(data.get(name) in values for name, values in wanted.items())
