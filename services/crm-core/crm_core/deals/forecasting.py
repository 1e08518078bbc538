"""What open deals may bring, by the month they are expected to close in and by currency: each weighted by its
probability, and beside it by how often deals that were in the same stage were won in the past year."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from leadkit.contracts.common import Money
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.deals import queries
from crm_core.deals.queries import Closed, OpenDeals
from crm_core.deals.rules import CENT, ENOUGH, Past, rate_used
from crm_core.deals.schemas import Forecast, ForecastRow, ForecastTotal, PastDeals, WinRate
from crm_core.pipelines.queries import StageInfo, stages_by_id

PAST = timedelta(days=365)

Rates = Mapping[tuple[UUID, UUID | None], WinRate]
"""By stage and owner."""


async def forecast(
    session: AsyncSession, caller: Caller, *, pipeline_id: UUID | None, owner_id: UUID | None, now: datetime
) -> Forecast:
    """The forecast over the deals that the caller may see, from what the caller may see of the past; deals without an
    expected close come last."""
    currency = (await existing_workspace(session, caller.workspace)).currency
    groups = await queries.open_deals(session, caller, pipeline_id=pipeline_id, owner_id=owner_id)
    stages = await stages_by_id(session, caller.workspace, list({group.stage_id for group in groups}))
    closed = await queries.closed_deals(session, caller, list(stages), since=now - PAST)
    rates = _rates(groups, closed, stages)
    of_currency = {one: [group for group in groups if group.currency == one] for one in _currencies(groups, currency)}
    totals = [_total(found, one, rates) for one, found in of_currency.items()]
    return Forecast(
        months=_months(groups, rates),
        **dict(totals[0]),
        totals=totals,
        rates=list(rates.values()),
        since=now - PAST,
        enough=ENOUGH,
    )


def _currencies(groups: Iterable[OpenDeals], own: str) -> list[str]:
    """The workspace's own first: totals of it are there even without a deal."""
    return list(dict.fromkeys([own, *sorted(group.currency for group in groups)]))


def _months(groups: Sequence[OpenDeals], rates: Rates) -> list[ForecastRow]:
    found: dict[tuple[date | None, str], list[OpenDeals]] = {}
    for group in groups:
        found.setdefault((group.month, group.currency), []).append(group)
    return [
        ForecastRow(month=month.strftime("%Y-%m") if month else None, **dict(_total(among, currency, rates)))
        for (month, currency), among in found.items()
    ]


def _total(groups: Sequence[OpenDeals], currency: str, rates: Rates) -> ForecastTotal:
    return ForecastTotal(
        currency=currency,
        deals=sum(group.deals for group in groups),
        amount=_money((group.amount for group in groups), currency),
        weighted=_money((group.weighted for group in groups), currency),
        from_history=_money((_won(group, rates) for group in groups), currency),
    )


def _rates(groups: Iterable[OpenDeals], closed: Iterable[Closed], stages: Mapping[UUID, StageInfo]) -> Rates:
    """For each stage and owner with open deals: what was counted, and which share of it is used, and why."""
    by_owner = {(one.stage_id, one.owner_id): Past(one.won, one.closed) for one in closed}
    by_stage: dict[UUID, Past] = {}
    for (stage_id, _), past in by_owner.items():
        before = by_stage.get(stage_id, Past(0, 0))
        by_stage[stage_id] = Past(before.won + past.won, before.closed + past.closed)
    rates: dict[tuple[UUID, UUID | None], WinRate] = {}
    for stage_id, owner_id in dict.fromkeys((group.stage_id, group.owner_id) for group in groups):
        of_owner, of_stage = by_owner.get((stage_id, owner_id), Past(0, 0)), by_stage.get(stage_id, Past(0, 0))
        used = rate_used(of_owner if owner_id else Past(0, 0), of_stage, stages[stage_id].probability)
        rates[stage_id, owner_id] = WinRate(
            pipeline_id=stages[stage_id].pipeline_id, stage_id=stage_id, owner_id=owner_id,
            of_owner=PastDeals.of(of_owner), of_stage=PastDeals.of(of_stage),
            probability=stages[stage_id].probability, rate=used.rate, used=used.used, why=used.why,
        )  # fmt: skip
    return rates


def _won(group: OpenDeals, rates: Rates) -> Decimal:
    return group.amount * Decimal(str(rates[group.stage_id, group.owner_id].rate))


def _money(amounts: Iterable[Decimal], currency: str) -> Money:
    return Money(amount=sum(amounts, Decimal(0)).quantize(CENT, ROUND_HALF_UP), currency=currency)
