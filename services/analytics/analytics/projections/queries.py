"""What other slices read of the projections: the cells that count now, what they are counted in, and names."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit import clock
from leadkit.consumer import feed_position, lag_s
from leadkit.problems import Problem, Unavailable
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import KNOWN, Look, look
from analytics.projections.tables import DimensionName, Generation, Rebuild, WorkspaceSetting

T = TypeVar("T")

FEEDS = ("crm-core", "lead-intake")
"""The feeds that are projected, as `feed_position` names them."""


class WorkspaceNotKnown(Unavailable):
    """No event of the workspace has been read yet, so neither its zone nor its currency is known."""

    code = "workspace-not-known-yet"
    title = "analytics has not heard of this workspace yet"


class SettingChanged(Unavailable):
    """Meanwhile the workspace's cells are those of another zone or currency than the question was read in."""

    code = "setting-changed"
    title = "The workspace's time zone or currency was changed"


class Setting(NamedTuple):
    """What the present cells are counted in: the old zone and currency while a change of them is worked in."""

    name: str
    time_zone: ZoneInfo
    currency: str
    language: str
    generation: int


CURRENT_CELLS = """workspace_id = :workspace_id AND generation = (
    SELECT s.generation FROM workspace_setting s WHERE s.workspace_id = :workspace_id)"""
"""The condition for cells of the generation to be read, in one statement with them: safe during a switch."""


_SETTING: Final = """SELECT json_build_array(s.name, g.time_zone, g.currency, s.language, g.number)
    FROM workspace_setting s JOIN generation g ON g.workspace_id = s.workspace_id AND g.number = s.generation
    WHERE s.workspace_id = :workspace_id"""


def look_at_setting(workspace_id: UUID) -> Look[Setting | None]:
    """Zone and currency of the workspace's present cells; None before its first event."""
    return Look(_SETTING, {"workspace_id": workspace_id}, _setting)


def _setting(row: list[Any] | None) -> Setting | None:
    if row is None:
        return None
    name, time_zone, currency, language, generation = row
    return Setting(name, ZoneInfo(time_zone), currency, language, generation)


async def workspace_setting(session: AsyncSession, workspace_id: UUID) -> Setting:
    """The same in a statement of its own; raises `WorkspaceNotKnown` before its first event."""
    told = look_at_setting(workspace_id)
    await look(session, told)
    if told.found is None:
        raise WorkspaceNotKnown
    return told.found


_remembered: dict[UUID, Setting] = {}


async def in_setting(session: AsyncSession, workspace_id: UUID, answer: Callable[[Setting], Awaitable[T]]) -> T:
    """`answer` in the zone and currency that this process remembers of the workspace, without asking for them first.

    Whatever is read of cells says `SettingChanged` when they are no longer those. Then, and before any other refusal,
    they are asked for, and if they are others the answer is made anew.
    """
    known = _remembered.get(workspace_id)
    if known is not None:
        try:
            return await answer(known)
        except Problem:
            told = await workspace_setting(session, workspace_id)
            if (told.time_zone, told.currency) == (known.time_zone, known.currency):
                raise
    else:
        told = await workspace_setting(session, workspace_id)
    if len(_remembered) >= KNOWN:
        _remembered.clear()
    _remembered[workspace_id] = told
    return await answer(told)


class Freshness(NamedTuple):
    """`as_of`: the time of the newest event counted; `lag_s`: by how much the numbers may be older than the feeds."""

    as_of: datetime | None
    lag_s: float | None


_POSITIONS: Final = """SELECT json_agg(json_build_array(event_at, read_at, behind))
    FROM feed_position WHERE feed = ANY(:feeds)"""


def look_at_freshness() -> Look[Freshness]:
    """How new the numbers are, by the feed that is read slowest; None before any event."""
    return Look(_POSITIONS, {"feeds": list(FEEDS)}, _freshness)


def _freshness(rows: list[tuple[str, str, bool]] | None) -> Freshness:
    if not rows:
        return Freshness(None, None)
    now, at = clock.now(), datetime.fromisoformat
    lags = [lag_s(read_at=at(read), event_at=at(event), behind=behind, now=now) for event, read, behind in rows]
    return Freshness(max(at(event) for event, _, _ in rows), round(max(lags), 3))


async def freshness(session: AsyncSession) -> Freshness:
    """The same in a statement of its own."""
    fresh = look_at_freshness()
    await look(session, fresh)
    return fresh.found


async def projected_to(session: AsyncSession, workspace_id: UUID) -> tuple[object, ...]:
    """The workspace's generation and how far the feeds are projected: while it stays, so do facts, names and cells."""
    generation = await session.scalar(
        select(WorkspaceSetting.generation).where(WorkspaceSetting.workspace_id == workspace_id)
    )
    positions = select(feed_position.c.feed, feed_position.c.last_event_id).where(feed_position.c.feed.in_(FEEDS))
    return generation, *map(tuple, await session.execute(positions.order_by(feed_position.c.feed)))


async def known_workspaces(session: AsyncSession) -> Sequence[UUID]:
    """Every workspace that an event was read of (role worker)."""
    return (await session.scalars(select(WorkspaceSetting.workspace_id).order_by(WorkspaceSetting.workspace_id))).all()


async def names_of(session: AsyncSession, workspace_id: UUID, kind: str) -> Sequence[DimensionName]:
    """The known values of a kind (user, team, pipeline, stage, loss_reason, source), stages in their order."""
    return (
        await session.scalars(
            select(DimensionName)
            .where(DimensionName.workspace_id == workspace_id, DimensionName.kind == kind)
            .order_by(DimensionName.parent, DimensionName.position, DimensionName.name, DimensionName.id)
        )
    ).all()


_NAMES: Final = """SELECT json_agg(json_build_array(kind, id, name))
    FROM dimension_name WHERE workspace_id = :workspace_id AND kind = ANY(:kinds)"""


def look_at_names(workspace_id: UUID, kinds: Iterable[str]) -> Look[dict[str, dict[str, str]]]:
    """Kind -> id -> display name."""
    wanted = list(dict.fromkeys(kinds))
    return Look(_NAMES, {"workspace_id": workspace_id, "kinds": wanted}, partial(_names, wanted))


def _names(kinds: list[str], rows: list[tuple[str, str, str]] | None) -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = {kind: {} for kind in kinds}
    for kind, value, name in rows or ():
        names[kind][value] = name
    return names


class Progress(NamedTuple):
    """A rebuild with the number of facts its generation has counted so far."""

    rebuild: Rebuild
    facts_counted: int


def rebuilds(workspace_id: UUID) -> Select[Rebuild]:
    """The rebuilds of a workspace."""
    return select(Rebuild).where(Rebuild.workspace_id == workspace_id)


async def facts_counted(session: AsyncSession, workspace_id: UUID, generations: Iterable[int | None]) -> dict[int, int]:
    """Generation -> the number of facts it has counted; those swept long ago are left out."""
    numbers = [number for number in generations if number is not None]
    rows = await session.execute(
        select(Generation.number, Generation.facts_done).where(
            Generation.workspace_id == workspace_id, Generation.number.in_(numbers)
        )
    )
    return {row.number: row.facts_done for row in rows}


async def rebuild_progress(session: AsyncSession, workspace_id: UUID, rebuild_id: UUID) -> Progress | None:
    """One rebuild, None where the workspace has none with this id."""
    rebuild = await session.scalar(rebuilds(workspace_id).where(Rebuild.id == rebuild_id))
    if rebuild is None:
        return None
    counted = await facts_counted(session, workspace_id, [rebuild.generation])
    return Progress(rebuild, counted.get(rebuild.generation or 0, 0))
