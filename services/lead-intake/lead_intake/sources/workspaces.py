"""What lead-intake learns of workspaces from crm-core's feed: region of phones, zone of times, how long raw is kept."""

from collections.abc import Sequence

from leadkit.cloudevents import CloudEvent
from leadkit.contracts.events import WorkspaceState
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.sources.tables import WorkspaceSetting

WORKSPACE_EVENTS = ("workspace.created", "workspace.updated")
_LEARNT = ("version", "default_region", "time_zone", "language")


async def learn_workspaces(session: AsyncSession, events: Sequence[CloudEvent]) -> None:
    """Keeps the newest state of each workspace that is told of; older and repeated events change nothing."""
    newest: dict[str, WorkspaceState] = {}
    for event in events:
        if event.type in WORKSPACE_EVENTS:
            state = WorkspaceState.model_validate(event.data)
            if event.subject not in newest or newest[event.subject].version < state.version:
                newest[event.subject] = state
    for state in newest.values():
        values = {"workspace_id": state.id} | {name: getattr(state, name) for name in _LEARNT}
        values["raw_requests_days"] = state.retention.raw_requests_days
        statement = insert(WorkspaceSetting).values(values)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=[WorkspaceSetting.workspace_id],
                set_={name: statement.excluded[name] for name in (*_LEARNT, "raw_requests_days")},
                where=WorkspaceSetting.version < statement.excluded.version,
            )
        )
