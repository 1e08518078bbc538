"""The present state of every aggregate in pages, for readers that rebuild what they know: snapshot, then feed.

Each state comes as the event that would tell it, so a reader projects both with the same code. `last_event_id` is the
feed's place from before the first page was read: what changes meanwhile is told again from there, guarded by version
(of several types a reader continues from the lowest place).
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from leadkit import clock
from leadkit.cloudevents import CloudEvent, event_id
from leadkit.contracts.common import Shape
from leadkit.db import Database, Role
from leadkit.edge import Allow, EdgeRoute
from leadkit.feed import highest_position
from leadkit.ids import NIL
from leadkit.outbox import NewEvent
from leadkit.problems import Invalid, Malformed, problems
from leadkit.tokens import Caller
from leadkit.tokens import Role as CallerRole

Place = tuple[UUID, UUID]
"""Workspace and id of the row that a page begins after."""

IdColumn = InstrumentedAttribute[UUID] | ColumnElement[UUID]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A type of aggregate, such as `lead`, and the slice's function that reads a page of states as events:
    `page(session, workspace_id or None for all, place to begin after, limit)`."""

    type: str
    page: Callable[[AsyncSession, UUID | None, Place | None, int], Awaitable[Sequence[NewEvent]]]


class SnapshotPage(BaseModel):
    """States as CloudEvents; after the last page read the feed from `last_event_id`."""

    items: list[CloudEvent]
    next_cursor: str | None = Field(examples=[None])
    last_event_id: str = Field(examples=["000000000000002a-00000000000000000000000000000000"])


def paged(
    statement: Select[Any],
    *,
    key: tuple[IdColumn, IdColumn],
    workspace_id: UUID | None,
    after: Place | None,
    limit: int,
) -> Select[Any]:
    """The statement for one page; `key` is the table's (workspace_id, id), in whose order the rows come."""
    if workspace_id is not None:
        statement = statement.where(key[0] == workspace_id)
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(literal(after[0]), literal(after[1])))
    return statement.order_by(*key).limit(limit)


def snapshot_router(snapshots: tuple[Snapshot, ...], *, roles: tuple[CallerRole, ...] | None = None) -> APIRouter:
    """`GET /v1/snapshot` over these types; for these `roles`, where some may not see every state."""
    router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["events"])
    by_type = {snapshot.type: snapshot for snapshot in snapshots}

    @router.get("/snapshot", responses=problems(Malformed))
    async def snapshot_read(
        request: Request,
        caller: Annotated[Caller, Allow("events:read", roles=roles, workspace=False)],
        type: Annotated[
            str, Query(max_length=60, examples=[snapshots[0].type], description=f"One of {', '.join(by_type)}")
        ],
        cursor: Annotated[str | None, Query(max_length=300, description="next_cursor of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="States a page")] = 500,
    ) -> SnapshotPage:
        """Read the present state of all aggregates of a type, page by page, without personal data."""
        if type not in by_type:
            raise Invalid.at("/type", f"is one of {', '.join(by_type)}")
        db: Database = request.app.state.database
        role: Role = "worker" if caller.workspace_id is None else "app"
        async with db.transaction(caller.workspace_id, role=role, read_only=True) as session:
            position, after = _decoded(cursor) if cursor else (await highest_position(session), None)
            states = await by_type[type].page(session, caller.workspace_id, after, limit)
        last = states[-1] if len(states) == limit else None
        return SnapshotPage(
            items=[_as_cloud_event(state, position, request.app.state.feed_source) for state in states],
            next_cursor=_encoded(position, (last.workspace_id, last.subject)) if last else None,
            last_event_id=event_id(position, NIL),
        )

    return router


def _as_cloud_event(state: NewEvent, position: int, source: str) -> CloudEvent:
    return CloudEvent(
        id=event_id(position, state.subject),
        source=source,
        type=state.type,
        subject=str(state.subject),
        time=clock.now(),
        workspaceid=state.workspace_id,
        data=state.data.model_dump(mode="json") if isinstance(state.data, Shape) else dict(state.data),
    )


def _encoded(position: int, after: Place) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([position, *map(str, after)])).decode().rstrip("=")


def _decoded(cursor: str) -> tuple[int, Place]:
    try:
        position, workspace_id, last_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return int(position), (UUID(workspace_id), UUID(last_id))
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise Malformed("The cursor is not one that this snapshot gave out.") from None
