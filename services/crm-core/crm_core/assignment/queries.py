"""Reading why a lead has its owner."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.assignment.tables import AssignmentExplanation


async def explanations_of(session: AsyncSession, workspace_id: UUID, lead_id: UUID) -> list[AssignmentExplanation]:
    """Every assignment of a lead with its reasons, the latest first."""
    found = await session.scalars(
        select(AssignmentExplanation)
        .where(AssignmentExplanation.workspace_id == workspace_id, AssignmentExplanation.lead_id == lead_id)
        .order_by(AssignmentExplanation.id.desc())
    )
    return list(found)
