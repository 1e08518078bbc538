"""`/v1/custom-fields`, and their values on cards and in lists, over HTTP."""

from typing import Any

import httpx
import pytest
from leadkit.testing.services import RunningService

from tests.crm_core.conftest import Tenant

FIELDS: tuple[dict[str, Any], ...] = (
    {"key": "material", "type": "text"},
    {"key": "floor", "type": "number"},
    {"key": "price", "type": "money"},
    {"key": "delivery", "type": "date", "personal": False},
    {"key": "urgent", "type": "bool"},
    {"key": "size", "type": "choice", "choices": ["small", "large"], "personal": False},
    {"key": "rooms", "type": "multichoice", "choices": ["hall", "bath", "loft"]},
    {"key": "plan", "type": "url"},
    {"key": "keeper", "type": "user"},
)
FULL = {
    "material": "Oak", "floor": 3, "price": {"amount": "1500.00", "currency": "RUB"}, "delivery": "2026-05-01",
    "urgent": True, "size": "large", "rooms": ["hall", "bath"], "plan": "https://example.com/plan",
}  # fmt: skip


async def define(admin: httpx.AsyncClient, entity: str, **more: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/custom-fields", json={"entity": entity, "name": {"en": "Any"}, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def found(client: httpx.AsyncClient, path: str, **asked: str) -> list[str]:
    answer = await client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["items"]]


async def test_lists_are_filtered_and_ordered_by_custom_fields(tenant: Tenant) -> None:
    keeper = (await tenant.user("Olga"))["id"]
    async with tenant.client_as() as admin:
        # Noted before the fields were defined: of other kinds, and never an error.
        odd = {"floor": "high", "price": 5, "delivery": "soon", "urgent": "yes", "rooms": "all", "keeper": "Anna"}
        for name, custom in (("odd", odd), ("bare", {})):
            await admin.post("/v1/deals", json={"name": name, "custom": custom})
        for field in FIELDS:
            await define(admin, "deal", **field)
        await admin.post("/v1/deals", json={"name": "full", "custom": {**FULL, "keeper": keeper}})
        await admin.post(
            "/v1/deals", json={"name": "half", "custom": {"floor": 12, "rooms": ["loft"], "size": "small"}}
        )
        asked: dict[str, tuple[str, list[str]]] = {
            "custom.material": ("oak,Oak", ["full"]),
            "custom.floor_from": ("10", ["half"]),
            "custom.price_to": ("1500.01", ["full"]),
            "custom.delivery_from": ("2026-05-01", ["full"]),
            "custom.urgent": ("false", ["half", "bare", "odd"]),
            "custom.size": ("small,large", ["half", "full"]),
            "custom.rooms": ("hall,bath", ["full"]),
            "custom.plan": ("https://example.com/plan", ["full"]),
            "custom.keeper": (keeper, ["full"]),
            "filter": ('{"any": [{"field": "custom.floor", "op": "eq", "value": 12}, '
                       '{"field": "custom.rooms", "op": "has_any", "value": ["bath"]}]}', ["half", "full"]),
        }  # fmt: skip
        for name, (value, names) in asked.items():
            assert await found(admin, "/v1/deals", **{name: value}) == names, name
        missing = '{"field": "custom.floor", "op": "is_set", "value": false}'
        assert await found(admin, "/v1/deals", filter=missing) == ["bare", "odd"]
        assert (await found(admin, "/v1/deals", sort="custom.floor"))[:2] == ["full", "half"]
        for sort in (
            "custom.material",
            "-custom.price",
            "custom.delivery",
            "custom.size",
            "custom.plan",
            "custom.floor",
            "expected_close",
        ):
            first = (await admin.get("/v1/deals", params={"sort": sort, "limit": 2})).json()
            rest = (await admin.get("/v1/deals", params={"sort": sort, "cursor": first["next_cursor"]})).json()
            assert len({row["id"] for row in first["items"] + rest["items"]}) == 4, sort
        wrong = await admin.get("/v1/deals", params={"custom.floor_from": "high"})
        unknown = await admin.get("/v1/deals", params={"custom.colour": "red"})
        view = {"name": "High", "entity": "deal", "filter": {"field": "custom.floor", "op": "gte", "value": 3},
                "sort": "-custom.floor"}  # fmt: skip
        saved = (await admin.post("/v1/views", json=view)).json()
        assert await found(admin, "/v1/deals", view=saved["id"]) == ["half", "full"]
    assert [answer.json()["errors"][0]["pointer"] for answer in (wrong, unknown)] == [
        "/custom.floor_from", "/custom.colour",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entity", "path", "card"),
    [
        ("lead", "/v1/leads", {"person": {"full_name": "Anna"}}),
        ("contact", "/v1/contacts", {"person": {"full_name": "Anna"}}),
        ("company", "/v1/companies", {"name": "Oak"}),
        ("deal", "/v1/deals", {"name": "Oak"}),
    ],
)
async def test_cards_take_only_values_of_the_type(tenant: Tenant, entity: str, path: str, card: dict[str, Any]) -> None:
    async with tenant.client_as() as admin:
        await define(admin, entity, key="floor", type="number", required=True, personal=False)
        await define(admin, entity, key="keeper", type="user")
        items = [{**card, "custom": {"floor": 3}}, {**card, "custom": {"floor": "3", "keeper": str(tenant.id)}}, card]
        results = (await admin.post(f"{path}/bulk", json={"items": items})).json()["results"]
        assert [result["status"] for result in results] == [201, 422, 422]
        assert [error["pointer"] for error in results[1]["problem"]["errors"]] == ["/custom/floor", "/custom/keeper"]
        at = f"{path}/{results[0]['id']}"
        for custom, status in (({"floor": None}, 422), ({"floor": "x"}, 422), ({"floor": 4, "note": "n"}, 200)):
            patched = await admin.patch(at, json={"custom": custom}, headers={"If-Match": "*"})
            assert patched.status_code == status, patched.text
        assert patched.json()["custom"] == {"floor": 4, "note": "n"}


