"""Scores explained, set by the workspace, and followed by leads in the background."""

from datetime import timedelta

from crm_core.leads.rescoring import rescore
from leadkit import clock
from leadkit.ids import new_id

from tests.crm_core.conftest import Sales


async def _call(sales: Sales, method: str, path: str, expected: int = 200, **how):
    async with sales.tenant.client_as() as admin:
        answer = await admin.request(method, path, **how)
    assert answer.status_code == expected, answer.text
    return answer.json()


async def test_a_lead_tells_each_point_of_its_score_and_what_its_card_lacks(sales: Sales) -> None:
    lead = await sales.add(person={"full_name": "Anna"}, phones=["+79990000031"], message="Chairs")
    told = await _call(sales, "GET", f"/v1/leads/{lead['id']}/score")
    assert {(line["points"], line["reason"]) for line in told["lines"]} == {
        (10, "can be called"), (5, "gave a name"), (10, "said what they want"), (5, "wrote a message"),
    }  # fmt: skip
    assert (told["score"], told["sum"], told["temperature"]) == (lead["score"], 30, "warm")
    assert (told["missing"], told["completeness"]) == (["company"], lead["completeness"])


async def test_new_weights_and_thresholds_reach_open_leads_in_the_background(sales: Sales) -> None:
    lead = await sales.add(person={"full_name": "Anna"}, phones=["+79990000031"])
    rules = (await _call(sales, "GET", "/v1/scoring-rules", params={"limit": 200}))["items"]
    [phone] = [rule for rule in rules if rule["name"] == "can be called"]
    await _call(
        sales,
        "PATCH",
        f"/v1/scoring-rules/{phone['id']}",
        json={"points": 50},
        headers={"If-Match": f'"{phone["version"]}"'},
    )
    assert (await _call(sales, "GET", "/v1/scoring"))["finished_at"] is None
    assert (await sales.lead(lead["id"]))["score"] == 15
    assert await rescore(sales.tenant.core.db) == 1
    scored = await sales.lead(lead["id"])
    assert (scored["score"], scored["temperature"]) == (55, "warm")
    assert (await sales.events("lead.updated"))[-1]["data"]["score"] == 55
    setting = await _call(sales, "GET", "/v1/scoring")
    assert (setting["scored"], setting["finished_at"] is not None) == (1, True)
    await _call(sales, "PATCH", "/v1/scoring", json={"hot_from": 50}, headers={"If-Match": f'"{setting["version"]}"'})
    await rescore(sales.tenant.core.db)
    assert (await sales.lead(lead["id"]))["temperature"] == "hot"
    with clock.at(clock.now() + timedelta(days=20)):
        await rescore(sales.tenant.core.db)
    assert (await sales.lead(lead["id"]))["score"] == 45


async def test_questions_of_the_workspace_are_typed_and_give_points(sales: Sales) -> None:
    question = {"key": "when", "name": "When?", "type": "choice", "choices": {"now": 30, "later": 0}}
    await _call(sales, "POST", "/v1/qualification-questions", 201, json=question)
    await _call(sales, "POST", "/v1/qualification-questions", 409, json=question)
    lead = await sales.add(person={"full_name": "Anna"}, owner_id=str(sales.managers[0]))
    refused = await sales.step(lead["id"], "qualify", expected=422, answers={"when": "never"})
    assert refused["errors"][0]["pointer"] == "/answers/when"
    taken = await sales.step(lead["id"], "qualify", answers={"when": "now"})
    assert {"points": 30, "reason": "When?"} in taken["score_points"]


async def test_answered_calls_and_replies_count(sales: Sales) -> None:
    call = {"direction": "inbound", "result": "answered", "duration_seconds": 60}
    [first] = await sales.ask({"id": str(new_id()), "channel": "call", "phones": ["+79990000041"], "call": call})
    await sales.ask({"id": str(new_id()), "channel": "call", "phones": ["+79990000041"], "call": call})
    told = await _call(sales, "GET", f"/v1/leads/{first['lead_id']}/score")
    assert (10, "spoke with us") in {(line["points"], line["reason"]) for line in told["lines"]}


async def test_a_rule_that_cannot_be_read_is_refused_at_its_place(sales: Sales) -> None:
    wrong = {"name": "x", "points": 5, "condition": {"field": "shoe_size", "op": "eq", "value": 1}}
    refused = await _call(sales, "POST", "/v1/scoring-rules", 422, json=wrong)
    assert refused["errors"][0]["pointer"] == "/condition/field"
    setting = await _call(sales, "GET", "/v1/scoring")
    headers = {"If-Match": f'"{setting["version"]}"'}
    await _call(sales, "PATCH", "/v1/scoring", 422, json={"warm_from": 90}, headers=headers)


async def test_rules_ask_about_the_workspaces_own_fields(sales: Sales) -> None:
    field = {"entity": "lead", "key": "floor", "name": {"en": "Floor"}, "type": "number"}
    high = {"field": "custom.floor", "op": "gt", "value": 9}
    rule = {"name": "lives high", "points": 25, "condition": high}
    await _call(sales, "POST", "/v1/scoring-rules", 422, json=rule)
    made = await _call(sales, "POST", "/v1/custom-fields", 201, json=field)
    await _call(sales, "POST", "/v1/scoring-rules", 201, json=rule)
    leads = [await sales.add(phones=[f"+7999000003{floor}"], custom={"floor": floor + 5}) for floor in (4, 5)]
    assert [lead["score"] for lead in leads] == [10, 35]
    told = await _call(sales, "GET", f"/v1/leads/{leads[1]['id']}/score")
    assert (25, "lives high") in [(line["points"], line["reason"]) for line in told["lines"]]
    moved = await _call(
        sales, "PATCH", f"/v1/leads/{leads[0]['id']}", json={"custom": {"floor": 12}}, headers={"If-Match": "*"}
    )
    assert moved["score"] == 35
    await _call(sales, "PATCH", f"/v1/custom-fields/{made['id']}", json={"active": False}, headers={"If-Match": "*"})
    assert (await sales.add(phones=["+79990000036"], custom={"floor": 10}))["score"] == 35
