"""What tests of crm-core share: a workspace made through the API, and clients that act in it."""

from collections.abc import Awaitable, Callable
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


async def insisting(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Sends again while the answer is 503 (a crowded, slow machine), as every client of ours does."""
    while (answer := await send()).status_code == 503:
        pass
    return answer


@dataclass(frozen=True)
class Sales:
    """A workspace with one team of managers, and inquiries of it."""

    tenant: Tenant
    team_id: UUID
    managers: list[UUID]

    async def ask(self, *inquiries: dict[str, Any], role: Role = "integration") -> list[dict[str, Any]]:
        """Posts inquiries in one batch and answers what became of each."""
        async with self.tenant.client_as(role) as client:
            answer = await insisting(lambda: client.post("/v1/inquiries", json={"items": list(inquiries)}))
        return list(answer.raise_for_status().json()["results"])

    async def lead(self, lead_id: str) -> dict[str, Any]:
        """The lead as an admin sees it."""
        async with self.tenant.client_as() as admin:
            return dict((await admin.get(f"/v1/leads/{lead_id}")).raise_for_status().json())

    async def add(self, **card: Any) -> dict[str, Any]:
        """A lead added by hand by an admin."""
        async with self.tenant.client_as() as admin:
            answer = await insisting(lambda: admin.post("/v1/leads", json=card))
        return dict(answer.raise_for_status().json())

    async def leads(self, **filters: Any) -> list[dict[str, Any]]:
        """The first page of leads as an admin sees it."""
        async with self.tenant.client_as() as admin:
            answer = await admin.get("/v1/leads", params={"limit": 200, **filters})
        return list(answer.raise_for_status().json()["items"])

    async def step(self, lead_id: str, name: str, *, expected: int = 200, **body: Any) -> dict[str, Any]:
        """Takes a lead through a transition as an admin."""
        async with self.tenant.client_as() as admin:
            answer = await admin.post(f"/v1/leads/{lead_id}/{name}", json=body)
        assert answer.status_code == expected, answer.text
        return dict(answer.json())

    def manager(self, number: int = 0) -> httpx.AsyncClient:
        """A client that acts as one of the managers."""
        return self.tenant.client_as("manager", user_id=self.managers[number], team_id=self.team_id)

    async def events(self, *types: str) -> list[dict[str, Any]]:
        """The events of these types, oldest first."""
        return await self.tenant.core.events(*types)


@pytest_asyncio.fixture
async def sales(tenant: Tenant) -> Sales:
    team = await tenant.team("Sales")
    users = [await tenant.user(f"Manager {number}", team_id=team["id"]) for number in range(4)]
    return Sales(tenant, UUID(team["id"]), sorted(UUID(user["id"]) for user in users))