async def told(core: RunningService, entity: str) -> list[dict[str, Any]]:
    events = await core.events(f"{entity}.created", f"{entity}.updated")
    return [event["data"]["custom"] for event in events]


@pytest.mark.parametrize(
    ("entity", "path"), [("lead", "/v1/leads"), ("contact", "/v1/contacts"), ("deal", "/v1/deals")]
)
async def test_events_tell_custom_fields_only_once_they_are_not_personal(
    tenant: Tenant, entity: str, path: str
) -> None:
    async with tenant.client_as() as admin:
        open_field = await define(admin, entity, key="floor", type="number", personal=False)
        await define(admin, entity, key="passport", type="text")
        card = {"name": "Oak", "person": {"full_name": "Anna"}, "custom": {"floor": 3, "passport": "4509", "else": 1}}
        made = (await admin.post(path, json=card)).json()
        at = f"/v1/custom-fields/{open_field['id']}"
        assert (await admin.patch(at, json={"personal": True}, headers={"If-Match": '"1"'})).status_code == 200
        await admin.patch(f"{path}/{made['id']}", json={"tags": ["vip"]}, headers={"If-Match": "*"})
    assert await told(tenant.core, entity) == [{"floor": 3}, {}]


async def test_a_field_is_defined_once_changed_and_no_longer_asked_for(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = await define(admin, "lead", key="size", type="choice", choices=["small"], required=True)
        again = await admin.post("/v1/custom-fields", json={**made, "name": {"ru": "Размер"}})
        odd: dict[str, Any] = {"entity": "lead", "key": "b", "name": {"en": "B"}, "type": "number", "choices": ["x"]}
        refused = [await admin.post("/v1/custom-fields", json=body) for body in (odd, {**odd, "name": {}})]
        at = f"/v1/custom-fields/{made['id']}"
        emptied = await admin.patch(at, json={"choices": []}, headers={"If-Match": '"1"'})
        grown = await admin.patch(at, json={"choices": ["small", "large"]}, headers={"If-Match": '"1"'})
        assert (await admin.delete(at)).status_code == 204
        offered = (await admin.get("/v1/custom-fields", params={"active": "true", "entity": "lead"})).json()["items"]
        free = await admin.post("/v1/leads", json={"person": {"full_name": "Anna"}, "custom": {"size": 7}})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/custom-field-key-taken")
    assert [answer.status_code for answer in (*refused, emptied)] == [422, 422, 422]
    assert (grown.status_code, grown.json()["choices"], offered) == (200, ["small", "large"], [])
    assert free.status_code == 201
    async with tenant.client_as("manager") as manager:
        assert (await manager.post("/v1/custom-fields", json=odd)).status_code == 403
