"""What the tests of analytics share: one workspace, told of events, spoken to over HTTP."""

from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio
from analytics.projections.projecting import project
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.analytics.projections.histories import event, workspace


class Books:
    """One workspace in Moscow time that counts in roubles, and a client of it with the token of a head."""

    def __init__(self, service: RunningService) -> None:
        self.service = service
        self.db: Database = service.db
        self.workspace_id: UUID = new_id()
        self.client: httpx.AsyncClient = service.client_as("head", self.workspace_id)

    async def tell(self, *events: tuple[str, dict[str, Any]]) -> None:
        """Projects the events as one page of a feed."""
        page = [event(self.workspace_id, type, data) for type, data in events]
        async with self.db.transaction(role="worker") as session:
            await project(session, page, now=clock.now())

    async def get(self, path: str, **params: str) -> Any:
        """The answer's body; `from_` and the like lose their underscore."""
        return await self.refused(path, params, status=200)

    async def refused(self, path: str, params: dict[str, str], *, status: int = 422) -> Any:
        """The problem that these parameters get."""
        asked = {name.rstrip("_"): value for name, value in params.items()}
        answer = await self.client.get(f"/v1/{path}", params=asked)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def spend(self, *items: dict[str, Any], status: int = 200, **more: Any) -> Any:
        """Posts spend; an amount may be written as text."""
        written = [item | {"amount": money(item["amount"])} for item in items]
        answer = await self.client.post("/v1/spend", json={"items": written, **more})
        assert answer.status_code == status, answer.text
        return answer.json()


def money(amount: Any) -> Any:
    """Roubles, unless it is money already."""
    return {"amount": amount, "currency": "RUB"} if isinstance(amount, str) else amount


@pytest_asyncio.fixture
async def books(running_analytics: RunningService) -> Books:
    """A workspace of its own, so that nothing has to be emptied."""
    return await new_books(running_analytics)


async def new_books(service: RunningService) -> Books:
    """A new workspace, known to analytics."""
    await service.trust_test_tokens()
    made = Books(service)
    await made.tell(("workspace.created", workspace()))
    return made
