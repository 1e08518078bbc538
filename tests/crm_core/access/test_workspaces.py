"""`/v1/workspaces`, over HTTP."""

from uuid import uuid4

from leadkit.testing.services import RunningService


async def test_a_new_workspace_has_a_default_pipeline_and_loss_reasons_in_its_language(core: RunningService) -> None:
    async with core.client_as("platform") as platform:
        made = await platform.post("/v1/workspaces", json={"name": "Окна Плюс", "language": "ru"})
        assert made.status_code == 201, made.text
    workspace = made.json()
    assert workspace["time_zone"] == "Europe/Moscow"
    assert made.headers["ETag"] == '"1"'
    async with core.client_as("admin", workspace["id"]) as admin:
        reasons = (await admin.get("/v1/loss-reasons")).json()["items"]
    assert ("too_expensive", "Дорого") in {(reason["key"], reason["name"]) for reason in reasons}
    events = await core.events("workspace.created", "pipeline.changed", "loss_reason.changed")
    assert [event["type"] for event in events].count("loss_reason.changed") == len(reasons)
    assert {"workspace.created", "pipeline.changed"} <= {event["type"] for event in events}
