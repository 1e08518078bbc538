"""Rules of assignment over the API: kept, checked, ordered, followed, tried out, and explained in words."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from tests.crm_core.assignment.test_fairness import inquiry

HOT = {"field": "temperature", "op": "eq", "value": "hot"}
NOBODY = "01a211af-60d6-75f3-a5ef-957de5e2b8fe"
CALLS = {"field": "channel", "op": "eq", "value": "call"}
FORMS = {"field": "channel", "op": "eq", "value": "form"}


async def made(admin, **values: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/assignment-rules", json={"name": "Rule", **values})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_rule_is_kept_changed_ordered_and_deleted(sales):
    async with sales.tenant.client_as() as admin:
        first = await made(admin, name="First", condition=HOT, pool={"min_level": 4}, response={"within_minutes": 15})
        second = await made(admin, name="Second")
        assert (first["position"], second["position"]) == (10, 20)
        assert first["response"] == {
            "within_minutes": 15, "remind_before_minutes": None, "accept_within_s": None,
            "then": ["next", "head", "pool"],
        }  # fmt: skip
        path = f"/v1/assignment-rules/{first['id']}"
        changed = await admin.patch(
            path, json={"response": None, "strategy": "least_open"}, headers={"If-Match": '"1"'}
        )
        assert (changed.json()["response"], changed.json()["version"]) == (None, 2)
        assert (await admin.patch(path, json={"name": "Late"}, headers={"If-Match": '"1"'})).status_code == 412
        ordered = await admin.put("/v1/assignment-rules/order", json={"ids": [second["id"], first["id"]]})
        assert [one["name"] for one in ordered.json()["items"]] == ["Second", "First"]
        assert (await admin.put("/v1/assignment-rules/order", json={"ids": [first["id"]]})).status_code == 422
        assert (await admin.delete(path)).status_code == 204
        listed = (await admin.get("/v1/assignment-rules")).json()["items"]
    assert [one["name"] for one in listed] == ["Second"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"condition": {"field": "colour", "op": "eq", "value": "red"}}, "/condition/field"),
        ({"condition": {"field": "hour", "op": "contains", "value": 3}}, "/condition/op"),
        ({"condition": {"all": [{"field": "weekday", "op": "eq", "value": "someday"}]}}, "/condition/all/0/value"),
        ({"pool": {"user_ids": [NOBODY]}}, "/pool/user_ids/0"),
        ({"pool": {"team_ids": [NOBODY]}}, "/pool/team_ids/0"),
        ({"weights": {NOBODY: 2}, "strategy": "weighted"}, f"/weights/{NOBODY}"),
        ({"response": {"within_minutes": 5, "remind_before_minutes": 5}}, "/response/remind_before_minutes"),
        ({"strategy": "whim"}, "/strategy"),
    ],
)  # fmt: skip
async def test_what_a_rule_gets_wrong_is_told_at_its_place(sales, wrong, pointer):
    async with sales.tenant.client_as() as admin:
        refused = await admin.post("/v1/assignment-rules", json={"name": "Rule", **wrong})
    assert refused.status_code == 422, refused.text
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


async def test_only_an_admin_changes_rules(sales):
    async with sales.tenant.client_as("manager") as manager:
        assert (await manager.post("/v1/assignment-rules", json={"name": "Mine"})).status_code == 403
        assert (await manager.get("/v1/assignment-rules")).status_code == 200


async def test_leads_follow_the_rules_and_what_no_rule_wants_goes_by_turn(sales):
    senior = str(sales.managers[2])
    async with sales.tenant.client_as() as admin:
        await made(
            admin,
            name="Calls",
            condition=CALLS,
            pool={"user_ids": [senior]},
        )
        rule = await made(
            admin,
            name="Forms",
            condition=FORMS,
            pool={"team_ids": [str(sales.team_id)]},
            strategy="weighted",
            weights={senior: 3},
        )
    answers = await sales.ask(*(inquiry(number) for number in range(12)))
    counts = Counter([(await sales.lead(answer["lead_id"]))["owner_id"] for answer in answers])
    assert counts == {str(user): 6 if str(user) == senior else 2 for user in sales.managers}
    [mail] = await sales.ask({**inquiry(50), "channel": "chat"})
    async with sales.tenant.client_as() as admin:
        form = (await admin.get(f"/v1/leads/{answers[0]['lead_id']}/assignment")).json()
        chat = (await admin.get(f"/v1/leads/{mail['lead_id']}/assignment")).json()
    assert [entry["rule"] for entry in form["rules"]] == [chat["rules"][0]["rule"], rule["id"]]
    assert [entry["met"] for entry in form["rules"]] == [False, True]
    assert chat["rules"][-1]["rule"] == "default_team"


async def test_a_rule_that_changed_holds_from_the_next_lead_on(sales):
    one, other = (str(user) for user in sales.managers[:2])
    async with sales.tenant.client_as() as admin:
        rule = await made(admin, pool={"user_ids": [one]})
        [first] = await sales.ask(inquiry(1))
        change = {"pool": {"user_ids": [other]}}
        await admin.patch(f"/v1/assignment-rules/{rule['id']}", json=change, headers={"If-Match": '"1"'})
        [second] = await sales.ask(inquiry(2))
    assert [(await sales.lead(each["lead_id"]))["owner_id"] for each in (first, second)] == [one, other]


async def test_custom_fields_are_asked_about(sales):
    async with sales.tenant.client_as() as admin:
        field = {"entity": "lead", "key": "floors", "name": {"en": "Floors"}, "type": "number"}
        (await admin.post("/v1/custom-fields", json=field)).raise_for_status()
        high = {"field": "custom.floors", "op": "gte", "value": 5}
        await made(admin, condition=high, pool={"user_ids": [str(sales.managers[3])]}, fallback="queue")
        tall = (await admin.post("/v1/leads", json={"person": {"full_name": "A"}, "custom": {"floors": 9}})).json()
        low = (await admin.post("/v1/leads", json={"person": {"full_name": "B"}, "custom": {"floors": 2}})).json()
    assert tall["owner_id"] == str(sales.managers[3])
    assert low["owner_id"] != tall["owner_id"]


async def test_caps_hold_whoever_gives_out_leads_at_the_same_time(sales):
    capped, *_ = sales.managers
    async with sales.tenant.client_as() as admin:
        await admin.patch(f"/v1/users/{capped}", json={"open_cap": 7, "daily_cap": 5}, headers={"If-Match": '"1"'})
        await admin.patch(f"/v1/users/{sales.managers[1]}", json={"open_cap": 3}, headers={"If-Match": '"1"'})
    await asyncio.gather(*(sales.ask(*(inquiry(10 * batch + n) for n in range(10))) for batch in range(8)))
    counts = Counter(lead["owner_id"] for lead in await sales.leads())
    assert [counts[str(user)] for user in sales.managers] == [5, 3, 36, 36]


async def test_when_everybody_is_at_their_cap_a_lead_waits_and_says_why(sales):
    async with sales.tenant.client_as() as admin:
        for user in sales.managers:
            await admin.patch(f"/v1/users/{user}", json={"open_cap": 0}, headers={"If-Match": '"1"'})
        [answer] = await sales.ask(inquiry(1))
        why = (await admin.get(f"/v1/leads/{answer['lead_id']}/assignment?language=ru")).json()
    assert (why["owner_id"], why["team_id"]) == (None, str(sales.team_id))
    assert why["words"][0] == "Правило «команда по умолчанию»: взять лид не мог никто из 4."
    assert why["words"][1].endswith("— слишком много открытых лидов.")
    assert why["words"][2] == "Взять лид не мог никто: он ждёт в очереди."


async def test_the_reasons_are_told_in_words(sales):
    async with sales.tenant.client_as() as admin:
        await made(admin, name="Hot leads", condition=HOT)
        [answer] = await sales.ask(inquiry(1))
        name = (await admin.get(f"/v1/users/{sales.managers[0]}")).json()["name"]
        why = (await admin.get(f"/v1/leads/{answer['lead_id']}/assignment?language=en")).json()
    assert why["words"] == [
        "Rule “Hot leads” does not apply: its condition is not met.",
        "Rule “the default team”: 4 of 4 could take the lead; "
        f"by turn it went to {name} (given 0 before, 1 with this one).",
    ]


async def test_a_preview_tells_who_would_get_what_and_changes_nothing(sales):
    senior = str(sales.managers[1])
    [past] = await sales.ask(inquiry(1))
    draft = {
        "name": "Hot to the senior",
        "condition": HOT,
        "pool": {"user_ids": [senior]},
        "response": {"within_minutes": 5},
    }
    wanted = {
        "rules": [draft],
        "leads": [{"temperature": "hot"}, {"temperature": "cold"}],
        "lead_ids": [past["lead_id"]],
    }
    async with sales.tenant.client_as() as admin:
        shown = (await admin.post("/v1/assignment/preview", json=wanted)).raise_for_status().json()
        again = (await admin.post("/v1/assignment/preview", json=wanted)).json()
        rules = (await admin.get("/v1/assignment-rules")).json()["items"]
    assert shown["items"][0]["owner_id"] == senior
    assert "Hot to the senior" in shown["items"][0]["words"][0] or "Hot to the senior" in str(
        shown["items"][0]["words"]
    )
    assert [item["lead_id"] for item in shown["items"]] == [None, None, past["lead_id"]]
    assert sum(user["leads"] for user in shown["users"]) == 3
    assert ([item["owner_id"] for item in again["items"]], rules) == ([item["owner_id"] for item in shown["items"]], [])


async def test_a_preview_of_a_rule_that_is_not_valid_says_where(sales):
    wrong = {"rules": [{"name": "A"}, {"name": "B", "condition": {"field": "colour", "op": "eq", "value": 1}}]}
    async with sales.tenant.client_as() as admin:
        refused = await admin.post("/v1/assignment/preview", json=wrong)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/rules/1/condition/field"]
