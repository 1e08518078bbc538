"""Reading disputes, and the charges that may be disputed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.disputes.tables import Dispute
from analytics.projections.queries import Setting
from analytics.rate_cards.charging import CHARGES

_OF_LEAD: Final = text(f"SELECT * FROM ({CHARGES}) c WHERE c.lead_id = :lead_id")
EVER: Final = {"start": datetime(1970, 1, 1, tzinfo=UTC), "end": datetime(2200, 1, 1, tzinfo=UTC)}


def disputes(workspace_id: UUID, *, statuses: Sequence[str] = (), supplier: str | None = None) -> Select[Dispute]:
    """The disputes of a workspace."""
    statement = select(Dispute).where(Dispute.workspace_id == workspace_id)
    if statuses:
        statement = statement.where(Dispute.status.in_(statuses))
    return statement if supplier is None else statement.where(Dispute.supplier == supplier)


async def dispute_by_id(session: AsyncSession, workspace_id: UUID, dispute_id: UUID, *, lock: bool = False) -> Dispute:
    """One dispute; raises `NotFound`."""
    statement = disputes(workspace_id).where(Dispute.id == dispute_id)
    dispute = await session.scalar(statement.with_for_update() if lock else statement)
    if dispute is None:
        raise NotFound("There is no such dispute.")
    return dispute


async def dispute_of(session: AsyncSession, workspace_id: UUID, card_id: UUID, lead_id: UUID) -> Dispute | None:
    """The dispute of a lead under a card, if there is one."""
    of_lead = (Dispute.card_id == card_id, Dispute.lead_id == lead_id)
    found: Dispute | None = await session.scalar(disputes(workspace_id).where(*of_lead))
    return found


async def charges_of(session: AsyncSession, workspace_id: UUID, lead_id: UUID, setting: Setting) -> list[Row[Any]]:
    """What rate cards charge for a lead: a row for each kind of payment."""
    values = {"workspace_id": workspace_id, "lead_id": lead_id, "zone": setting.time_zone.key, **EVER}
    return list(await session.execute(_OF_LEAD, values))
