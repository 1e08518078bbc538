"""What a deal is worth, and in which currency: the sum of its lines, or without any what somebody sets."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Money
from leadkit.problems import Invalid
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.deals.lines import sum_of
from crm_core.deals.tables import Deal


async def own_currency(session: AsyncSession, workspace_id: UUID, amount: Money | None) -> str:
    """The workspace's currency; raises `Invalid` for an amount in another."""
    currency = (await existing_workspace(session, workspace_id)).currency
    check_amount(amount, currency)
    return currency


def check_amount(amount: Money | None, currency: str) -> None:
    """Raises `Invalid` for an amount in another currency than the workspace's, which no report could add up, or below
    nothing, which none could explain."""
    if amount is not None and amount.currency != currency:
        raise Invalid.at("/amount/currency", f"must be the workspace's currency, {currency}")
    if amount is not None and amount.amount < 0:
        raise Invalid.at("/amount/amount", "must not be negative")


def worth(amount: Money | None, lines: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """What a deal with these (stored) lines is worth; raises `Invalid` for an amount that is not the lines' sum."""
    summed = sum_of(lines)
    if amount is None or summed is None:
        return amount.amount if amount else summed
    if amount.amount != summed:
        raise Invalid.at("/amount", f"is the sum of the lines, {summed:.2f}; change the lines instead")
    return summed


async def set_amount(session: AsyncSession, deal: Deal, amount: Money | None) -> None:
    """Sets the amount of a deal by hand, or empties it; raises `Invalid` where its lines or its status forbid that."""
    if deal.lines:
        check_amount(amount, deal.currency)
        deal.amount = worth(amount, deal.lines)
        return
    if amount is None and deal.status == "won":
        raise Invalid.at("/amount", "a won deal needs an amount")
    currency = await own_currency(session, deal.workspace_id, amount)
    deal.amount = amount.amount if amount else None
    if amount is not None:
        deal.currency = currency
