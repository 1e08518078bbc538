"""Several looks into the database in one statement, since a question needs a dozen and each has its own way there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

import orjson
from leadkit.db import set_local, set_local_within
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState

T = TypeVar("T")

KNOWN: Final = 500
"""Statements whose text a process keeps: there are as many as ways to ask."""


ALONE: Final = {
    "max_parallel_workers_per_gather": "0",
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_sort": "off",
}
"""Starting helpers takes ten times what cells take, planning anew for each period as long as reading them. Spans of
days are looked up in an index: another way may seem cheaper, above all while nothing is known of what was just told,
and reads all cells or costs there are for the few that are wanted.
Sorting cells to sum them takes longer than hashing does."""


@dataclass(slots=True, eq=False)
class Look(Generic[T]):
    """A query of one JSON value, what its `:names` stand for, and how the value is read; `found` once it was made.

    Like any query it filters by the workspace. Numbers that JSON would round are written as text.
    """

    sql: str
    values: Mapping[str, Any]
    read: Callable[[Any], T]
    found: T = field(init=False)


async def look(session: AsyncSession, *looks: Look[Any]) -> None:
    """Makes all looks in one statement, which therefore see the same moment; each has `found` afterwards."""
    if not looks:
        return
    statement, places = _together(tuple(each.sql for each in looks))
    values = tuple(looks[number].values[name] for number, name in places)
    row = (await (await session.connection()).exec_driver_sql(statement, values)).one()
    for each, told in zip(looks, row, strict=True):
        each.found = each.read(None if told is None else orjson.loads(told))


@lru_cache(maxsize=KNOWN)
def _together(queries: tuple[str, ...]) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The statement as the driver wants it, and for each of its numbered values the query and name it is from."""
    places: dict[tuple[int, str], int] = {}

    def numbered(number: int, sql: str) -> str:
        return re.sub(
            r"(?<!:):([a-z]\w*)", lambda found: f"${places.setdefault((number, found[1]), len(places) + 1)}", sql
        )

    columns = ", ".join(f"({numbered(number, sql)})::text" for number, sql in enumerate(queries))
    return f"SELECT {columns}", tuple(places)


async def read_alone(session: AsyncSession, *, alone: bool) -> None:
    """Whether what follows in this transaction is planned as suits looks at cells (`ALONE`), or as PostgreSQL likes.

    Said before the transaction's first statement it costs no way to the server. Whoever looks at cells takes it back:
    what suits them ruins what is read of facts. That is done before the session's next statement that is no look; most
    answers have none, and go no way for it.
    """
    before = session.info.get("alone")
    if not alone:
        if before == "yes":
            session.info["alone"] = "ending"
        return
    session.info["alone"] = "yes"
    if before is None:
        event.listen(session.sync_session, "do_orm_execute", _end_alone)
    if before in (None, "no"):
        await set_local(session, *(f"{name} = {value}" for name, value in ALONE.items()))


def _end_alone(statement: ORMExecuteState) -> None:
    info = statement.session.info
    if info["alone"] == "ending":
        set_local_within(statement.session, *(f"{name} = DEFAULT" for name in ALONE))
        info["alone"] = "no"
