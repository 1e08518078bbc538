"""Transactions see what their role and workspace allow, and leave nothing of it behind."""

import asyncio

import pytest
from leadkit.db import Database, driver_of, engine_for, set_local
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError


async def test_a_role_ends_with_its_transaction_and_with_its_watch(toy: RunningService) -> None:
    db = Database(engine_for(toy.database.url, pool_size=1), "core")
    async with db.watching("worker") as connection:
        assert await connection.fetchval("SELECT current_user") == "leadflow_core_worker"
    async with db.transaction(new_id()) as session:
        assert await session.scalar(text("SELECT current_user")) == "leadflow_core_app"
    async with db.engine.connect() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "leadflow_core"
        assert await connection.scalar(text("SELECT current_setting('app.workspace_id', true)")) in (None, "")
    await db.close()


async def test_a_deadlock_is_run_again_and_both_finish(toy: RunningService) -> None:
    workspace, ids = new_id(), [new_id(), new_id()]
    async with toy.db.transaction(workspace) as session:
        for each in ids:
            await session.execute(
                text("INSERT INTO note VALUES (:workspace, :id, 'a', 0, now())"), {"workspace": workspace, "id": each}
            )
    both_hold_one = asyncio.Barrier(2)
    attempts = 0

    async def raise_versions(first: object, second: object) -> None:
        meet = True

        async def work(session) -> None:
            nonlocal attempts, meet
            attempts += 1
            for number, each in enumerate((first, second)):
                await session.execute(text("UPDATE note SET version = version + 1 WHERE id = :id"), {"id": each})
                if number == 0 and meet:
                    meet = False
                    await both_hold_one.wait()

        await toy.db.retrying(work, workspace)

    async with asyncio.timeout(30):
        await asyncio.gather(raise_versions(*ids), raise_versions(*reversed(ids)))
    async with toy.db.transaction(workspace) as session:
        versions = list((await session.execute(text("SELECT version FROM note"))).scalars())
    assert versions == [2, 2]
    assert attempts == 3


async def test_a_connection_that_the_server_closed_is_replaced_before_it_is_used(toy: RunningService) -> None:
    db = Database(engine_for(toy.database.url, pool_size=1), "core")

    closed = asyncio.Event()

    async def server_process() -> int:
        async with db.transaction(new_id()) as session:
            (await driver_of(session)).add_termination_listener(lambda _: closed.set())
            return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)

    first = await server_process()
    async with toy.database.connected() as admin:
        await admin.execute(f"SELECT pg_terminate_backend({first})")
    await closed.wait()  # the driver has heard
    assert await server_process() != first
    await db.close()


async def test_a_transaction_whose_opening_fails_does_not_stand_in_the_way_of_the_next(toy: RunningService) -> None:
    db = Database(engine_for(toy.database.url, pool_size=1), "core")

    async def failing() -> None:
        async with db.transaction(new_id()) as session:
            await set_local(session, "statement_timeout = nonsense")
            await session.scalar(text("SELECT 1"))

    with pytest.raises(DBAPIError):
        await failing()
    async with db.transaction(new_id()) as session:
        assert await session.scalar(text("SELECT current_setting('statement_timeout')")) == "1min"
    await db.close()


async def test_settings_and_the_drivers_own_statements_belong_to_the_transaction(toy: RunningService) -> None:
    workspace = new_id()
    for early in (True, False):
        async with toy.db.transaction(workspace, read_only=True) as session:
            if not early:
                await session.scalar(text("SELECT 1"))
            await set_local(session, "enable_bitmapscan = off")
            driver = await driver_of(session)
            seen = "current_user, current_setting('app.workspace_id'), current_setting('enable_bitmapscan')"
            row = await driver.fetchrow(f"SELECT {seen}, current_setting('transaction_read_only')")
            assert tuple(row) == ("leadflow_core_app", str(workspace), "off", "on")
    async with toy.db.transaction() as session:
        assert await session.scalar(text("SELECT current_setting('enable_bitmapscan')")) == "on"


async def test_what_one_transaction_was_to_open_with_is_not_left_to_the_next(toy: RunningService) -> None:
    db = Database(engine_for(toy.database.url, pool_size=1), "core")
    async with db.transaction(new_id()):
        pass  # no statement, so it never began
    async with db.engine.connect() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "leadflow_core"
    await db.close()
