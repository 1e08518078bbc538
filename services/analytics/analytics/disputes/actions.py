"""Opening disputes and deciding them."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Conflict, NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.disputes.queries import charges_of, dispute_by_id, dispute_of
from analytics.disputes.schemas import DisputeCreate
from analytics.disputes.tables import Dispute
from analytics.projections.queries import Setting
from analytics.rate_cards.queries import card_by_id


class NotCharged(Conflict):
    """No rate card charges the lead, or several do and the dispute does not say which."""

    code = "not-charged"
    title = "There is no one charge to dispute"


class WindowOver(Conflict):
    """The days in which a lead may be given back are over."""

    code = "return-window-over"
    title = "The lead cannot be returned any more"


class DisputedAlready(Conflict):
    """The lead is disputed already; it is decided once."""

    code = "disputed-already"
    title = "The lead is disputed already"


class DecidedAlready(Conflict):
    """The dispute is not open any more."""

    code = "decided-already"
    title = "The dispute is decided"


async def open_dispute(
    session: AsyncSession, workspace_id: UUID, wanted: DisputeCreate, setting: Setting, *, by: str, now: datetime
) -> Dispute:
    """The new dispute; raises `NotFound`, `NotCharged`, `WindowOver`, `DisputedAlready`."""
    charge = _the_one(await charges_of(session, workspace_id, wanted.lead_id, setting), wanted)
    # Two who dispute the same lead take turns at its card.
    await card_by_id(session, workspace_id, charge.card_id, lock=True)
    if (known := await dispute_of(session, workspace_id, charge.card_id, wanted.lead_id)) is not None:
        raise DisputedAlready(f"The dispute is {known.status}.")
    last = charge.at + timedelta(days=charge.return_days)
    if now > last:
        raise WindowOver(f"It could be returned until {last.astimezone(setting.time_zone):%Y-%m-%d %H:%M}.")
    dispute = Dispute(
        workspace_id=workspace_id, id=new_id(), card_id=charge.card_id, lead_id=wanted.lead_id,
        supplier=charge.supplier, reason=wanted.reason, evidence=wanted.evidence, links=list(wanted.links),
        status="open", note=None, opened_by=by, opened_at=now, decided_by=None, decided_at=None,
    )  # fmt: skip
    session.add(dispute)
    await session.flush()
    return dispute


def _the_one(charges: list[Row[Any]], wanted: DisputeCreate) -> Row[Any]:
    if not charges:
        raise NotFound("There is no such lead, or no rate card charges it.")
    paid = [each for each in charges if each.refused is None and wanted.pays in (None, each.pays)]
    if len(paid) != 1:
        stand = ", ".join(f"{each.pays} ({each.refused or 'charged'})" for each in charges)
        raise NotCharged(f"Its charges: {stand}. Name one that is charged in pays.")
    return paid[0]


async def decide(
    session: AsyncSession,
    workspace_id: UUID,
    dispute_id: UUID,
    status: Literal["accepted", "refused"],
    note: str | None,
    *,
    by: str,
    now: datetime,
) -> Dispute:
    """Ends a dispute: an accepted one costs nothing any more. Raises `NotFound`, `DecidedAlready`."""
    dispute = await dispute_by_id(session, workspace_id, dispute_id, lock=True)
    if dispute.status != "open":
        raise DecidedAlready(f"It was {dispute.status}.")
    dispute.status, dispute.note, dispute.decided_by, dispute.decided_at = status, note, by, now
    await session.flush()
    return dispute
