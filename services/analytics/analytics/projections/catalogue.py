"""What analytics learns beside facts: each workspace's zone and currency, and the names of dimension values."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from leadkit.cloudevents import CloudEvent
from leadkit.contracts.events import NamedState, PipelineState, StaffState, WorkspaceState
from prometheus_client import Counter
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.tables import DimensionName, WorkspaceSetting

BEFORE_WORKSPACE = WorkspaceState(
    id=UUID(int=0), version=0, name="", time_zone="UTC", currency="RUB", default_region="RU", language="ru"
)
"""What a workspace is taken for until its first `workspace.*` event, which may come after its leads' in a rebuild."""

NAMED = ("team", "loss_reason", "source")
NAMES = ("user", "pipeline", *NAMED)
"""Aggregates whose `<aggregate>.changed` tells a display name."""


log = structlog.get_logger()
unreadable_total = Counter("leadflow_events_unreadable_total", "Events whose state could not be read", ["type"])


@contextmanager
def passing_over_unreadable(event: CloudEvent) -> Iterator[None]:
    """An event that breaks its contract is told to the operator and passed over, so that it stops nothing after it."""
    try:
        yield
    except (ValidationError, KeyError, ZoneInfoNotFoundError) as error:
        unreadable_total.labels(event.type).inc()
        log.error("event_unreadable", event_id=event.id, type=event.type, error=type(error).__name__)


class Name(NamedTuple):
    """A row of `dimension_name` without its workspace."""

    kind: str
    id: str
    version: int
    name: str
    active: bool
    parent: str | None = None
    position: int | None = None
    probability: float | None = None


async def learn_workspace(session: AsyncSession, workspace_id: UUID, events: Iterable[CloudEvent]) -> None:
    """Keeps the state with the highest version; cells follow later, in a new generation."""
    for event in events:
        with passing_over_unreadable(event):
            state = WorkspaceState.model_validate(event.data)
            ZoneInfo(state.time_zone)
            await keep_workspace(session, workspace_id, state)


async def keep_workspace(session: AsyncSession, workspace_id: UUID, state: WorkspaceState) -> None:
    """Inserts the workspace's row, or replaces what an older version told."""
    told = {"version": state.version, "name": state.name, "time_zone": state.time_zone, "currency": state.currency}
    more = {"default_region": state.default_region, "language": state.language}
    statement = insert(WorkspaceSetting).values(workspace_id=workspace_id, generation=0, **told, **more)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id"],
            set_={column: statement.excluded[column] for column in (*told, *more)},
            where=WorkspaceSetting.version < statement.excluded.version,
        )
    )


async def learn_names(session: AsyncSession, workspace_id: UUID, events: Iterable[CloudEvent]) -> None:
    """Keeps each value's name with the highest version."""
    newest: dict[tuple[str, str], Name] = {}
    for event in events:
        with passing_over_unreadable(event):
            for name in names_in(event.type.partition(".")[0], event.data):
                known = newest.get((name.kind, name.id))
                if known is None or known.version < name.version:
                    newest[name.kind, name.id] = name
    if not newest:
        return
    rows = [{"workspace_id": workspace_id, **newest[key]._asdict()} for key in sorted(newest)]
    statement = insert(DimensionName).values(rows)
    changed = {field: statement.excluded[field] for field in Name._fields[2:]}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "kind", "id"],
            set_=changed,
            where=DimensionName.version < statement.excluded.version,
        )
    )


def names_in(subject: str, data: dict[str, Any]) -> Iterator[Name]:
    """The names that a `<subject>.changed` event tells; a pipeline tells its stages' too."""
    if subject == "user":
        user = StaffState.model_validate(data)
        yield Name("user", str(user.id), user.version, user.name, user.active, _text(user.team_id))
    elif subject == "pipeline":
        pipeline = PipelineState.model_validate(data)
        yield Name("pipeline", str(pipeline.id), pipeline.version, pipeline.name, not pipeline.archived)
        for stage in pipeline.stages:
            place = (str(pipeline.id), stage.position, stage.probability)
            yield Name("stage", str(stage.id), pipeline.version, stage.name, not stage.archived, *place)
    elif subject in NAMED:
        entry = NamedState.model_validate(data)
        yield Name(subject, str(entry.id), entry.version, entry.name, entry.active)


def _text(identifier: UUID | None) -> str | None:
    return str(identifier) if identifier is not None else None
