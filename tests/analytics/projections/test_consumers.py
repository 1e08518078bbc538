"""The feed of the real crm-core is followed, each event once."""

from datetime import timedelta
from uuid import UUID

import jwt
import pytest
from analytics.projections.consumers import FROM_CRM_CORE, consumers, handle
from analytics.projections.queries import freshness, names_of, workspace_setting
from crm_core.feed import EVENT_TYPES
from leadkit import clock
from leadkit.cloudevents import event_id
from leadkit.consumer import set_position
from leadkit.ids import NIL, new_id
from leadkit.testing.services import RunningService, token_for

from tests.analytics.projections.histories import event


async def test_what_crm_core_tells_is_learnt_once_and_reading_goes_on_from_there(
    core: RunningService, analytics: RunningService
) -> None:
    async with core.client_as("platform") as platform:
        body = {"name": "Окна", "time_zone": "Asia/Omsk", "currency": "KZT", "language": "ru"}
        made = (await platform.post("/v1/workspaces", json=body)).raise_for_status().json()
    await core.sequence()
    reader, _ = consumers(analytics.db, core=core.peer("crm-core"), intake=core.peer("lead-intake"))
    assert await reader.read_page() > 0
    assert await reader.read_page() == 0
    workspace_id = UUID(made["id"])
    async with analytics.db.transaction(workspace_id, read_only=True) as session:
        setting = await workspace_setting(session, workspace_id)
        reasons = await names_of(session, workspace_id, "loss_reason")
    assert (setting.name, setting.time_zone.key, setting.currency) == ("Окна", "Asia/Omsk", "KZT")
    assert reasons


def test_only_what_changes_no_number_is_passed_over() -> None:
    passed_over = {one.partition(".")[0] for one in EVENT_TYPES if one not in FROM_CRM_CORE}
    assert passed_over == {"contact", "activity", "webhook"}
    assert set(FROM_CRM_CORE) <= set(EVENT_TYPES), "crm-core refuses to be asked for others"


async def test_a_token_that_crm_core_revoked_is_refused_here_too(analytics: RunningService) -> None:
    workspace_id = new_id()
    token = token_for(workspace_id, "admin")
    claims = jwt.decode(token, options={"verify_signature": False})
    state = {"id": claims["jti"], "version": 1, "expires_at": "2100-01-01T00:00:00Z"}
    async with analytics.client(token) as client:
        assert (await client.get("/v1/rebuilds")).status_code == 200
        async with analytics.db.transaction(role="worker") as session:
            await handle(session, [event(workspace_id, "token.revoked", state)])
        await analytics.app.state.keys.refresh()
        assert (await client.get("/v1/rebuilds")).status_code == 401


async def test_numbers_that_are_up_to_date_have_no_lag_however_old_the_last_event_is(analytics: RunningService) -> None:
    long_ago = clock.now() - timedelta(days=3)
    async with analytics.db.transaction(role="worker") as session:
        assert await freshness(session) == (None, None)
        await set_position(session, "crm-core", event_id(1, NIL), long_ago, now=clock.now())
        assert await freshness(session) == (long_ago, 0)
        await set_position(session, "lead-intake", event_id(1, NIL), long_ago, now=clock.now(), behind=True)
        lag = (await freshness(session)).lag_s
    assert lag == pytest.approx(3 * 24 * 3600, abs=60)
