"""Making and changing rate cards. What they make owed is worked out of the facts whenever it is asked for."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.problems import Invalid
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.rate_cards.queries import card_by_id
from analytics.rate_cards.schemas import RateCardCreate, RateCardPatch
from analytics.rate_cards.tables import RateCard

PLAIN: Final = ("supplier", "medium", "campaign", "valid_from", "valid_to", "return_days")
NEVER_NULL: Final = ("supplier", "price", "valid_from", "rules", "return_days")


async def make_card(
    session: AsyncSession, workspace_id: UUID, wanted: RateCardCreate, *, by: str, now: datetime
) -> RateCard:
    """The new card; raises `Invalid` when it ends before it begins."""
    card = RateCard(
        workspace_id=workspace_id, id=new_id(), version=1, pays=wanted.pays, source=wanted.source, by=by,
        created_at=now, updated_at=now,
    )  # fmt: skip
    _set(card, wanted, (*PLAIN, "price", "rules"))
    session.add(card)
    await session.flush()
    return card


async def change_card(
    session: AsyncSession,
    workspace_id: UUID,
    card_id: UUID,
    wanted: RateCardPatch,
    version: int | None,
    *,
    by: str,
    now: datetime,
) -> RateCard:
    """Applies a merge patch; raises `NotFound`, `Stale`, `PreconditionRequired`, `Invalid`."""
    card = await card_by_id(session, workspace_id, card_id, lock=True)
    check_version(version, card.version)
    _set(card, wanted, tuple(changes(wanted, never_null=NEVER_NULL)))
    card.version += 1
    card.by, card.updated_at = by, now
    await session.flush()
    return card


def _set(card: RateCard, wanted: RateCardCreate | RateCardPatch, fields: tuple[str, ...]) -> None:
    values: dict[str, Any] = {field: getattr(wanted, field) for field in PLAIN if field in fields}
    if "price" in fields:
        values |= {"amount": wanted.price.amount, "currency": wanted.price.currency}
    if "rules" in fields:
        values |= wanted.rules.model_dump()
    for field, value in values.items():
        setattr(card, field, value)
    if card.valid_to is not None and card.valid_to < card.valid_from:
        raise Invalid.at("/valid_to", "is before valid_from")
