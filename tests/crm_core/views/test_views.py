"""Saved views: whose they are, what they mean for a list, and what cannot be saved."""

from typing import Any

import pytest

VIP = {"all": [{"field": "tags", "op": "has", "value": "vip"}, {"field": "created_at", "op": "gte", "value": "now-7d"}]}


async def saved(client: Any, **values: Any) -> dict[str, Any]:
    answer = await client.post("/v1/views", json={"name": "VIP", "entity": "lead", "filter": VIP, **values})
    return dict(answer.raise_for_status().json())


async def test_a_list_is_asked_by_a_view_and_narrowed_further(sales):
    for name, tags in (("Anna", ["vip"]), ("Boris", ["vip"]), ("Clara", [])):
        await sales.add(person={"full_name": name}, tags=tags)
    async with sales.tenant.client_as() as admin:
        view = await saved(admin, sort="name", columns=["person.full_name"])
        assert (view["filter"], view["mine"]) == (VIP, True)

        async def names(**params: Any) -> list[str]:
            answer = await admin.get("/v1/leads", params={"view": view["id"], **params})
            return [lead["person"]["full_name"] for lead in answer.raise_for_status().json()["items"]]

        assert await names() == ["Anna", "Boris"]
        assert await names(sort="-name") == ["Boris", "Anna"]
        assert await names(q="boris") == ["Boris"]
        assert await names(tag="other") == []
        wrong = await admin.get("/v1/deals", params={"view": view["id"]})
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/view")


async def test_views_are_seen_by_those_they_are_shared_with_and_changed_by_their_authors(sales, stranger):
    async with sales.manager(0) as author, sales.manager(1) as colleague, sales.tenant.client_as() as admin:
        ids = {shared: (await saved(author, name=shared, shared=shared))["id"] for shared in ("nobody", "team", "all")}
        seen = [[view["name"] for view in (await one.get("/v1/views")).json()["items"]]
                for one in (author, colleague, admin)]  # fmt: skip
        assert seen == [["all", "nobody", "team"], ["all", "team"], ["all"]]
        match = {"If-Match": '"1"'}
        refused = await colleague.patch(f"/v1/views/{ids['team']}", json={"name": "Mine"}, headers=match)
        assert refused.status_code == 403
        changed = await author.patch(f"/v1/views/{ids['team']}", json={"filter": None, "shared": "all"}, headers=match)
        assert (changed.json()["filter"], changed.json()["team_id"], changed.json()["version"]) == (None, None, 2)
        assert (await colleague.delete(f"/v1/views/{ids['all']}")).status_code == 403
        assert (await author.delete(f"/v1/views/{ids['all']}")).status_code == 204
        assert (await author.get(f"/v1/views/{ids['all']}")).status_code == 404
    async with stranger.client_as() as other:
        assert (await other.get("/v1/views")).json()["items"] == []


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"filter": {"field": "amount", "op": "gt", "value": 1}}, "/filter/field"),
        ({"sort": "amount"}, "/sort"),
        ({"shared": "team"}, "/shared"),
        ({"entity": "activity", "filter": None, "q": "x"}, "/q"),
    ],
)
async def test_what_could_not_be_asked_is_not_saved(sales, values, pointer):
    async with sales.tenant.client_as() as admin:
        answer = await admin.post("/v1/views", json={"name": "VIP", "entity": "lead", "filter": VIP, **values})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
