"""Availability of users and holidays over the API, and what they mean for who gets leads."""

from datetime import timedelta
from uuid import UUID

import pytest
from leadkit import clock

ROTA = {"anchor": "2026-03-02", "days_on": 2, "days_off": 2, "spans": [["20:00", "08:00"]]}
HOURS = {"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}


async def test_one_pattern_ends_the_other_and_a_pause_ends_by_itself_or_by_hand(tenant):
    user = await tenant.user("Anna", working_hours=HOURS)
    path = f"/v1/users/{user['id']}/availability"
    async with tenant.client_as() as admin:
        first = (await admin.get(path)).json()
        assert (first["pattern"], first["working_hours"], first["time_zone"]) == ("weekly", HOURS, "Europe/Moscow")
        off = [{"first_day": "2026-07-01", "last_day": "2026-07-14", "reason": "Vacation"}]
        put = await admin.put(path, json={"rota": ROTA, "days_off": off})
        assert put.status_code == 200, put.text
        turned = put.json()
        assert (turned["pattern"], turned["working_hours"], turned["days_off"]) == ("rota", None, off)
        assert turned["rota"] == {**ROTA, "works_holidays": False}
        hours = await admin.patch(f"/v1/users/{user['id']}", json={"working_hours": HOURS}, headers={"If-Match": '"2"'})
        assert hours.status_code == 200
        back = (await admin.get(path)).json()
        assert (back["pattern"], back["rota"], back["version"]) == ("weekly", None, 3)
        always = await admin.put(path, json={})
        assert (always.json()["pattern"], always.json()["at_work"], always.json()["next_change"]) == (
            "always", True, None,
        )  # fmt: skip
        assert (await admin.patch(path, json={"pause": None})).status_code == 428
    own = {"user_id": UUID(user["id"])}
    async with tenant.client_as("manager", **own) as anna:
        until = (clock.now() + timedelta(hours=1)).isoformat()
        paused = await anna.patch(path, json={"pause": {"until": until}}, headers={"If-Match": "*"})
        assert (paused.json()["away_because"], paused.json()["at_work"]) == ("paused", False)
        assert paused.json()["next_change"] == paused.json()["pause"]["until"]
        resumed = await anna.patch(path, json={"pause": None}, headers={"If-Match": "*"})
        assert (resumed.json()["pause"], resumed.json()["at_work"]) == (None, True)
        assert (await anna.patch(path, json={"rota": ROTA}, headers={"If-Match": "*"})).status_code == 403
    async with tenant.client_as("manager") as other:
        assert (await other.patch(path, json={"pause": None}, headers={"If-Match": "*"})).status_code == 403
        assert (await other.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"rota": ROTA, "working_hours": HOURS}, "/"),
        ({"rota": {**ROTA, "days_on": 0}}, "/rota/days_on"),
        ({"rota": {**ROTA, "spans": [["20:00", "20:00"]]}}, "/rota/spans/0"),
        ({"rota": {**ROTA, "spans": [["20:00", "08:00"], ["21:00", "23:00"]]}}, "/rota/spans"),
        ({"days_off": [{"first_day": "2026-07-02", "last_day": "2026-07-01"}]}, "/days_off/0"),
        ({"pause": {"until": "2020-01-01T00:00:00Z"}}, "/pause/until"),
        ({"time_zone": "Moscow"}, "/time_zone"),
    ],
)
async def test_what_cannot_be_worked_is_refused_at_its_place(tenant, wrong, pointer):
    user = await tenant.user("Anna")
    async with tenant.client_as() as admin:
        refused = await admin.put(f"/v1/users/{user['id']}/availability", json=wrong)
    assert refused.status_code == 422, refused.text
    assert pointer in [error["pointer"] for error in refused.json()["errors"]]


async def test_nobody_who_is_away_gets_a_lead_and_why_is_told(tenant):
    team = await tenant.team("Sales")
    anna, boris = [await tenant.user(name, team_id=team["id"]) for name in ("Anna", "Boris")]
    async with tenant.client_as() as admin:
        paused = await admin.put(f"/v1/users/{anna['id']}/availability", json={"pause": {}})
        assert (paused.json()["away_because"], paused.json()["next_change"]) == ("paused", None)
        lead = (await admin.post("/v1/leads", json={"person": {"full_name": "C D"}})).json()
        why = (await admin.get(f"/v1/leads/{lead['id']}/assignment")).json()
        today = clock.now().date()
        for day in (today - timedelta(1), today, today + timedelta(1)):
            made = await admin.post("/v1/holidays", json={"day": str(day), "name": "Feast"})
            assert made.status_code == 201, made.text
        again = await admin.post("/v1/holidays", json={"day": str(today), "name": "Feast"})
        waiting = (await admin.post("/v1/leads", json={"person": {"full_name": "E F"}})).json()
        listed = (await admin.get("/v1/holidays", params={"year": today.year})).json()["items"]
        assert (await admin.delete(f"/v1/holidays/{made.json()['id']}")).status_code == 204
        assert (await admin.delete(f"/v1/holidays/{made.json()['id']}")).status_code == 404
    assert lead["owner_id"] == boris["id"]
    assert "paused" in str(why)
    assert (again.status_code, waiting["owner_id"]) == (409, None)
    assert str(today) in [one["day"] for one in listed]
