"""Many deals changed, and taken through steps, at once; each answered by itself."""

from typing import Any
from uuid import uuid4

import httpx

from tests.crm_core.conftest import Sales
from tests.crm_core.deals.making import RUB, add, stages_of


async def sent(client: httpx.AsyncClient, method: str, path: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.request(method, path, json={"items": list(items)})
    return list(answer.raise_for_status().json()["results"])


async def test_deals_are_changed_and_moved_at_once_and_one_that_may_not_harms_none(sales: Sales) -> None:
    at = await stages_of(sales.tenant)
    async with sales.tenant.client_as() as admin, sales.manager(0) as manager:
        one, other, hidden = [await add(admin, owner_id=str(sales.managers[place])) for place in (0, 0, 1)]
        changed = await sent(
            admin, "PATCH", "/v1/deals/bulk",
            {"id": one["id"], "name": "Tables", "amount": RUB}, {"id": other["id"], "version": 7, "name": "X"},
            {"id": str(uuid4()), "name": "X"}, {"id": other["id"], "probability": 5},
        )  # fmt: skip
        moved = await sent(
            manager, "POST", "/v1/deals/bulk/move",
            *({"id": deal["id"], "stage_id": at["proposal"]} for deal in (one, other, hidden)),
        )  # fmt: skip
        won = await sent(admin, "POST", "/v1/deals/bulk/win", {"id": other["id"]}, {"id": one["id"]}, {"id": one["id"]})
        given = await sent(
            admin, "POST", "/v1/deals/bulk/assign",
            *({"id": deal["id"], "owner_id": str(sales.managers[1])} for deal in (one, other)),
        )  # fmt: skip
        now = [(await admin.get(f"/v1/deals/{deal['id']}")).json() for deal in (one, other)]
    assert [result["status"] for result in changed] == [200, 412, 404, 422]
    assert [result["status"] for result in moved] == [200, 200, 404]
    assert [result["status"] for result in won] == [422, 200, 409]
    assert won[2]["problem"]["allowed"] == ["reopen", "assign"]
    assert [result["id"] for result in given] == [one["id"], other["id"]]
    assert [(deal["name"], deal["status"], deal["owner_id"]) for deal in now] == [
        ("Tables", "won", str(sales.managers[1])), ("Chairs", "open", str(sales.managers[1])),
    ]  # fmt: skip
    assert len(await sales.events("deal.moved")) == 2


async def test_contacts_and_companies_are_changed_at_once(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        for path, card, patch in (
            ("/v1/contacts", {"phones": ["+74951234567"]}, {"kind": "partner"}),
            ("/v1/companies", {"name": "Romashka"}, {"tags": ["vip"]}),
        ):
            made = (await admin.post(path, json=card)).raise_for_status().json()["id"]
            wrong = {"id": made, "phones": ["nothing"]}
            results = await sent(admin, "PATCH", f"{path}/bulk", wrong, {"id": made, "version": 1, **patch})
            assert [result["status"] for result in results] == [422, 200]
            now = (await admin.get(f"{path}/{made}")).json()
            assert ({name: now[name] for name in patch}, now["version"]) == (patch, 2)
