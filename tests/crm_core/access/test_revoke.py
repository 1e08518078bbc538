"""Platform tokens are revoked at the command line."""

import pytest_asyncio
from crm_core.mint import mint
from crm_core.revoke import revoke
from leadkit.testing.services import RunningService
from leadkit.tokens import known_key
from sqlalchemy import delete


@pytest_asyncio.fixture(autouse=True)
async def no_keys(core: RunningService) -> None:
    async with core.db.transaction(role="worker") as session:
        await session.execute(delete(known_key))


async def test_a_platform_token_is_listed_revoked_by_its_name_and_refused_from_then_on(core: RunningService) -> None:
    settings = core.app.state.settings
    tokens = {name: await mint(settings, name=name, scopes=["events:read"], days=1) for name in ("old", "new")}
    await core.app.state.keys.refresh()
    assert [line.split("  ")[1] for line in await revoke(settings)] == ["old", "new"]
    assert [line.split("  ")[1] for line in await revoke(settings, name="old")] == ["old"]
    assert await revoke(settings, name="old") == []
    await core.app.state.keys.refresh()
    statuses = {}
    for name, token in tokens.items():
        async with core.client(token) as client:
            statuses[name] = (await client.get("/v1/events")).status_code
    assert statuses == {"old": 401, "new": 200}
    await core.trust_test_tokens()
    [told] = await core.events("token.revoked")
    assert told["workspaceid"] == "00000000-0000-0000-0000-000000000000"
