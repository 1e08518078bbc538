"""Closed leads are kept for as long as the workspace is set, and then their person is erased."""

from datetime import datetime, timedelta
from typing import Any

from crm_core.privacy.retaining import forget_closed, keep_retention
from leadkit import clock

from tests.crm_core.conftest import Sales


async def refused(sales: Sales, number: int) -> str:
    lead = await sales.add(phones=[f"+7916000000{number}"], person={"full_name": f"Nobody {number}"})
    await sales.step(lead["id"], "disqualify", reason="other", note="no")
    return str(lead["id"])


async def test_long_refused_leads_are_erased_at_night_unless_something_else_goes_on(sales: Sales) -> None:
    old, again = await refused(sales, 1), await refused(sales, 2)
    async with sales.tenant.client_as("platform") as platform:
        path = f"/v1/workspaces/{sales.tenant.id}"
        kept: dict[str, Any] = {"retention": {"closed_leads_days": 30}, "time_zone": "Europe/Moscow"}
        headers = {"Leadflow-Workspace": str(sales.tenant.id), "If-Match": '"1"'}
        (await platform.patch(path, json=kept, headers=headers)).raise_for_status()
    async with sales.tenant.client_as() as admin:
        for result in ("busy", "Petrov said no"):
            call = {"kind": "call", "direction": "outbound", "lead_id": old, "result": result}
            (await admin.post("/v1/activities", json=call)).raise_for_status()
    core = sales.tenant.core
    night = datetime.fromisoformat(f"{clock.now() + timedelta(days=40):%Y-%m-%d}T03:10:00+03:00")
    with clock.at(night - timedelta(days=1)):
        await sales.add(phones=["+79160000002"])
        young = await refused(sales, 3)
    for moment, count in ((night - timedelta(days=30), 0), (night + timedelta(hours=5), 0), (night, 1), (night, 0)):
        with clock.at(moment):
            assert await keep_retention(core.db, core.app.state.settings.data_key) == count
    shown = {one: await sales.lead(one) for one in (old, again, young)}
    assert [one["phones"] != [] for one in shown.values()] == [False, True, True]
    assert (shown[old]["status"], shown[old]["person"]["full_name"]) == ("disqualified", None)
    [told] = await sales.events("person.erased")
    assert told["data"]["lead_ids"] == [old]
    async with sales.tenant.client_as() as admin:
        calls = (await admin.get("/v1/activities", params={"lead_id": old})).json()["items"]
        [noted] = (await admin.get("/v1/audit", params={"action": "lead.erase"})).json()["items"]
    assert (noted["by"], noted["subject_id"]) == ("system", old)
    assert {one["result"] for one in calls} == {"busy", None}


async def test_a_workspace_without_a_limit_keeps_everything(sales: Sales) -> None:
    lead = await refused(sales, 1)
    core, data_key = sales.tenant.core, sales.tenant.core.app.state.settings.data_key
    with clock.at(clock.now() + timedelta(days=4000)):
        assert await keep_retention(core.db, data_key) == 0
        assert await forget_closed(core.db, sales.tenant.id, clock.now() - timedelta(days=5000), data_key) == 0
    assert (await sales.lead(lead))["phones"]
