"""Keeping the newest state of each deadline that crm-core tells of."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import orjson
from leadkit.cloudevents import CloudEvent
from leadkit.contracts.events import DeadlineState
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.deadlines.tables import DeadlineFact
from analytics.projections.catalogue import passing_over_unreadable

FIELDS: Final = tuple(column.name for column in DeadlineFact.__table__.columns if column.name != "workspace_id")
_COLUMNS: Final = ", ".join(("workspace_id", *FIELDS))
_CHANGED: Final = ", ".join(f"{name} = excluded.{name}" for name in FIELDS if name != "id")
_KEEP: Final = text(
    f"""INSERT INTO fact_deadline ({_COLUMNS})
        SELECT {_COLUMNS} FROM json_populate_recordset(NULL::fact_deadline, CAST(:rows AS json))
        ON CONFLICT (workspace_id, id) DO UPDATE SET {_CHANGED} WHERE fact_deadline.version <= excluded.version"""
)


async def keep_deadlines(session: AsyncSession, workspace_id: UUID, events: Iterable[CloudEvent]) -> None:
    """One statement for all of them; repeated, late and reordered events change nothing."""
    newest: dict[UUID, DeadlineState] = {}
    for event in events:
        with passing_over_unreadable(event):
            state = DeadlineState.model_validate(event.data)
            if state.id not in newest or newest[state.id].version < state.version:
                newest[state.id] = state
    if newest:
        own = {"workspace_id": workspace_id}
        rows = [own | {name: getattr(state, name) for name in FIELDS} for state in newest.values()]
        await session.execute(_KEEP, {"rows": orjson.dumps(rows).decode()})
