"""Generations of a workspace's cells: the one that is read, and the one that is being built beside it.

Whoever changes facts or cells of a workspace first locks its row of `workspace_setting` (`hold`), so they take turns. A
generation is built in chunks of facts in a fixed order; between chunks events go on being projected into both, into the
new one only for facts that it has counted already. So at every moment each generation is exact for the facts it covers:
its cells, and the sums of its chunks that are still to be gathered into these. The switch is one row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit.ids import NIL
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.catalogue import BEFORE_WORKSPACE, keep_workspace
from analytics.projections.cells import RULES, Frame
from analytics.projections.facts import DealRow
from analytics.projections.gathering import gather
from analytics.projections.halves import begin_stage, count_next
from analytics.projections.helping import Beside
from analytics.projections.measures import BASES, GRAINS, part
from analytics.projections.tables import (
    Generation,
    WorkspaceSetting,
    cell,
    cell_time,
    chunk_sum,
    chunk_time,
)

STAGES = ("submission", "inquiry", "case", "cells")
"""The order in which a new generation counts facts; within a stage by id. A case is a lead with its deals. At last what
was counted is gathered into cells, by day."""

DONE = "done"
LEAST = 1_000
CHUNK = 10_000
MOST = 20_000
AIM_S = 1.0
"""Facts counted in one transaction: as many as hold the workspace for about a second, since events wait so long. Three
times as many save a twentieth of the time, and take 600 MB of a connection instead of 200 where each has cells of its
own."""
KEPT_AFTER_SWITCH = timedelta(minutes=1)


class Reach(NamedTuple):
    """How far a generation has counted: its stage up to `after`, and from `split` up to `beyond`."""

    stage: int
    after: UUID
    split: UUID | None
    beyond: UUID | None


class Counted(NamedTuple):
    """A generation that events are counted in, and how far it reaches: None for all facts."""

    number: int
    frame: Frame
    reach: Reach | None

    def covers(self, stage: str, fact_id: UUID) -> bool:
        """Whether this generation has counted that fact, so that its changes have to be counted too."""
        if self.reach is None:
            return True
        at, after, split, beyond = self.reach
        if STAGES.index(stage) != at:
            return STAGES.index(stage) < at
        if split is None or beyond is None or fact_id <= split:
            return fact_id <= after
        return fact_id <= beyond


async def hold(session: AsyncSession, workspace_id: UUID, *, to_build: bool = False) -> WorkspaceSetting:
    """Locks the workspace until the transaction ends: facts and cells of it are changed by one at a time.

    `to_build`: a second transaction may join it (`helping.joined`).
    """
    locked = select(WorkspaceSetting).where(WorkspaceSetting.workspace_id == workspace_id)
    locked = locked.with_for_update(key_share=to_build).execution_options(populate_existing=True)
    if (setting := await session.scalar(locked)) is not None:
        return setting
    await keep_workspace(session, workspace_id, BEFORE_WORKSPACE)
    return (await session.execute(locked)).scalar_one()


async def counted_in(session: AsyncSession, setting: WorkspaceSetting, *, now: datetime) -> list[Counted]:
    """The generations that events of a held workspace are counted in; the first one of a workspace begins here."""
    if setting.generation == 0:
        first = _new(setting, 1, now)
        first.state, first.finished_at = "active", now
        session.add(first)
        setting.generation = 1
        await session.flush()
        return [_counted(first)]
    rows = await session.scalars(
        select(Generation)
        .where(Generation.workspace_id == setting.workspace_id, Generation.state.in_(("active", "building")))
        .order_by(Generation.number)
    )
    return [_counted(row) for row in rows]


def _new(setting: WorkspaceSetting, number: int, now: datetime) -> Generation:
    return Generation(
        workspace_id=setting.workspace_id,
        number=number,
        state="building",
        time_zone=setting.time_zone,
        currency=setting.currency,
        rules=RULES,
        stage=DONE,
        after=NIL,
        split=None,
        beyond=None,
        gathered=None,
        facts_done=0,
        started_at=now,
        finished_at=None,
    )


def _counted(row: Generation) -> Counted:
    frame = Frame(ZoneInfo(row.time_zone), row.currency)
    if row.stage == DONE:
        return Counted(row.number, frame, None)
    return Counted(row.number, frame, Reach(STAGES.index(row.stage), row.after, row.split, row.beyond))


async def begin(session: AsyncSession, workspace_id: UUID, *, now: datetime) -> int:
    """Starts a new generation in the wanted zone and currency; an unfinished one is given up. Answers its number."""
    setting = await hold(session, workspace_id)
    await counted_in(session, setting, now=now)
    await session.execute(
        update(Generation)
        .where(Generation.workspace_id == workspace_id, Generation.state == "building")
        .values(state="retired", finished_at=now)
    )
    highest = select(func.max(Generation.number)).where(Generation.workspace_id == workspace_id)
    number = int(await session.scalar(highest) or 0) + 1
    building = _new(setting, number, now)
    await begin_stage(session, building, STAGES[0])
    session.add(building)
    await session.flush()
    return number


async def build_chunk(
    session: AsyncSession, workspace_id: UUID, *, now: datetime, limit: int = CHUNK, beside: Beside | None = None
) -> bool:
    """Does the next step of the generation being built: counts facts, gathers what they count for into cells, or makes
    it active at last; False without one. `beside`: with a second connection's help."""
    setting = await hold(session, workspace_id, to_build=True)
    building = await session.scalar(
        select(Generation).where(Generation.workspace_id == workspace_id, Generation.state == "building")
    )
    if building is None:
        return False
    if building.stage == STAGES[-1]:
        if not await gather(session, building, limit=limit, beside=beside):
            await _switch(session, setting, building, now=now)
    elif not await count_next(session, building, limit, beside):
        await begin_stage(session, building, STAGES[STAGES.index(building.stage) + 1])
    await session.flush()
    return True


