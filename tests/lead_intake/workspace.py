"""A workspace of lead-intake as a test uses it."""

from typing import Any, cast
from uuid import UUID

import httpx
from leadkit.testing.services import RunningService

Json = dict[str, Any]


class Workspace:
    """One workspace: its client, its sources, and what it has received."""

    def __init__(self, intake: RunningService, workspace_id: UUID, client: httpx.AsyncClient) -> None:
        self.intake = intake
        self.id = workspace_id
        self.client = client

    async def source(self, provider: str = "generic", channel: str = "form", **fields: Any) -> Json:
        wish = {"name": "A source", "provider": provider, "channel": channel, **fields}
        answer = await self.client.post("/v1/sources", json=wish)
        assert answer.status_code == 201, answer.text
        return cast(Json, answer.json())

    async def door(self, source: Json, rest: str = "", method: str = "POST", **request: Any) -> httpx.Response:
        """A request at the source's door, as its provider sends it."""
        async with self.intake.client() as client:
            return await client.request(method, f"/in/{source['key']}{rest}", **request)

    async def submission(self, submission_id: str) -> Json:
        answer = await self.client.get(f"/v1/submissions/{submission_id}")
        assert answer.status_code == 200, answer.text
        return cast(Json, answer.json())

    async def received(self, source: Json, **request: Any) -> Json:
        """The submission that a request at the door made."""
        answer = await self.door(source, **request)
        assert answer.status_code == 202, answer.text
        return await self.submission(answer.json()["submission_id"])

    async def submissions(self, **filters: Any) -> list[Json]:
        answer = await self.client.get("/v1/submissions", params={"limit": 200, **filters})
        assert answer.status_code == 200, answer.text
        return cast(list[Json], answer.json()["items"])
