"""Calls to addresses that customers name: signed as Standard Webhooks, and to public addresses only.

A name is looked up here, and the very address that was looked at is connected to: a name that points elsewhere a moment
later changes nothing. Redirects are not followed.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import socket
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpcore

PREFIX = "whsec_"
SECRET_BYTES = 32
ANSWER_WITHIN_S = 10.0
SNIPPET = 500
"""Characters of an answer that are kept, for who looks for the fault."""

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


class AddressRefused(httpcore.ConnectError):
    """The name stands for no public address."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """TCP connections, each to an address that was looked at."""

    def __init__(self, *, private_allowed: bool) -> None:
        self._private_allowed = private_allowed
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Tries the addresses of `host` in turn; raises `AddressRefused` when one is not public."""
        addresses = await self._addresses(host, port)
        for place, address in enumerate(addresses):
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if place == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError("the name has no address")

    async def sleep(self, seconds: float) -> None:
        """As the pool asks between its own attempts."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name cannot be looked up") from None
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not self._private_allowed and not all(is_public(address) for address in addresses):
            raise AddressRefused("the name stands for a private address")
        return addresses


def guarded_pool(*, private_allowed: bool) -> httpcore.AsyncConnectionPool:
    """Connections for one process. No proxy is used and no redirect followed; certificates are checked."""
    return httpcore.AsyncConnectionPool(
        ssl_context=ssl.create_default_context(),
        max_connections=200,
        max_keepalive_connections=50,
        keepalive_expiry=15,
        network_backend=GuardedNetwork(private_allowed=private_allowed),
    )


class Called(NamedTuple):
    """What came of a call; `status` is None when there was no answer, and `error` says why."""

    status: int | None
    error: str | None
    response: str | None
    retry_after_s: float | None = None

    @property
    def taken(self) -> bool:
        """Whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300


async def call(pool: httpcore.AsyncConnectionPool, url: str, body: bytes, signed: dict[str, str]) -> Called:
    """Posts JSON once, within ten seconds; never raises for what the network or the endpoint does."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await _post(pool, url, body, signed)
    except TimeoutError:
        return Called(None, f"no answer within {ANSWER_WITHIN_S:.0f} seconds", None)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, ValueError, OSError) as failure:
        # The last two: such as a certificate that does not fit, or an impossible name.
        return Called(None, f"{type(failure).__name__}: {failure}"[:SNIPPET], None)


async def _post(pool: httpcore.AsyncConnectionPool, url: str, body: bytes, signed: dict[str, str]) -> Called:
    headers = {"content-type": "application/json", "user-agent": "Leadflow-Webhooks/1", **signed}
    limits = dict.fromkeys(("connect", "read", "write", "pool"), ANSWER_WITHIN_S)
    async with pool.stream(
        "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": limits}
    ) as response:
        said = b""
        async for piece in response.aiter_stream():
            said += piece
            if len(said) >= SNIPPET:
                break  # what follows is of no interest, however long it is
    told = {name.lower(): value for name, value in response.headers}
    return Called(response.status, None, _readable(said), _seconds(told.get(b"retry-after")))


def _readable(said: bytes) -> str:
    return said[:SNIPPET].decode("utf-8", "replace").replace("\0", "")


def _seconds(written: bytes | None) -> float | None:
    with suppress(ValueError):
        return float(written) if written else None
    return None
