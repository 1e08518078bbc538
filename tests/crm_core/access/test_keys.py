"""The signing keys: what is published verifies elsewhere, what is private stays sealed."""

import asyncio
import sys

import pytest
from crm_core.mint import mint
from leadkit.db import Database
from leadkit.problems import Unauthenticated, Unavailable
from leadkit.settings import ServiceSettings
from leadkit.testing.databases import TestDatabase
from leadkit.testing.services import RunningService
from leadkit.tokens import SCOPES, KeyRing, remember_keys
from pydantic import SecretStr
from sqlalchemy import text


async def minted(core: RunningService, *, new_key: bool = False) -> str:
    return await mint(core.app.state.settings, name="peer", scopes=["inquiries:write"], days=1, new_key=new_key)


async def jwks(core: RunningService) -> list[dict[str, str]]:
    """The keys as another service fetches them: without any token."""
    async with core.client() as nobody:
        answer = await nobody.get("/.well-known/jwks.json")
    keys: list[dict[str, str]] = answer.raise_for_status().json()["keys"]
    return keys


async def test_another_service_verifies_with_the_published_keys_alone(
    core: RunningService, intake_database: TestDatabase
) -> None:
    token = await minted(core)
    db = Database.connect(ServiceSettings(database_url=intake_database.url, port=0), service="intake")
    elsewhere = KeyRing(db)
    async with db.transaction(role="worker") as session:
        await remember_keys(session, await jwks(core))
    await elsewhere.refresh()
    await db.close()
    caller = elsewhere.verify(token)
    assert (caller.role, caller.scopes, caller.workspace_id) == ("platform", frozenset({"inquiries:write"}), None)
    with pytest.raises(Unauthenticated):
        elsewhere.verify(token[:-6] + "AAAAAA")


async def test_the_published_keys_hold_no_private_part(core: RunningService) -> None:
    await minted(core)
    [key] = await jwks(core)
    assert key.keys() == {"kty", "crv", "x", "kid", "use", "alg"}
    async with core.db.transaction(role="worker") as session:
        sealed = (await session.execute(text("SELECT sealed FROM signing_key"))).scalar_one()
    assert sealed.startswith(b"gAAAA")


async def test_a_new_key_signs_and_the_former_stays_valid(core: RunningService) -> None:
    before, after = await minted(core), await minted(core, new_key=True)
    await core.app.state.keys.refresh()
    assert len(await jwks(core)) == 2
    for token in (before, after):
        assert core.app.state.keys.verify(token).role == "platform"
    assert before.split(".")[0] != after.split(".")[0]


async def test_minting_twice_makes_one_key(core: RunningService) -> None:
    await minted(core)
    await minted(core)
    assert len(await jwks(core)) == 1


async def test_another_data_key_cannot_open_the_signing_key(core: RunningService) -> None:
    await minted(core)
    others = core.app.state.settings.model_copy(update={"data_key": SecretStr("another")})
    with pytest.raises(Unavailable, match="LEADFLOW_DATA_KEY"):
        await mint(others, name="x", scopes=sorted(SCOPES), days=1)


async def test_without_any_key_requests_wait_rather_than_fail_as_unauthenticated(core: RunningService) -> None:
    await core.database.empty()
    await core.app.state.keys.refresh()
    ring = KeyRing(core.db)
    await ring.refresh()
    with pytest.raises(Unavailable):
        ring.verify("anything")


async def command(*arguments: str, **environment: str) -> tuple[int | None, str, str]:
    """`python -m crm_core.mint` as an operator runs it: exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "crm_core.mint", *arguments, env={"PYTHONPATH": ":".join(sys.path), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    return process.returncode, output.decode().strip(), errors.decode()


async def test_the_command_prints_a_token_that_works(core: RunningService) -> None:
    database = {"LEADFLOW_CORE_DATABASE_URL": core.database.url}
    code, token, errors = await command("--name", "operator", "--scopes", "events:read", "leads:read", **database)
    assert code == 0, errors
    await core.app.state.keys.refresh()
    async with core.client(token) as client:
        me = (await client.get("/v1/me")).json()
    assert (me["name"], me["scopes"]) == ("operator", ["events:read", "leads:read"])


async def test_the_command_refuses_a_scope_that_does_not_exist() -> None:
    code, _, errors = await command("--scopes", "everything")
    assert code == 2
    assert "everything" in errors


async def test_the_command_says_in_one_sentence_what_is_wrong() -> None:
    _, _, unset = await command()
    _, _, away = await command(LEADFLOW_CORE_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert unset == "These settings are missing or wrong: LEADFLOW_CORE_DATABASE_URL\n"
    assert away == "crm-core: the database does not answer, or `python -m crm_core.migrate` was not run\n"
