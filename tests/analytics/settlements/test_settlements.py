"""`/v1/rate-cards`, `/v1/disputes`, `/v1/settlements`: a month of two suppliers, worked out by hand.

The exchange gets 500 a lead that is from Moscow, new and to be reached, and 1,000 more for a sale of its campaign
`gold`; the network gets 10 dollars (at 90 roubles) for each qualified lead.

| lead | day | what became of it | owed |
| --- | --- | --- | --- |
| anna | 1 | sold for 30,000, gold | 500 + 1,000 |
| boris | 2 | from another region | — |
| vera | 3 | closed as unreachable two days later | — |
| gleb | 4 | closed as spam three weeks later: too late | 500 |
| anna again | 5 | the same person within 30 days | — |
| dina | 6 | no region known; returned | 500 - 500 |
| egor | 7 | merged into another lead | no lead |
| zoya | 8 | her return was refused | 500 |
| ivan | 8 | of the network, qualified on the 9th | 900 (10 USD) |
| kira | 8 | of the network, not qualified | — |

The exchange: 7 leads and 1 sale delivered, 3 refused, 5 billed with 3,000, 500 returned, 2,500 owed.
"""

from datetime import UTC, datetime
from typing import Any

import pytest_asyncio
from leadkit import clock
from leadkit.ids import new_id

from tests.analytics.conftest import Books, money
from tests.analytics.projections.histories import attribution, deal, lead, told

APRIL = {"from_": "2026-04-01", "to": "2026-05-01"}
UNREACHABLE, SPAM = str(new_id()), str(new_id())


def _day(day: int) -> datetime:
    return datetime(2026, 4, day, 9, tzinfo=UTC)


def _came(day: int, source: str = "exchange", **values: Any) -> dict[str, Any]:
    at = told(_day(day))
    seen = attribution(source=source, medium="cpa", campaign=values.pop("campaign", "silver"))
    return lead(**{"region": "RU-MOW", "contact_id": str(new_id())} | values, attribution=seen, occurred_at=at)


def _closed(reason: str, day: int) -> dict[str, Any]:
    return {"status": "disqualified", "loss_reason_id": reason, "reached": {"disqualified": told(_day(day))}}


ANNA = _came(1, campaign="gold", reached={"in_progress": told(_day(1)), "qualified": told(_day(2))})
DINA, ZOYA = _came(6, region=None), _came(8)
LEADS = (
    ANNA, _came(2, region="RU-SPE"), _came(3, **_closed(UNREACHABLE, 5)), _came(4, **_closed(SPAM, 25)),
    _came(5, contact_id=ANNA["contact_id"]), DINA, _came(7, status="merged", merged_into=ANNA["id"]), ZOYA,
    _came(8, "network", reached={"qualified": told(_day(9))}), _came(8, "network"),
)  # fmt: skip
SOLD = deal(lead_id=ANNA["id"], status="won", amount="30000.00", won_at=told(_day(10)), created_at=told(_day(2)))
CARD = {
    "supplier": "Exchange", "price": money("500.00"), "source": "exchange", "valid_from": "2026-04-01",
    "return_days": 14, "rules": {
        "unique_within_days": 30, "regions": ["RU-MOW"], "unreachable_for": [UNREACHABLE], "spam_for": [SPAM],
    },
}  # fmt: skip
CARDS = (
    CARD,
    {"supplier": "Exchange", "pays": "won", "price": money("1000.00"), "source": "exchange", "campaign": "gold",
     "valid_from": "2026-04-01"},
    {"supplier": "Network", "pays": "qualified", "price": {"amount": "10.00", "currency": "USD"}, "source": "network",
     "valid_from": "2026-01-01", "valid_to": "2026-05-01"},
)  # fmt: skip


@pytest_asyncio.fixture
async def month(books: Books) -> Books:
    await books.tell(*(("lead.created", each) for each in LEADS), ("deal.won", SOLD))
    for card in CARDS:
        await _post(books, "rate-cards", card)
    rate = {"date": "2026-04-01", "currency": "USD", "rate": "90"}
    await _post(books, "exchange-rates", {"items": [rate]}, status=200)
    return books


