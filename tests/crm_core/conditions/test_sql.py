"""A condition says the same in memory and in PostgreSQL, whatever the tree and whatever is absent."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest_asyncio
from crm_core.conditions.facts import holds
from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.sql import clause, is_leaky
from crm_core.conditions.tree import Condition, each_test, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leadkit.db import engine_for
from leadkit.testing.databases import TestDatabase
from sqlalchemy import Boolean, Date, DateTime, Integer, Numeric, Text, Uuid, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
IDS = [UUID(int=number) for number in (1, 2)]
TEXTS = ["a", "Ab", "Привет", "50%", ""]
TIMES = [NOW, NOW - timedelta(days=40)]
VALUES: dict[str, tuple[Any, list[Any], list[Any]]] = {
    # kind: column type, values of rows, values as conditions write them
    "text": (Text(), TEXTS, TEXTS),
    "id": (Uuid(), IDS, [str(one) for one in IDS]),
    "bool": (Boolean(), [True, False], [True, False]),
    "number": (Integer(), [-1, 0, 7], [0, 7, 3.5]),
    "decimal": (Numeric(18, 2), [Decimal("1.50"), Decimal("2.00")], ["1.5", 2]),
    "time": (DateTime(timezone=True), TIMES, ["now", "now-30d", "2026-05-10T12:00:00Z"]),
    "date": (Date(), [date(2026, 5, 10), date(2026, 5, 9)], ["today", "2026-05-09"]),
    "texts": (ARRAY(Text()), [[], ["a"], ["a", "b"]], ["a", "b"]),
}
FIELDS = Fields("thing", *(Field(name=kind, kind=kind) for kind in VALUES))  # type: ignore[arg-type]
LISTS = ("in", "not_in", "has_any", "has_all")


@st.composite
def a_test(draw: st.DrawFn) -> dict[str, Any]:
    field = draw(st.sampled_from(list(FIELDS)))
    op = draw(st.sampled_from(field.of_kind.ops))
    one = st.sampled_from(VALUES[field.kind][2])
    value = st.booleans() if op == "is_set" else st.lists(one, min_size=1, max_size=3) if op in LISTS else one
    return {"field": field.name, "op": op, "value": draw(value)}


TREES = st.recursive(
    a_test(),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)
# A column of truth values is never null in our tables, and neither is a list.
FACTS = st.fixed_dictionaries(
    {
        kind: st.sampled_from(rows if kind in ("bool", "texts") else [None, *rows])
        for kind, (_, rows, _) in VALUES.items()
    }
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def connection(core_database: TestDatabase) -> AsyncIterator[AsyncConnection]:
    engine = engine_for(core_database.admin_url, pool_size=1)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES, facts=FACTS)
async def test_memory_and_postgresql_answer_alike(
    connection: AsyncConnection, tree: dict[str, Any], facts: dict[str, Any]
) -> None:
    condition: Condition = read(tree, FIELDS)
    columns = {kind: literal(facts[kind], VALUES[kind][0]) for kind in facts}
    found = await connection.scalar(select(literal(1)).where(clause(condition, columns, now=NOW)))
    assert (found == 1) is holds(condition, facts, now=NOW)


def test_only_what_is_not_leakproof_needs_the_role_of_searches() -> None:
    plain = {
        "all": [{"field": "id", "op": "in", "value": [str(IDS[0])]}, {"field": "time", "op": "lt", "value": "now"}]
    }
    assert not any(is_leaky(test) for test in each_test(read(plain, FIELDS)))
    for test in ({"field": "texts", "op": "has", "value": "a"}, {"field": "decimal", "op": "gt", "value": 1}):
        assert [is_leaky(each) for each in each_test(read({"not": test}, FIELDS))] == [True]
