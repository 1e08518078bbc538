"""Domain events: written with the change they tell of, then put into one order by the sequencer.

A writer inserts into `outbox` in its own transaction. One sequencer at a time copies what has been committed into
`feed`, each row with the next position, and deletes it from the outbox; positions therefore become visible in order,
and a reader that pages by position can never skip an event whose transaction committed late.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import structlog
from prometheus_client import Counter
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from leadkit import clock
from leadkit.contracts.common import Shape
from leadkit.db import Database, metadata
from leadkit.ids import id_before, new_id_text
from leadkit.telemetry import request_id, traceparent
from leadkit.waiting import pause

BATCH = 2000
IDLE_S = 0.05
LEASE_S = 5
RECENT_S = 3

log = structlog.get_logger()
sequenced_total = Counter("leadflow_events_sequenced_total", "Events given their position in the feed")

events = metadata()

outbox = Table(
    "outbox",
    events,
    Column("workspace_id", Uuid, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    Column("type", String(60), nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("request_id", String(100)),
    Column("traceparent", String(60)),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_outbox_event_id", "event_id"),
)

feed = Table(
    "feed",
    events,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("workspace_id", Uuid, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("type", String(60), nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("request_id", String(100)),
    Column("traceparent", String(60)),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("uq_feed_event_id", "event_id", unique=True),
    Index("ix_feed_workspace_id_position", "workspace_id", "position"),
)

# One row. `epoch` grows with every new sequencer, so one that slept through its lease can write nothing more.
feed_counter = Table(
    "feed_counter",
    events,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("leased_until", DateTime(timezone=True), nullable=False),
)

_MOVED = "workspace_id, event_id, type, subject, data, request_id, traceparent, at"
_IDS = bindparam("ids", type_=ARRAY(Uuid))
_WORKSPACES = bindparam("workspaces", type_=ARRAY(Uuid))

# The rows stay in the database: only ids come and go. `DO NOTHING` holds where the two tables are on different nodes
# and a copy was made whose deletion was lost. Between the first and the last of them: the planner would else
# read all that waits, for each batch of it.
COPY_TO_FEED = text(
    f"""
    INSERT INTO feed (position, {_MOVED})
    SELECT CAST(:position AS bigint) + place, {_MOVED.replace("event_id", "outbox.event_id")}
    FROM unnest(:ids) WITH ORDINALITY AS batch (event_id, place)
    JOIN outbox ON outbox.event_id = batch.event_id AND outbox.workspace_id = ANY (:workspaces)
    WHERE outbox.event_id BETWEEN :first AND :last
    ON CONFLICT (event_id) DO NOTHING
    """
).bindparams(_IDS, _WORKSPACES, bindparam("first", type_=Uuid), bindparam("last", type_=Uuid))
# By the index, and from its end: table and index are full of rows that have gone but are not yet vacuumed, and they lie
# before the first that has not.
ANYTHING_RECENT = "SELECT event_id FROM outbox WHERE event_id > $1 ORDER BY event_id LIMIT 1"
DELETE_FROM_OUTBOX = text(
    "DELETE FROM outbox WHERE workspace_id = ANY (:workspaces) AND event_id = ANY (:ids)"
).bindparams(_IDS, _WORKSPACES)


ADD_TO_OUTBOX = text(
    """
    INSERT INTO outbox (workspace_id, event_id, type, subject, data, request_id, traceparent, at)
    SELECT workspace_id, event_id, type, subject, CAST(data AS jsonb), :request_id, :traceparent, :at
    FROM unnest(:workspace_id, :event_id, :type, :subject, :data)
    AS event (workspace_id, event_id, type, subject, data)
    """
).bindparams(
    bindparam("workspace_id", type_=ARRAY(Uuid)),
    bindparam("event_id", type_=ARRAY(Uuid)),
    bindparam("type", type_=ARRAY(Text)),
    bindparam("subject", type_=ARRAY(Uuid)),
    bindparam("data", type_=ARRAY(Text)),
    bindparam("request_id", type_=String),
    bindparam("traceparent", type_=String),
    bindparam("at", type_=DateTime(timezone=True)),
)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What happened (`type`), to which aggregate (`subject`), and its state afterwards, without personal data: a shape
    of `leadkit.contracts.events`, or its values where a batch tells of rows that PostgreSQL has checked already."""

    type: str
    workspace_id: UUID
    subject: UUID
    data: Shape | Mapping[str, Any]


