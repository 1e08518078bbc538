"""`/v1/activity-results`, and what activities make of it."""

import pytest
from crm_core.activity_results.rules import DEFAULT_RESULTS, Offered, meant

from tests.crm_core.conftest import Tenant

OFFERED = [Offered("answered", {"en": "Answered", "ru": "Дозвонились"}), Offered("busy", {"en": "Busy", "ru": None})]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("answered", "answered"), (" дозвонились ", "answered"), ("BUSY", "busy"), ("They agreed", "They agreed")],
)
def test_a_result_is_meant_by_key_or_name_and_other_words_stay(given: str, kept: str) -> None:
    assert meant(given, OFFERED) == kept


def test_no_kind_of_activity_has_two_default_results_alike() -> None:
    for names in ([(one.kind, one.key), (one.kind, one.en), (one.kind, one.ru)] for one in DEFAULT_RESULTS):
        assert len(set(names)) == 3
    assert len({(one.kind, one.key) for one in DEFAULT_RESULTS}) == len(DEFAULT_RESULTS)


async def test_a_workspace_offers_its_own_results(tenant: Tenant) -> None:
    path = "/v1/activity-results"
    async with tenant.client_as() as admin, tenant.client_as("manager") as manager:
        begun = (await manager.get(path, params={"kind": "meeting"})).json()["items"]
        made = await admin.post(path, json={"kind": "call", "name": {"en": "Wants an offer", "ru": "Ждёт КП"}})
        taken = await admin.post(path, json={"kind": "call", "name": {"ru": "Ещё"}, "key": "wants_an_offer"})
        other_kind = await admin.post(path, json={"kind": "email", "name": {"ru": "Ещё"}, "key": "wants_an_offer"})
        forbidden = await manager.post(path, json={"kind": "call", "name": {"en": "X"}})
        at = made.headers["location"]
        stale = await admin.patch(at, json={"position": 1}, headers={"If-Match": '"7"'})
        first = await admin.patch(at, json={"position": 1}, headers={"If-Match": '"1"'})
        listed = (await admin.get(path, params={"kind": "call"})).json()["items"]
        deal = (await admin.post("/v1/deals", json={"name": "Chairs"})).json()["id"]
        noted = await admin.post(
            "/v1/activities", json={"kind": "call", "direction": "outbound", "deal_id": deal, "result": "ждёт кп"}
        )
        told = (await admin.get(f"/v1/deals/{deal}/timeline", params={"kind": "call"})).json()["items"]
        assert (await admin.delete(at)).status_code == 204
        later = await admin.patch(
            f"/v1/activities/{noted.json()['id']}", json={"result": "Ждёт КП"}, headers={"If-Match": "*"}
        )
        offered = (await admin.get(path, params={"kind": "call", "active": "true"})).json()["items"]
    assert [one["key"] for one in begun] == ["held", "rescheduled", "no_show", "cancelled"]
    assert (made.status_code, made.json()["key"], taken.status_code, other_kind.status_code) == (
        201, "wants_an_offer", 409, 201,
    )  # fmt: skip
    assert (forbidden.status_code, stale.status_code, first.json()["version"]) == (403, 412, 2)
    assert listed[0]["key"] == "wants_an_offer"
    assert noted.json()["result"] == "wants_an_offer"
    assert [one["summary"] for one in told] == ["Call (outbound, Wants an offer)"]
    assert later.json()["result"] == "Ждёт КП"
    assert "wants_an_offer" not in [one["key"] for one in offered]
