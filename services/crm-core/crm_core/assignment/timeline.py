"""Who got a lead, and why, on a timeline."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import users_by_id
from crm_core.assignment.tables import AssignmentExplanation
from crm_core.timeline.entries import Entry, PageOf, Scope


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """The assignments of the scope's leads."""
    if not scope.lead_ids:
        return []
    statement = select(AssignmentExplanation).where(
        AssignmentExplanation.workspace_id == scope.workspace_id, AssignmentExplanation.lead_id.in_(scope.lead_ids)
    )
    rows = list(await session.scalars(page.of(statement, AssignmentExplanation.at, AssignmentExplanation.id)))
    users = await users_by_id(session, scope.workspace_id, [row.owner_id for row in rows if row.owner_id])
    return [
        Entry(
            at=row.at,
            id=row.id,
            kind="assignment",
            by=row.by,
            phrase="assignment" if row.owner_id else "unassigned",
            words={"owner": users[row.owner_id].name} if row.owner_id else {},
            data={"lead_id": row.lead_id, "owner_id": row.owner_id, "team_id": row.team_id, "rules": row.rules},
        )
        for row in rows
    ]
