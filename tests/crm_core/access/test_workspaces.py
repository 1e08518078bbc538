"""`/v1/workspaces`, over HTTP."""

from uuid import uuid4

from leadkit.testing.services import RunningService


async def test_a_new_workspace_has_a_default_pipeline_and_loss_reasons_in_its_language(core: RunningService) -> None:
    async with core.client_as("platform") as platform:
        made = await platform.post("/v1/workspaces", json={"name": "Окна Плюс", "language": "ru-RU"})
    assert made.status_code == 201, made.text
    workspace = made.json()
    assert made.headers["ETag"] == '"1"'
    async with core.client_as("admin", workspace["id"]) as admin:
        reasons = (await admin.get("/v1/loss-reasons")).json()["items"]
        pipelines = (await admin.get("/v1/pipelines")).json()["items"]
    assert ("too_expensive", "Дорого") in {(reason["key"], reason["name"]) for reason in reasons}
    assert [pipeline["is_default"] for pipeline in pipelines] == [True]
    told = [event["type"] for event in await core.events()]
    assert told.count("loss_reason.changed") == len(reasons)
    assert {"workspace.created", "pipeline.changed"} <= set(told)


async def test_a_workspace_is_as_it_was_described(core: RunningService) -> None:
    given = {
        "name": "Doors", "time_zone": "Asia/Almaty", "currency": "KZT", "default_region": "KZ", "language": "en",
        "closed_lead_policy": "new", "retention": {"closed_leads_days": None, "raw_requests_days": 90},
    }  # fmt: skip
    async with core.client_as("platform") as platform:
        made = (await platform.post("/v1/workspaces", json=given)).json()
        got = (await platform.get(f"/v1/workspaces/{made['id']}")).json()
    assert {name: got[name] for name in given} == given
    assert got["version"] == 1


async def test_what_is_no_zone_currency_or_country_is_refused_with_its_place(core: RunningService) -> None:
    wrong = {"name": "X", "time_zone": "Mars/Olympus", "currency": "rubles", "default_region": "RUS", "language": "R"}
    async with core.client_as("platform") as platform:
        answer = await platform.post("/v1/workspaces", json=wrong)
    assert answer.status_code == 422
    places = {error["pointer"] for error in answer.json()["errors"]}
    assert places == {"/time_zone", "/currency", "/default_region", "/language"}


async def test_a_patch_changes_what_it_names_and_is_told(core: RunningService) -> None:
    async with core.client_as("platform") as platform:
        made = (await platform.post("/v1/workspaces", json={"name": "Before"})).json()
        path = f"/v1/workspaces/{made['id']}"
        patch = {"name": "After", "retention": {"raw_requests_days": 30}}
        changed = await platform.patch(path, json=patch, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'
    assert changed.json()["name"] == "After"
    assert changed.json()["time_zone"] == made["time_zone"]
    assert changed.json()["retention"] == {"closed_leads_days": None, "raw_requests_days": 30}
    [event] = await core.events("workspace.updated")
    assert (event["data"]["name"], event["data"]["version"]) == ("After", 2)


async def test_a_patch_needs_the_present_version(core: RunningService) -> None:
    async with core.client_as("platform") as platform:
        made = (await platform.post("/v1/workspaces", json={"name": "Before"})).json()
        path = f"/v1/workspaces/{made['id']}"
        blind = await platform.patch(path, json={"name": "After"})
        stale = await platform.patch(path, json={"name": "After"}, headers={"If-Match": '"7"'})
        null = await platform.patch(path, json={"name": None}, headers={"If-Match": '"1"'})
    assert [blind.status_code, stale.status_code, null.status_code] == [428, 412, 422]


async def test_a_patch_without_a_change_keeps_the_version_and_tells_nobody(core: RunningService) -> None:
    async with core.client_as("platform") as platform:
        made = (await platform.post("/v1/workspaces", json={"name": "Same"})).json()
        path = f"/v1/workspaces/{made['id']}"
        again = await platform.patch(path, json={"name": "Same"}, headers={"If-Match": '"1"'})
    assert again.json()["version"] == 1
    assert await core.events("workspace.updated") == []


async def test_workspaces_are_for_the_platform_with_the_scope_admin(core: RunningService) -> None:
    async with core.client_as("admin", uuid4()) as admin:
        assert (await admin.get("/v1/workspaces")).status_code == 403
    async with core.client_as("platform", scopes=["inquiries:write"]) as narrow:
        assert (await narrow.get("/v1/workspaces")).status_code == 403
        assert (await narrow.post("/v1/workspaces", json={"name": "X"})).status_code == 403
    async with core.client() as nobody:
        assert (await nobody.get("/v1/workspaces")).status_code == 401


async def test_a_repeat_with_the_same_idempotency_key_makes_one_workspace(core: RunningService) -> None:
    key = {"Idempotency-Key": "first workspace"}
    async with core.client_as("platform") as platform:
        first = await platform.post("/v1/workspaces", json={"name": "Once"}, headers=key)
        again = await platform.post("/v1/workspaces", json={"name": "Once"}, headers=key)
        other = await platform.post("/v1/workspaces", json={"name": "Twice"}, headers=key)
        listed = (await platform.get("/v1/workspaces?include_total=true")).json()
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert other.status_code == 422
    assert listed["total"] == 1


async def test_a_platform_token_names_its_workspace_everywhere_else(core: RunningService) -> None:
    async with core.client_as("platform") as platform:
        made = (await platform.post("/v1/workspaces", json={"name": "Named"})).json()
        nowhere = await platform.get("/v1/users")
        inside = await platform.get("/v1/users", headers={"Leadflow-Workspace": made["id"]})
        keyed = await platform.post("/v1/teams", json={"name": "East"}, headers={"Idempotency-Key": "once"})
        rubbish = await platform.get("/v1/users", headers={"Leadflow-Workspace": "Named"})
        unknown = await platform.post(
            "/v1/teams", json={"name": "Ghosts"}, headers={"Leadflow-Workspace": str(uuid4())}
        )
        events = await platform.get("/v1/events")
    assert [nowhere.status_code, inside.status_code, rubbish.status_code] == [400, 200, 400]
    assert keyed.status_code == 400
    assert unknown.status_code == 404
    assert events.status_code == 200
