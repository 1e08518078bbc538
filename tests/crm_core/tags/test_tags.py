"""`/v1/tags`, over HTTP."""

from typing import Any

import httpx

from tests.crm_core.conftest import Sales, Tenant


async def counts(client: httpx.AsyncClient, **asked: Any) -> dict[str, list[int]]:
    listed = (await client.get("/v1/tags", params=asked)).raise_for_status().json()["items"]
    return {tag["name"]: list(tag["counts"].values()) for tag in listed}


async def test_tags_are_counted_renamed_merged_and_taken_off(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = (await admin.post("/v1/tags", json={"name": "vip", "color": "#d43f3a"})).json()
        again = await admin.post("/v1/tags", json={"name": "vip"})
        await admin.post("/v1/leads", json={"person": {"full_name": "A"}, "tags": ["VIP", "old", "vip"]})
        contact = (await admin.post("/v1/contacts", json={"tags": ["vip"]})).json()
        await admin.post("/v1/deals", json={"name": "D", "tags": ["VIP"]})
        assert await counts(admin) == {"VIP": [1, 0, 0, 1], "old": [1, 0, 0, 0], "vip": [1, 1, 0, 0]}
        assert await counts(admin, q="v") == {"VIP": [1, 0, 0, 1], "vip": [1, 1, 0, 0]}
        merged = await admin.post("/v1/tags/merge", json={"names": ["VIP", "vip"], "into": "vip"})
        lead = (await admin.get("/v1/leads")).json()["items"][0]
        at = f"/v1/tags/{made['id']}"
        renamed = await admin.patch(at, json={"name": "key"}, headers={"If-Match": '"1"'})
        changed = (await admin.get(f"/v1/contacts/{contact['id']}")).json()
        assert await counts(admin) == {"key": [1, 1, 0, 1], "old": [1, 0, 0, 0]}
        assert (await admin.delete(at)).status_code == 204
        assert await counts(admin) == {"old": [1, 0, 0, 0]}
    assert (again.status_code, merged.json()["changed"]) == (409, {"lead": 1, "contact": 0, "company": 0, "deal": 1})
    assert (lead["tags"], lead["version"]) == (["vip", "old"], 2)
    assert (renamed.json()["counts"]["deal"], renamed.json()["color"], renamed.headers["etag"]) == (1, "#d43f3a", '"2"')
    assert (changed["tags"], changed["version"]) == (["key"], 2)


async def test_a_manager_counts_own_cards_and_keeps_no_catalogue(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        for owner in sales.managers[:2]:
            await admin.post("/v1/deals", json={"name": "D", "tags": ["vip"], "owner_id": str(owner)})
    async with sales.manager(0) as manager:
        assert await counts(manager) == {"vip": [0, 0, 0, 1]}
        assert (await manager.post("/v1/tags", json={"name": "x"})).status_code == 403