async def _post(books: Books, path: str, body: dict[str, Any], *, status: int = 201) -> Any:
    answer = await books.client.post(f"/v1/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def _dispute(books: Books, lead: dict[str, Any], day: int = 9, *, status: int = 201, **more: Any) -> Any:
    with clock.at(_day(day)):
        return await _post(books, "disputes", {"lead_id": lead["id"], "reason": "other"} | more, status=status)


async def _decide(books: Books, dispute: Any, how: str, *, status: int = 200) -> Any:
    return await _post(books, f"disputes/{dispute['id']}/{how}", {"note": "by letter"}, status=status)


async def _spent(books: Books, by: str = "") -> Any:
    return (await books.get("query", metrics="spend", by=by, **APRIL))["totals"]["spend"]["amount"]


async def test_the_month_of_two_suppliers_is_settled_as_worked_out_by_hand(month: Books) -> None:
    dina, zoya = await _dispute(month, DINA, evidence="two calls, at the links"), await _dispute(month, ZOYA)
    before = (await month.get("settlements", supplier="Exchange", **APRIL))["rows"][0]
    assert (before["disputed"], before["disputed_sum"], before["owed"]) == (2, money("1000.00"), money("3000.00"))
    assert await _spent(month) == "3900.00"
    await _decide(month, dina, "accept")
    await _decide(month, zoya, "refuse")
    exchange, network = (await month.get("settlements", **APRIL))["rows"]
    first = await month.get("settlements/lines", supplier="Exchange", limit="3", include_total="true", **APRIL)
    rest = await month.get("settlements/lines", supplier="Exchange", cursor=first["next_cursor"], **APRIL)
    lines = [*first["items"], *rest["items"]]
    assert (first["total"], sum(float(line["owed"]["amount"]) for line in lines)) == (8, 2500.0)
    told = {(line["lead_id"], line["pays"]): line["refused"] or line["state"] for line in lines}
    assert [told.get((each["id"], "lead")) for each in LEADS] == [
        "owed", "region", "unreachable", "owed", "repeated", "returned", None, "owed", None, None,
    ]  # fmt: skip
    file = await month.client.get("/v1/settlements/lines?format=csv&supplier=Exchange&from=2026-04-01&to=2026-05-01")
    assert [line.split(",")[0] for line in file.text.splitlines()[1:]] == [line["lead_id"] for line in lines]
    [returned] = (await month.get("settlements/lines", state="returned", sort="supplier", **APRIL))["items"]
    assert (returned["lead_id"], returned["dispute"], returned["day"]) == (DINA["id"], "accepted", "2026-04-06")
    assert exchange == {
        "supplier": "Exchange", "delivered": 8, "billed": 5, "disputed": 0, "returned": 1,
        "refused": {"spam": 0, "unreachable": 1, "region": 1, "repeated": 1},
        "billed_sum": money("3000.00"), "disputed_sum": money("0.00"), "returned_sum": money("500.00"),
        "owed": money("2500.00"), "cost": money("2500.00"), "leads": 7, "contacted": 1, "qualified": 1, "won": 1,
        "revenue": money("30000.00"), "cost_per_lead": money("357.14"), "cost_per_contacted": money("2500.00"),
        "cost_per_qualified": money("2500.00"), "cost_per_won": money("2500.00"),
    }  # fmt: skip
    assert (network["owed"], network["cost"]) == ({"amount": "10.00", "currency": "USD"}, money("900.00"))
    table = await month.get("cost-per-lead", **APRIL)
    costs = {row["source"]: (row["spend"]["amount"], row["cost_per_lead"]["amount"]) for row in table["rows"]}
    assert costs == {"exchange": ("2500.00", "357.14"), "network": ("900.00", "450.00")}
    for by in ("", "campaign", "day", "owner", "channel,week"):
        assert await _spent(month, by) == "3400.00"


async def test_what_becomes_of_a_lead_later_is_in_the_next_settlement_and_in_its_cost(month: Books) -> None:
    assert await _spent(month) == "3900.00"
    await month.tell(("lead.disqualified", ZOYA | _closed(SPAM, 12) | {"version": 2}))
    assert await _spent(month) == "3400.00"
    await month.tell(("lead.merged", DINA | {"status": "merged", "merged_into": ANNA["id"], "version": 2}))
    assert await _spent(month) == "2900.00"
    [row] = (await month.get("settlements", supplier="Exchange", **APRIL))["rows"]
    assert (row["refused"]["spam"], row["leads"], row["owed"]) == (1, 6, money("2000.00"))


async def test_a_settlement_is_a_table_too_with_the_currency_of_each_sum(month: Books) -> None:
    answer = await month.client.get("/v1/settlements?from=2026-04-01&to=2026-05-01&format=csv")
    header, exchange, network = (line.split(",") for line in answer.text.split())
    told = [dict(zip(header, line, strict=True)) for line in (exchange, network)]
    assert [(row["owed"], row["owed_currency"], row["cost"], row["cost_currency"]) for row in told] == [
        ("3000.00", "RUB", "3000.00", "RUB"), ("10.00", "USD", "900.00", "RUB"),
    ]  # fmt: skip


async def test_a_charge_without_a_rate_is_shown_and_not_counted(books: Books) -> None:
    await books.tell(*(("lead.created", each) for each in LEADS))
    await _post(books, "rate-cards", CARDS[2])
    table = await books.get("cost-per-lead", **APRIL)
    assert (table["totals"]["spend"], table["left_out"]) == (money("0.00"), [{"amount": "10.00", "currency": "USD"}])
    [row] = (await books.get("settlements", **APRIL))["rows"]
    assert (row["owed"]["amount"], row["cost"], row["cost_per_lead"]) == ("10.00", None, None)


async def test_a_lead_is_disputed_once_within_its_window_and_decided_once(month: Books) -> None:
    over = await _dispute(month, DINA, day=21, status=409)
    assert over["type"] == "/problems/return-window-over"
    assert (await _dispute(month, LEADS[1], status=409))["type"] == "/problems/not-charged"
    assert (await _dispute(month, ANNA, day=11, status=409))["type"] == "/problems/not-charged"
    assert (await _dispute(month, ANNA, day=11, pays="won"))["supplier"] == "Exchange"
    await _dispute(month, LEADS[9], status=404)
    for told_too_much in ("call +7 912 345-67-89", "ask anna@example.org"):
        await _dispute(month, ZOYA, status=422, evidence=told_too_much)
    await _dispute(month, ZOYA, status=422, links=["https://mail.example.com/?from=anna@example.org"])
    zoya = await _dispute(month, ZOYA, links=["https://pbx.example.com/records/8123456789012"])
    assert (await _dispute(month, ZOYA, status=409))["type"] == "/problems/disputed-already"
    await _decide(month, zoya, "refuse")
    assert (await _decide(month, zoya, "accept", status=409))["type"] == "/problems/decided-already"
    listed = (await month.get("disputes", status="refused"))["items"]
    assert [(each["id"], each["note"]) for each in listed] == [(zoya["id"], "by letter")]


async def test_the_more_exact_card_pays_and_a_changed_price_restates(month: Books) -> None:
    exact = await _post(month, "rate-cards", CARD | {"campaign": "gold", "price": money("700.00")})
    assert await _spent(month) == "4100.00"
    path, body = f"/v1/rate-cards/{exact['id']}", {"price": money("701.00"), "rules": {"regions": ["RU-SPE"]}}
    assert (await month.client.patch(path, json=body)).status_code == 428
    changed = await month.client.patch(path, json=body, headers={"If-Match": '"1"'})
    assert (changed.json()["price"], changed.json()["rules"]["unique_within_days"]) == (money("701.00"), None)
    assert await _spent(month) == "3400.00"
    ended = await month.client.patch(path, json={"valid_to": "2026-03-01"}, headers={"If-Match": '"2"'})
    assert ended.status_code == 422
    listed = (await month.get("rate-cards", supplier="Exchange"))["items"]
    assert len(listed) == 3