def next_limit(limit: int, took_s: float) -> int:
    """How many facts to count at once after `limit` took so long."""
    if took_s < AIM_S / 2:
        return min(MOST, limit * 2)
    return max(LEAST, limit // 2) if took_s > AIM_S * 2 else limit


def deals_by_case(deals: Iterable[DealRow]) -> dict[UUID, list[DealRow]]:
    """The deals of each case."""
    cases: dict[UUID, list[DealRow]] = {}
    for deal in deals:
        cases.setdefault(deal.case_id, []).append(deal)
    return cases


async def _switch(session: AsyncSession, setting: WorkspaceSetting, built: Generation, *, now: datetime) -> None:
    await session.execute(
        update(Generation)
        .where(Generation.workspace_id == setting.workspace_id, Generation.state == "active")
        .values(state="retired", finished_at=now)
    )
    built.state, built.stage, built.finished_at = "active", DONE, now
    setting.generation = built.number


async def outdated(session: AsyncSession) -> Sequence[UUID]:
    """The workspaces whose cells are in another zone, currency or rules than wanted, or with a build under way."""
    setting, generation = WorkspaceSetting, Generation
    same = (
        (generation.time_zone == setting.time_zone)
        & (generation.currency == setting.currency)
        & (generation.rules == RULES)
    )
    wanted = (generation.state == "building") | ((generation.state == "active") & ~same)
    joined = select(setting.workspace_id).join(generation, generation.workspace_id == setting.workspace_id)
    return (await session.scalars(joined.where(wanted).distinct().order_by(setting.workspace_id))).all()


async def building_as_wanted(session: AsyncSession, workspace_id: UUID) -> bool:
    """Whether a generation is being built, and in the zone, currency and rules that are wanted now."""
    setting = await hold(session, workspace_id)
    building = await session.scalar(
        select(Generation).where(Generation.workspace_id == workspace_id, Generation.state == "building")
    )
    made = building and (building.time_zone, building.currency, building.rules)
    return made == (setting.time_zone, setting.currency, RULES)


async def sweepable(session: AsyncSession, *, now: datetime) -> Sequence[tuple[UUID, int]]:
    """Retired generations whose cells no query can be reading any more."""
    rows = await session.execute(
        select(Generation.workspace_id, Generation.number).where(
            Generation.state == "retired", Generation.finished_at < now - KEPT_AFTER_SWITCH
        )
    )
    return [(workspace_id, number) for workspace_id, number in rows]


async def sweep_family(session: AsyncSession, workspace_id: UUID, number: int, family: str) -> None:
    """Deletes a retired generation's cells of one family, as much as one transaction should."""
    parts = [part(family, basis, grain) for basis in BASES for grain in GRAINS]
    for table in (cell, cell_time, chunk_sum, chunk_time):
        own = (table.c.workspace_id == workspace_id, table.c.generation == number, table.c.part.in_(parts))
        await session.execute(delete(table).where(*own))


async def forget(session: AsyncSession, workspace_id: UUID, number: int) -> None:
    """Deletes a swept generation's own row."""
    await session.execute(
        delete(Generation).where(
            Generation.workspace_id == workspace_id, Generation.number == number, Generation.state == "retired"
        )
    )
