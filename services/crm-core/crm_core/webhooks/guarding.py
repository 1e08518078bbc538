"""Connections that reach public addresses only. The name is looked up here, and the very address that was looked at is
connected to: a name that points elsewhere a moment later changes nothing."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from crm_core.webhooks.rules import is_public


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
