"""SQL logins for BI tools: what such a tool sees of schema `bi`, and that nobody sees more than one workspace."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from analytics.bi.rules import scram_verifier
from analytics.bi.views import bring_views, take_away_views
from analytics.exports.sets import SETS
from leadkit import clock
from leadkit.db import driver_url
from leadkit.testing.services import RunningService
from sqlalchemy import Connection, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests.analytics.conftest import Books, new_books
from tests.analytics.spring import NOW, SPEND, happen

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "bi.md"
APRIL = "day >= '2026-04-01' AND day < '2026-05-01'"


@pytest_asyncio.fixture(scope="module")
async def shop(running_analytics: RunningService) -> AsyncIterator[Books]:
    books = await new_books(running_analytics)
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
        yield books


async def _login(books: Books, name: str = "Superset") -> dict[str, Any]:
    async with books.service.client_as("admin", books.workspace_id) as admin:
        answer = await admin.post("/v1/bi-logins", json={"name": name})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


@asynccontextmanager
async def _signed_in(books: Books, made: dict[str, Any]) -> AsyncIterator[AsyncConnection]:
    url, arguments = driver_url(books.service.database.url)
    engine = create_async_engine(url.set(username=made["login"], password=made["password"]), connect_args=arguments)
    try:
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


@pytest_asyncio.fixture(scope="module")
async def made(shop: Books) -> dict[str, Any]:
    return await _login(shop)


async def test_a_bi_tool_finds_the_views_with_a_comment_on_each_column(shop: Books, made: dict[str, Any]) -> None:
    def looked_at(connection: Connection) -> dict[str, Any]:
        tool = inspect(connection)
        assert "bi" in tool.get_schema_names()
        assert tool.get_table_names("bi") == []
        return {
            view: (tool.get_table_comment(view, "bi")["text"], tool.get_columns(view, "bi"))
            for view in tool.get_view_names("bi")
        }

    async with _signed_in(shop, made) as connection:
        views = await connection.run_sync(looked_at)
    assert set(views) == {each.key for each in SETS}
    for each in SETS:
        comment, columns = views[each.key]
        assert comment == each.definition
        assert [(one["name"], one["comment"]) for one in columns] == [(c.key, c.definition) for c in each.columns]


async def test_a_bi_tool_reads_the_numbers_that_the_api_answers(shop: Books, made: dict[str, Any]) -> None:
    told = await shop.get("query", metrics="leads,qualified,revenue,spend", from_="2026-04-01", to="2026-05-01")
    async with _signed_in(shop, made) as connection:
        funnel = f"SELECT sum(leads), sum(qualified), sum(revenue) FROM funnel_daily WHERE basis = 'cohort' AND {APRIL}"
        leads, qualified, revenue = (await connection.execute(text(funnel))).one()
        spent = await connection.scalar(text("SELECT sum(amount) FROM bi.spend"))
        owners = (await connection.execute(text("SELECT DISTINCT owner_name FROM leads ORDER BY 1"))).scalars().all()
    assert [leads, qualified] == [told["totals"]["leads"], told["totals"]["qualified"]]
    assert [f"{revenue:.2f}", f"{spent:.2f}"] == [told["totals"][key]["amount"] for key in ("revenue", "spend")]
    assert owners == ["Анна", "Борис", None]


async def test_the_queries_of_the_guide_run_as_they_stand(shop: Books, made: dict[str, Any]) -> None:
    blocks = re.findall(r"(?m)^ +SELECT .*(?:\n .+)*", GUIDE.read_text())
    assert len(blocks) == 2
    by_day, by_source = (
        each.replace("$__timeFilter(day)", APRIL).replace("2026-11", "2026-04").replace("2026-12", "2026-05")
        for each in blocks
    )
    async with _signed_in(shop, made) as connection:
        days = (await connection.execute(text(by_day))).all()
        sources = (await connection.execute(text(by_source))).all()
    assert [(row.leads, row.qualified) for row in days] == [(1, 1), (2, 1), (2, 0)]
    costs = {row.source: None if row.cost_per_lead is None else str(row.cost_per_lead) for row in sources}
    assert costs == {"yandex": "333.33", "google": "500.01", "bing": None, None: None}


async def test_no_login_sees_a_row_of_another_workspace_whatever_it_sets(shop: Books, books: Books) -> None:
    stranger = await _login(books)
    async with _signed_in(books, stranger) as connection:
        await connection.execute(text(f"SET app.workspace_id = '{shop.workspace_id}'"))
        for table in ("bi.leads", "bi.deals", "bi.inquiries", "bi.spend", "bi.funnel_daily", "bi.funnel_by_owner",
                      "public.fact_lead", "public.cell", "public.spend_line", "public.dimension_name"):  # fmt: skip
            assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table
        settings = await connection.execute(text("SELECT workspace_id FROM public.workspace_setting"))
        assert settings.scalars().all() == [books.workspace_id]
        accesses = await connection.execute(text("SELECT workspace_id, login FROM public.bi_access"))
        assert [tuple(row) for row in accesses] == [(books.workspace_id, stranger["login"])]


FORBIDDEN = (
    "SELECT * FROM public.feed",
    "SELECT * FROM public.fact_submission",
    "SELECT * FROM public.outbox",
    "SELECT name FROM public.bi_access",
    "SET ROLE leadflow_analytics_app",
    "SET ROLE leadflow_analytics_worker",
    "SET ROLE leadflow_analytics_bi_reader",
    "SET SESSION AUTHORIZATION leadflow_analytics",
    "UPDATE public.bi_access SET revoked_at = now()",
    "INSERT INTO public.spend_line SELECT * FROM public.spend_line",
    "UPDATE bi.spend SET amount = 0",
    "DELETE FROM bi.leads",
    "CREATE TABLE bi.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE TEMP TABLE mine (id int)",
    "CREATE ROLE another LOGIN",
    "DROP VIEW bi.leads",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_a_login_can_do_nothing_but_read_the_views(shop: Books, made: dict[str, Any], statement: str) -> None:
    async with _signed_in(shop, made) as connection:
        await connection.execute(text("SET default_transaction_read_only = off"))
        await connection.commit()
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|cannot (update|delete)"):
            await connection.execute(text(statement))


async def test_a_login_is_read_only_and_hurried_and_may_hold_few_connections(shop: Books, made: dict[str, Any]) -> None:
    async with _signed_in(shop, made) as connection:
        for name, value in (("default_transaction_read_only", "on"), ("statement_timeout", "30s")):
            assert await connection.scalar(text(f"SHOW {name}")) == value
        limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user"
        assert await connection.scalar(text(limit)) == 5


async def test_a_new_password_replaces_the_old_one_and_a_revoked_login_sees_nothing(books: Books) -> None:
    first = await _login(books)
    async with books.service.client_as("admin", books.workspace_id) as admin:
        second = (await admin.post(f"/v1/bi-logins/{first['id']}/rotate")).json()
        with pytest.raises(DBAPIError, match="password authentication failed"):
            async with _signed_in(books, first):
                pass
        async with _signed_in(books, second) as connection:
            count = text("SELECT count(*) FROM public.workspace_setting")
            assert await connection.scalar(count) == 1
            await connection.rollback()
            assert (await admin.delete(f"/v1/bi-logins/{first['id']}")).status_code == 204
            with pytest.raises(DBAPIError, match="permission denied"):
                await connection.scalar(count)
        with pytest.raises(DBAPIError, match="password authentication failed"):
            async with _signed_in(books, second):
                pass
        assert (await admin.delete(f"/v1/bi-logins/{first['id']}")).status_code == 404
        listed = (await admin.get("/v1/bi-logins")).json()["items"]
    assert [(each["name"], each["revoked_at"] is None) for each in listed] == [("Superset", False)]
    assert "password" not in listed[0]


async def test_only_admins_of_the_workspace_make_and_see_logins(
    books: Books, shop: Books, made: dict[str, Any]
) -> None:
    assert (await books.client.post("/v1/bi-logins", json={"name": "x"})).status_code == 403
    async with books.service.client_as("admin", books.workspace_id) as stranger:
        assert (await stranger.get("/v1/bi-logins")).json()["items"] == []
        assert (await stranger.post(f"/v1/bi-logins/{made['id']}/rotate")).status_code == 404
        assert (await stranger.delete(f"/v1/bi-logins/{made['id']}")).status_code == 404


async def test_views_make_room_for_a_migration_and_come_back(running_analytics: RunningService) -> None:
    names = text("SELECT count(*) FROM pg_views WHERE schemaname = 'bi'")
    async with owning(running_analytics) as connection:
        await connection.run_sync(take_away_views)
        assert await connection.scalar(names) == 0
        await connection.run_sync(bring_views)
        assert await connection.scalar(names) == len(SETS)


async def test_views_come_over_tables_that_are_locked_before_anything_is_granted(
    running_analytics: RunningService,
) -> None:
    done: list[str] = []
    async with owning(running_analytics) as connection:
        await connection.run_sync(take_away_views)
        driver = connection.sync_connection
        event.listen(driver, "before_cursor_execute", lambda *told: done.append(told[2]))
        await connection.run_sync(bring_views)
    granted = next(place for place, statement in enumerate(done) if statement.startswith("GRANT SELECT"))
    assert done[granted - 2].startswith("LOCK TABLE cell, ")
    assert done[granted - 2].endswith("bi_access IN ACCESS EXCLUSIVE MODE")


@asynccontextmanager
async def owning(analytics: RunningService) -> AsyncIterator[AsyncConnection]:
    """A connection in the role that owns the tables; what it does is undone."""
    engine = create_async_engine(driver_url(analytics.database.url)[0])
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SET ROLE leadflow_analytics_owner"))
            yield connection
            await connection.rollback()
    finally:
        await engine.dispose()


def test_a_password_is_kept_as_the_standard_says() -> None:
    # RFC 7677, section 3: user "user", password "pencil".
    salt = b"[m\x99h\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81"
    assert scram_verifier("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
        "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
