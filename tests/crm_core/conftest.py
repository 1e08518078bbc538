"""What tests of crm-core share: a workspace made through the API, and clients that act in it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from leadkit.testing.services import RunningService
from leadkit.tokens import Role


@dataclass(frozen=True)
class Tenant:
    """A workspace with its default pipeline and loss reasons."""

    core: RunningService
    id: UUID

    def client_as(self, role: Role = "admin", **claims: Any) -> httpx.AsyncClient:
        """A client whose token has this role in the workspace."""
        return self.core.client_as(role, self.id, **claims)

    async def user(self, name: str, **values: Any) -> dict[str, Any]:
        """A user made through the API."""
        email = f"{name.replace(' ', '.').lower()}@example.com"
        async with self.client_as() as admin:
            made = await admin.post("/v1/users", json={"name": name, "email": email, **values})
        return dict(made.raise_for_status().json())

    async def team(self, name: str, **values: Any) -> dict[str, Any]:
        """A team made through the API."""
        async with self.client_as() as admin:
            made = await admin.post("/v1/teams", json={"name": name, **values})
        return dict(made.raise_for_status().json())


async def _tenant(core: RunningService, name: str) -> Tenant:
    async with core.client_as("platform") as platform:
        made = await platform.post("/v1/workspaces", json={"name": name, "language": "en"})
    return Tenant(core, UUID(made.raise_for_status().json()["id"]))


@pytest_asyncio.fixture
async def tenant(core: RunningService) -> Tenant:
    return await _tenant(core, "Windows")


@pytest_asyncio.fixture
async def stranger(core: RunningService) -> Tenant:
    return await _tenant(core, "Doors")
