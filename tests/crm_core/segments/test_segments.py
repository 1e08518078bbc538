"""`/v1/segments`, over HTTP."""

from typing import Any

from tests.crm_core.conftest import Sales, Tenant

PARTNERS = {"field": "kind", "op": "eq", "value": "partner"}
VIP = {"field": "tags", "op": "has", "value": "vip"}


async def test_a_segment_is_asked_anew_each_time(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        floor = {"entity": "contact", "key": "floor", "name": {"en": "Floor"}, "type": "number"}
        await admin.post("/v1/custom-fields", json=floor)
        high = {"all": [PARTNERS, {"field": "custom.floor", "op": "gte", "value": 3}]}
        segments = [
            (await admin.post("/v1/segments", json={"name": name, "filter": filter_})).json()
            for name, filter_ in (("Partners", PARTNERS), ("High", high), ("Important", VIP))
        ]
        assert [segment["count"] for segment in segments] == [0, 0, 0]
        cards = [{"kind": "partner", "custom": {"floor": 5}}, {"kind": "partner", "tags": ["vip"]}, {"tags": ["vip"]}]
        made = [(await admin.post("/v1/contacts", json=card)).json() for card in cards]
        listed = (await admin.get("/v1/segments", params={"counts": "true"})).json()["items"]
        members = (await admin.get(f"/v1/segments/{segments[0]['id']}/members", params={"limit": 1})).json()
        rest = await admin.get(
            f"/v1/segments/{segments[0]['id']}/members", params={"limit": 1, "cursor": members["next_cursor"]}
        )
        card = (await admin.get(f"/v1/contacts/{made[0]['id']}")).json()
        patched = await admin.patch(
            f"/v1/contacts/{made[0]['id']}", json={"tags": ["vip"]}, headers={"If-Match": '"1"'}
        )
        in_list = (await admin.get("/v1/contacts")).json()["items"]
    assert {segment["name"]: segment["count"] for segment in listed} == {"Partners": 2, "High": 1, "Important": 2}
    assert [member["id"] for member in members["items"] + rest.json()["items"]] == [made[1]["id"], made[0]["id"]]
    assert [segment["name"] for segment in card["segments"]] == ["High", "Partners"]
    assert [segment["name"] for segment in patched.json()["segments"]] == ["High", "Important", "Partners"]
    assert {contact["segments"] for contact in in_list} == {None}


async def test_a_segment_whose_field_is_gone_says_so_and_harms_no_card(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        field = {"entity": "contact", "key": "floor", "name": {"en": "Floor"}, "type": "number"}
        made = (await admin.post("/v1/custom-fields", json=field)).json()
        high = {"field": "custom.floor", "op": "gte", "value": 3}
        segment = (await admin.post("/v1/segments", json={"name": "High", "filter": high})).json()
        await admin.delete(f"/v1/custom-fields/{made['id']}")
        shown = (await admin.get(f"/v1/segments/{segment['id']}")).json()
        members = await admin.get(f"/v1/segments/{segment['id']}/members")
        contact = (await admin.post("/v1/contacts", json={"custom": {"floor": 9}})).json()
    assert (shown["count"], contact["segments"]) == (None, [])
    assert (members.status_code, members.json()["errors"][0]["pointer"]) == (422, "/filter/field")


async def test_members_and_counts_are_those_that_the_caller_sees_and_segments_of_others_stay(sales: Sales) -> None:
    async with sales.tenant.client_as() as admin:
        wanted = {"name": "Everybody", "filter": {"all": []}}
        segment = (await admin.post("/v1/segments", json=wanted)).json()
        for owner in sales.managers[:2]:
            await admin.post("/v1/contacts", json={"owner_id": str(owner)})
    async with sales.manager(0) as manager:
        seen = (await manager.get(f"/v1/segments/{segment['id']}")).json()
        members = (await manager.get(f"/v1/segments/{segment['id']}/members")).json()["items"]
        own = (await manager.post("/v1/segments", json={"name": "Mine", "filter": VIP})).json()
        deleted = [await manager.delete(f"/v1/segments/{one['id']}") for one in (segment, own)]
        renamed = await manager.patch(f"/v1/segments/{segment['id']}", json={"name": "X"}, headers={"If-Match": '"1"'})
    assert (seen["count"], [member["owner_id"] for member in members]) == (1, [str(sales.managers[0])])
    assert [answer.status_code for answer in (*deleted, renamed)] == [403, 204, 403]


async def test_segments_are_changed_by_patch_named_once_and_deleted(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        await admin.post("/v1/segments", json={"name": "Partners", "filter": PARTNERS})
        segment = (await admin.post("/v1/segments", json={"name": "Important", "filter": VIP})).json()
        at = f"/v1/segments/{segment['id']}"
        wrong: dict[str, Any] = {"filter": {"any": [PARTNERS, {"field": "size", "op": "eq", "value": 1}]}}
        answers = [
            await admin.patch(at, json=body, headers={"If-Match": '"1"'})
            for body in (wrong, {"name": "Partners"}, {"filter": PARTNERS})
        ]
        deleted = [(await admin.delete(at)).status_code for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 409, 200]
    assert answers[0].json()["errors"][0]["pointer"] == "/filter/any/1/field"
    assert (answers[2].json()["filter"], answers[2].headers["etag"]) == (PARTNERS, '"2"')
    assert deleted == [204, 404]
