"""What open deals may bring: the amount of each times its probability, by the month it is expected to close in."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from leadkit.contracts.common import Money
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.deals import queries
from crm_core.deals.schemas import Forecast, ForecastRow

CENT = Decimal("0.01")


async def forecast(
    session: AsyncSession, caller: Caller, *, pipeline_id: UUID | None, owner_id: UUID | None
) -> Forecast:
    """The forecast over the deals that the caller may see; deals without an expected close come last."""
    currency = (await existing_workspace(session, caller.workspace)).currency
    months = await queries.forecast(session, caller, pipeline_id=pipeline_id, owner_id=owner_id)
    return Forecast(
        currency=currency,
        months=[
            ForecastRow(
                month=month.month.strftime("%Y-%m") if month.month else None,
                deals=month.deals,
                amount=_money([month.amount], currency),
                weighted=_money([month.weighted], currency),
            )
            for month in months
        ],
        deals=sum(month.deals for month in months),
        amount=_money((month.amount for month in months), currency),
        weighted=_money((month.weighted for month in months), currency),
    )


def _money(amounts: Iterable[Decimal], currency: str) -> Money:
    total = sum(amounts, Decimal(0)).quantize(CENT, ROUND_HALF_UP)
    return Money(amount=total, currency=currency)
