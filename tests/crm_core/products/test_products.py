"""`/v1/products`, over HTTP."""

from tests.crm_core.conftest import Tenant

RUB = {"amount": "4990.00", "currency": "RUB"}


async def test_a_product_is_added_once_by_number_changed_and_no_longer_offered(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        items = [{"name": "Chair", "sku": "C1", "price": RUB}, {"name": "Other", "sku": "C1"}, {"name": "Desk"}, {}]
        results = (await admin.post("/v1/products/bulk", json={"items": items})).json()["results"]
        at = f"/v1/products/{results[0]['id']}"
        taken = await admin.post("/v1/products", json={"name": "Third", "sku": "C1"})
        stale = await admin.patch(at, json={"unit": "piece"}, headers={"If-Match": '"7"'})
        changed = await admin.patch(at, json={"unit": "piece", "price": None}, headers={"If-Match": '"1"'})
        unchanged = await admin.patch(at, json={"unit": "piece"}, headers={"If-Match": '"2"'})
        assert (await admin.delete(at)).status_code == 204
        offered = (await admin.get("/v1/products", params={"active": "true"})).json()["items"]
        found = (await admin.get("/v1/products", params={"q": "c1"})).json()["items"]
    assert [result["status"] for result in results] == [201, 409, 201, 422]
    assert (taken.status_code, taken.json()["type"], stale.status_code) == (409, "/problems/product-sku-taken", 412)
    assert (changed.json()["unit"], changed.json()["price"], unchanged.headers["etag"]) == ("piece", None, '"2"')
    assert [product["name"] for product in offered] == ["Desk"]
    assert [(product["name"], product["active"]) for product in found] == [("Chair", False)]
    events = [event for event in await tenant.core.events("product.changed") if event["subject"] == results[0]["id"]]
    assert [(event["data"]["version"], event["data"]["active"]) for event in events] == [
        (1, True),
        (2, True),
        (3, False),
    ]


async def test_managers_read_products_and_do_not_write_them(tenant: Tenant) -> None:
    async with tenant.client_as("manager") as manager:
        assert (await manager.get("/v1/products")).status_code == 200
        assert (await manager.post("/v1/products", json={"name": "Chair"})).status_code == 403