async def publish(session: AsyncSession, happened: Iterable[NewEvent]) -> None:
    """Adds the events to the caller's transaction, in one statement, a column a parameter: as one document PostgreSQL
    would take each event apart twice."""
    events = list(happened)
    if not events:
        return
    values = {
        "workspace_id": [event.workspace_id for event in events],
        "event_id": [new_id_text() for _ in events],
        "type": [event.type for event in events],
        "subject": [event.subject for event in events],
        "data": [_written(event.data) for event in events],
        "request_id": request_id.get(),
        "traceparent": traceparent.get(),
        "at": clock.now(),
    }
    await session.execute(ADD_TO_OUTBOX, values)


def _written(data: Shape | Mapping[str, Any]) -> str:
    if isinstance(data, Shape):
        return data.model_dump_json()
    return orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z).decode()


def _plain(value: Any) -> orjson.Fragment | str:
    """What orjson does not know: a shape, and the driver's UUID, which is a subclass."""
    return orjson.Fragment(value.model_dump_json()) if isinstance(value, Shape) else str(value)


class Sequencer:
    """Moves committed outbox rows into the feed. Any number may run; the one that holds the lease works."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._epoch: int | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set, then gives the lease back."""
        try:
            async with self._db.watching("worker") as connection:
                while not stop.is_set():
                    if await self.step() < BATCH:
                        await self._rest(stop, connection)
        finally:
            await self.give_back()

    async def _rest(self, stop: asyncio.Event, connection: Any) -> None:
        """Waits until there is something to move, or until the lease has to be renewed or tried for. An event that was
        committed long after it was made is not seen before that."""
        looks = int(LEASE_S / 3 / IDLE_S) if self._epoch is not None else 0
        for _ in range(looks):
            await pause(stop, IDLE_S)
            if stop.is_set() or await connection.fetchval(ANYTHING_RECENT, id_before(RECENT_S)) is not None:
                return
        if not looks:
            await pause(stop, LEASE_S / 5)

    async def step(self) -> int:
        """Takes or keeps the lease and moves one batch; answers how many rows were moved."""
        async with self._db.transaction(role="worker") as session:
            position = await self._position(session)
            if position is None:
                return 0
            waiting = select(outbox.c.workspace_id, outbox.c.event_id).order_by(outbox.c.event_id).limit(BATCH)
            rows = (await session.execute(waiting)).all()
            if not rows:
                return 0
            await self._move(session, position, rows)
        sequenced_total.inc(len(rows))
        return len(rows)

    async def _position(self, session: AsyncSession) -> int | None:
        """Locks the counter row; None when another sequencer holds the lease."""
        row = (
            await session.execute(
                select(feed_counter.c.position, feed_counter.c.epoch, feed_counter.c.leased_until < text("now()"))
                .where(feed_counter.c.id == 1)
                .with_for_update()
            )
        ).one()
        position, epoch, free = row
        if epoch != self._epoch:
            self._epoch = None
            if not free:
                return None
            self._epoch = epoch + 1
            log.info("sequencer_took_over", epoch=self._epoch)
        await session.execute(
            update(feed_counter)
            .where(feed_counter.c.id == 1)
            .values(epoch=self._epoch, leased_until=text(f"now() + interval '{LEASE_S} seconds'"))
        )
        return int(position)

    async def _move(self, session: AsyncSession, position: int, rows: Sequence[Any]) -> None:
        named = {
            "position": position,
            "ids": [row.event_id for row in rows],
            "first": rows[0].event_id,
            "last": rows[-1].event_id,
            "workspaces": list({row.workspace_id for row in rows}),
        }
        await session.execute(COPY_TO_FEED, named)
        await session.execute(DELETE_FROM_OUTBOX, named)
        await session.execute(update(feed_counter).where(feed_counter.c.id == 1).values(position=position + len(rows)))

    async def give_back(self) -> None:
        """Ends the lease, so that another need not wait for it to run out."""
        if self._epoch is None:
            return
        async with self._db.transaction(role="worker") as session:
            await session.execute(
                update(feed_counter)
                .where(feed_counter.c.id == 1, feed_counter.c.epoch == self._epoch)
                .values(leased_until=text("now() - interval '1 second'"))
            )
        self._epoch = None
