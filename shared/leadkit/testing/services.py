"""A service running in this process, as its clients see it."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.outbox import Sequencer
from leadkit.testing.databases import TestDatabase
from leadkit.tokens import ROLE_SCOPES, Caller, KeyRing, Role, public_jwk, remember_keys, sign

TEST_KID = "test"
TEST_KEY = Ed25519PrivateKey.generate()


def token_for(
    workspace_id: UUID | None = None,
    role: Role = "admin",
    *,
    scopes: Iterable[str] | None = None,
    user_id: UUID | None = None,
    team_id: UUID | None = None,
) -> str:
    """A token that the services of these tests accept, valid for an hour."""
    token_id = new_id()
    caller = Caller(
        workspace_id=workspace_id,
        subject=f"user:{user_id}" if user_id else f"token:{token_id}",
        name="A test",
        role=role,
        scopes=frozenset(scopes) if scopes is not None else ROLE_SCOPES[role],
        token_id=token_id,
        user_id=user_id,
        team_id=team_id,
        expires_at=int((clock.now() + timedelta(hours=1)).timestamp()),
    )
    return sign(caller, kid=TEST_KID, private_key=TEST_KEY)


class RunningService:
    """One service with its app, its database, and clients of it with any token."""

    def __init__(self, app: FastAPI, database: TestDatabase) -> None:
        self.app = app
        self.database = database
        self.db: Database = app.state.database
        self.transport = httpx.ASGITransport(app.state.front, raise_app_exceptions=False)

    def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """An HTTP client of the service."""
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=self.transport, base_url="http://service", headers=sent | headers)

    def client_as(self, role: Role, workspace_id: UUID | None = None, **claims: Any) -> httpx.AsyncClient:
        """A client whose token has this role; `claims` as for `token_for`."""
        return self.client(token_for(workspace_id, role, **claims))

    def platform_in(self, workspace_id: UUID) -> httpx.AsyncClient:
        """A client with a platform token that acts in one workspace."""
        return self.client(token_for(None, "platform"), **{"Leadflow-Workspace": str(workspace_id)})

    def peer(self, name: str) -> ServiceClient:
        """The service as a peer calls it."""
        return ServiceClient(name, "http://service", token_for(None, "platform"), transport=self.transport)

    async def trust_test_tokens(self) -> None:
        """Makes the tests' signing key a known one."""
        async with self.db.transaction(role="worker") as session:
            await remember_keys(session, [public_jwk(TEST_KID, TEST_KEY.public_key())])
        keys: KeyRing = self.app.state.keys
        await keys.refresh()

    async def sequence(self) -> int:
        """Moves all that is in the outbox into the feed, as the worker does; answers how many."""
        sequencer, moved = Sequencer(self.db), 0
        while step := await sequencer.step():
            moved += step
        await sequencer.give_back()
        return moved

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """All events of the feed, sequenced first, oldest first."""
        await self.sequence()
        params = {"limit": "1000", **({"type": ",".join(types)} if types else {})}
        async with self.client_as("platform") as client:
            answer = await client.get("/v1/events", params=params)
        events: list[dict[str, Any]] = answer.raise_for_status().json()
        return events


@asynccontextmanager
async def running(app: FastAPI, database: TestDatabase) -> AsyncIterator[RunningService]:
    """The app started and, at the end, stopped; meanwhile its tables are emptied over one connection."""
    async with app.router.lifespan_context(app), database.connected():
        yield RunningService(app, database)
