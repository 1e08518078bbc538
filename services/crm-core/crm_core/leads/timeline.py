"""The steps of leads on a timeline."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.leads.tables import LeadTransition
from crm_core.timeline.entries import Entry, PageOf, Scope


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """How the scope's leads came in and went from status to status; who got them is told by the assignments."""
    if not scope.lead_ids:
        return []
    statement = select(LeadTransition).where(
        LeadTransition.workspace_id == scope.workspace_id,
        LeadTransition.lead_id.in_(scope.lead_ids),
        LeadTransition.from_status.is_distinct_from(LeadTransition.to_status),
    )
    rows = await session.scalars(page.of(statement, LeadTransition.at, LeadTransition.id))
    return [_entry(row) for row in rows]


def _entry(row: LeadTransition) -> Entry:
    return Entry(
        at=row.at,
        id=row.id,
        kind="transition",
        by=row.by,
        phrase="transition" if row.from_status else "created",
        words={"from_status": row.from_status, "to_status": row.to_status},
        data={
            "lead_id": row.lead_id,
            "action": row.action,
            "from_status": row.from_status,
            "to_status": row.to_status,
            "note": row.note,
            **row.data,
        },
    )
