"""What every service learns from crm-core: the public keys of tokens, and which tokens are revoked."""

import asyncio
from collections.abc import Iterable
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit import clock
from leadkit.client import PeerRefused, PeerUnavailable, ServiceClient
from leadkit.cloudevents import CloudEvent
from leadkit.contracts.events import TokenRevoked
from leadkit.db import Database
from leadkit.tokens import remember_keys, remember_revoked
from leadkit.waiting import pause
from leadkit.worker import Loop

JWKS_PATH = "/.well-known/jwks.json"
REFRESH_S = 15
UNTIL_KNOWN_S = 1
REVOKED = "token.revoked"

log = structlog.get_logger()


def follow_keys(db: Database, core: ServiceClient) -> Loop:
    """Keeps crm-core's public keys in this service's database; while crm-core is away the last ones stay."""

    async def follow(stop: asyncio.Event) -> None:
        while not stop.is_set():
            learnt = await _learn_keys(db, core)
            await pause(stop, REFRESH_S if learnt else UNTIL_KNOWN_S)

    return follow


async def _learn_keys(db: Database, core: ServiceClient) -> bool:
    try:
        jwks: dict[str, Any] = await core.get(JWKS_PATH, timeout_s=5)
    except (PeerUnavailable, PeerRefused) as error:
        log.warning("keys_not_fetched", error=str(error))
        return False
    async with db.transaction(role="worker") as session:
        await remember_keys(session, jwks["keys"])
    return True


async def forget_revoked(session: AsyncSession, events: Iterable[CloudEvent]) -> None:
    """Handles the `token.revoked` events among `events`."""
    revoked = [TokenRevoked.model_validate(event.data) for event in events if event.type == REVOKED]
    if revoked:
        await remember_revoked(session, [(token.id, token.expires_at) for token in revoked], now=clock.now())
