"""Deals made and taken through their steps over HTTP, for the tests of deals."""

from datetime import UTC, datetime
from typing import Any

import httpx

from tests.crm_core.conftest import Tenant

NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)
STAGES = ["initiation", "qualification", "proposal", "negotiation", "closing"]
RUB = {"amount": "1500.00", "currency": "RUB"}


async def stages_of(tenant: Tenant) -> dict[str, str]:
    async with tenant.client_as() as admin:
        pipeline = (await admin.get("/v1/pipelines")).raise_for_status().json()["items"][0]
    return {stage["key"]: stage["id"] for stage in pipeline["stages"]}


async def add(client: httpx.AsyncClient, **values: Any) -> dict[str, Any]:
    return dict((await client.post("/v1/deals", json={"name": "Chairs", **values})).raise_for_status().json())


async def step(client: httpx.AsyncClient, deal: dict[str, Any], action: str, **body: Any) -> dict[str, Any]:
    return dict((await client.post(f"/v1/deals/{deal['id']}/{action}", json=body)).raise_for_status().json())
