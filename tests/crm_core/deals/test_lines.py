"""`PUT /v1/deals/{id}/lines`, and the amounts of deals that have lines."""

from decimal import Decimal
from typing import Any

import httpx
from crm_core.deals.lines import lines_read, sum_of
from crm_core.deals.rules import line_total
from crm_core.deals.schemas import DealLine
from hypothesis import given, settings
from hypothesis import strategies as st
from leadkit.contracts.common import Money

from tests.crm_core.conftest import Tenant

ANY = {"If-Match": "*"}


def rub(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "RUB"}


async def product(client: httpx.AsyncClient, **values: Any) -> str:
    return str((await client.post("/v1/products", json=values)).raise_for_status().json()["id"])


def test_a_line_costs_quantity_times_price_less_its_discount_to_the_cent() -> None:
    assert line_total(Decimal("3"), Decimal("0.35"), Decimal("10")) == Decimal("0.95")  # 0.945 rounds up
    assert line_total(Decimal("0.333"), Decimal("100"), Decimal("0")) == Decimal("33.30")
    assert line_total(Decimal("2"), Decimal("50"), Decimal("100")) == Decimal("0.00")


@settings(max_examples=20)
@given(
    st.lists(
        st.builds(
            DealLine,
            name=st.just("Chair"),
            quantity=st.decimals("0.001", "100000", places=3),
            price=st.builds(Money, amount=st.decimals("0", "1000000", places=2), currency=st.just("RUB")),
            discount=st.decimals("0", "100", places=2),
        ),
        max_size=5,
    )
)
def test_lines_as_stored_sum_to_what_each_costs(lines: list[DealLine]) -> None:
    expected = sum((line_total(one.quantity, one.price.amount, one.discount) for one in lines if one.price), Decimal(0))
    assert sum_of(lines_read(lines, {}, "RUB")) == (expected if lines else None)


async def test_the_amount_of_a_deal_with_lines_is_their_sum(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        chair = await product(admin, name="Chair", price=rub("4990.00"))
        deal = (await admin.post("/v1/deals", json={"name": "Office", "amount": rub("1.00")})).json()
        at = f"/v1/deals/{deal['id']}"
        lines = [
            {"product_id": chair, "quantity": "40", "discount": "10"},
            {"name": "Delivery", "price": rub("1500.50")},
        ]
        blind = await admin.put(f"{at}/lines", json={"lines": lines})
        put = await admin.put(f"{at}/lines", json={"lines": lines}, headers={"If-Match": '"1"'})
        again = await admin.put(f"{at}/lines", json={"lines": lines}, headers={"If-Match": '"2"'})
        by_hand = await admin.patch(at, json={"amount": rub("5.00")}, headers=ANY)
        won_otherwise = await admin.post(f"{at}/win", json={"amount": rub("5.00")})
        won = (await admin.post(f"{at}/win", json={})).raise_for_status().json()
        emptied = (await admin.put(f"{at}/lines", json={"lines": []}, headers=ANY)).json()
        set_again = (await admin.patch(at, json={"amount": rub("5.00")}, headers=ANY)).json()
    assert (blind.status_code, put.status_code, again.headers["etag"]) == (428, 200, '"2"')
    assert put.json()["amount"] == won["amount"] == emptied["amount"] == rub("181140.50")
    assert [(line["name"], line["quantity"], line["discount"], line["total"]) for line in put.json()["lines"]] == [
        ("Chair", "40", "10", rub("179640.00")),
        ("Delivery", "1", "0", rub("1500.50")),
    ]
    assert [answer.json()["errors"][0]["pointer"] for answer in (by_hand, won_otherwise)] == ["/amount", "/amount"]
    assert (emptied["lines"], set_again["amount"]) == ([], rub("5.00"))
    (told,) = [event["data"] for event in await tenant.core.events("deal.won")]
    assert told["amount"] == "181140.50"
    assert [sorted(line) for line in told["lines"]] == [["discount", "price", "product_id", "quantity"]] * 2
    assert [line["price"] for line in told["lines"]] == [line["price"]["amount"] for line in put.json()["lines"]]


async def test_a_deal_begins_with_lines_and_each_wrong_one_is_named(tenant: Tenant, stranger: Tenant) -> None:
    async with stranger.client_as() as other:
        foreign = await product(other, name="Foreign", price=rub("1.00"))
    async with tenant.client_as() as admin:
        chair = await product(admin, name="Chair", price=rub("100.00"))
        dollars = await product(admin, name="Licence", price={"amount": "9.00", "currency": "USD"})
        made = await admin.post("/v1/deals", json={"name": "Office", "lines": [{"product_id": chair, "quantity": "2"}]})
        await admin.delete(f"/v1/products/{chair}")
        at = f"/v1/deals/{made.json()['id']}/lines"
        lines = [
            {"product_id": foreign}, {"name": "Free of charge"}, {"product_id": dollars},
            {"name": "Back", "price": rub("-1.00")}, {"product_id": chair},
        ]  # fmt: skip
        refused = await admin.put(at, json={"lines": lines}, headers=ANY)
        kept = await admin.put(at, json={"lines": [{"product_id": chair, "quantity": "3"}]}, headers=ANY)
        no_longer = await admin.post("/v1/deals", json={"name": "Office", "lines": [{"product_id": chair}]})
        endless = {"name": "Moon", "quantity": "999999999", "price": rub("9999999999999999.99")}
        too_much = await admin.put(at, json={"lines": [endless]}, headers=ANY)
        disagreeing = {"name": "Office", "amount": rub("1.00"), "lines": [{"name": "Desk", "price": rub("2.00")}]}
        contradicted = await admin.post("/v1/deals", json=disagreeing)
    assert (made.status_code, made.json()["amount"]) == (201, rub("200.00"))
    assert [error["pointer"] for error in refused.json()["errors"]] == [
        "/lines/0/product_id", "/lines/1", "/lines/2/price/currency", "/lines/3/price/amount",
    ]  # fmt: skip
    assert (kept.json()["amount"], no_longer.status_code) == (rub("300.00"), 422)
    assert (too_much.status_code, contradicted.status_code) == (422, 422)
