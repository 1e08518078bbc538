"""What became of deadlines, counted from the facts of a period."""

from datetime import datetime, time
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Float, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.deadlines.schemas import DeadlineAnswer
from analytics.deadlines.tables import DeadlineFact
from analytics.metrics.dimensions import Names
from analytics.metrics.schemas import NamesOut
from analytics.metrics.statistics import ratio
from analytics.projections.queries import Setting, freshness, names_of
from analytics.projections.slices import Period

By = Literal["owner", "team"]
NAME: Final = Names("Deadlines", "Сроки ответа")
DEFINITION: Final = (
    "What was expected of each manager, and what became of it: deadlines set in the period, answered in time, late, "
    "or not yet; leads not accepted in time; working time until the answer, and lost by answering late. The first "
    "owner's deadline counts for the first owner, whoever answered in the end."
)
COUNTS: Final = ("set", "met", "late", "waiting", "breached", "not_accepted")
COLUMNS: Final = (*COUNTS, "met_share", "median_worked_s", "lost_s")


async def answer_deadlines(
    session: AsyncSession, workspace_id: UUID, setting: Setting, period: Period, by: By
) -> DeadlineAnswer:
    """A row for each manager or team that anything was expected of, most breaches first."""
    fact = DeadlineFact
    key = fact.owner_id if by == "owner" else fact.team_id
    start, end = (datetime.combine(day, time(), setting.time_zone) for day in (period.start, period.end))
    found = await session.execute(
        select(
            key.label("key"),
            func.count().label("set"),
            func.count().filter(fact.status == "met").label("met"),
            func.count().filter(fact.status == "late").label("late"),
            func.count().filter(fact.status.in_(("open", "breached"))).label("waiting"),
            func.count().filter(fact.breached_at.is_not(None)).label("breached"),
            func.count().filter(fact.breach == "not_accepted").label("not_accepted"),
            func.percentile_cont(0.5).within_group(cast(fact.worked_s, Float)).label("median_worked_s"),
            func.coalesce(func.sum(fact.lost_s), 0).label("lost_s"),
        )
        .where(fact.workspace_id == workspace_id, fact.set_at >= start, fact.set_at < end, fact.status != "void")
        .group_by(key)
    )
    names = {row.id: row.name for row in await names_of(session, workspace_id, "user" if by == "owner" else "team")}
    rows = [_row(row._mapping, by, names) for row in found]
    rows.sort(key=lambda row: (-row["breached"], -row["set"], row[f"{by}_name"] or ""))
    fresh = await freshness(session)
    return DeadlineAnswer(
        report="deadlines",
        name=NamesOut.model_validate(NAME),
        definition=DEFINITION,
        columns=[by, f"{by}_name", *COLUMNS],
        rows=rows,
        **{"from": period.start, "to": period.end},
        as_of=fresh.as_of,
        lag_s=fresh.lag_s,
    )


def _row(told: Any, by: By, names: dict[str, str]) -> dict[str, Any]:
    key = str(told["key"]) if told["key"] else None
    median = told["median_worked_s"]
    return {
        by: key,
        f"{by}_name": names.get(key or ""),
        **{name: int(told[name]) for name in COUNTS},
        "met_share": ratio(told["met"], told["met"] + told["late"] + told["waiting"]),
        "median_worked_s": None if median is None else round(median),
        "lost_s": int(told["lost_s"]),
    }
