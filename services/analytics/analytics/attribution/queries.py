"""Answering what is owed to which touches."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from leadkit.contracts.common import Money
from leadkit.problems import Invalid
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.attribution.journeys import OWED, TOUCH_DIMENSIONS, Owed, journeys
from analytics.attribution.models import MODEL_BY_KEY, Model, credited
from analytics.attribution.schemas import AttributionAnswer
from analytics.projections.slices import Slice
from analytics.spend.rules import Key

OWED_BY_KEY: Final = {owed.key: owed for owed in OWED}
Plan = Mapping[Owed, Model]


class UnknownModel(Invalid):
    """A model, a metric or a dimension that attribution does not know."""

    code = "unknown-attribution"
    title = "Attribution does not know this"


def read_plan(metric: str, model: str) -> dict[Owed, Model]:
    """`leads,revenue:linear` as what is given out by which model; `model` where a metric names none."""
    plan = {}
    for part in metric.split(","):
        name, _, own = (each.strip() for each in part.partition(":"))
        if name:
            plan[_known("metric", name, OWED_BY_KEY)] = _known("model", own or model, MODEL_BY_KEY)
    if not plan:
        raise UnknownModel.at("/metric", f"name at least one of {', '.join(OWED_BY_KEY)}")
    return plan


def read_by(by: str) -> list[str]:
    """`source,medium` as dimensions of touches, each once."""
    named = dict.fromkeys(part.strip() for part in by.split(",") if part.strip()) or {"source": None}
    return [_known("by", name, {each: each for each in TOUCH_DIMENSIONS}) for name in named]


def _known(pointer: str, name: str, known: Mapping[str, Any]) -> Any:
    if name not in known:
        raise UnknownModel.at(f"/{pointer}", f"'{name[:60]}' is not one of {', '.join(known)}")
    return known[name]


async def credit(
    session: AsyncSession, asked: Slice, plan: Plan, by: Sequence[str], *, lookback_days: int
) -> dict[Owed, dict[Key, int]]:
    """By each model what touches are owed of what the slice's leads brought, in hundredths; conditions are not seen."""
    parts: dict[Owed, dict[Key, int]] = {}
    for owed, model in plan.items():
        told = await journeys(
            session, asked, owed, by, lookback_days=lookback_days, with_ages=model.key == "time_decay"
        )
        parts[owed] = credited(model, told)
    return parts


async def answer_attribution(
    session: AsyncSession, asked: Slice, plan: Plan, by: Sequence[str], *, lookback_days: int
) -> AttributionAnswer:
    """What the leads that came in the period brought, given out over the touches that led to them."""
    parts = await credit(session, asked, plan, by, lookback_days=lookback_days)
    period, currency = asked.period, asked.currency
    keys = sorted(
        {key for part in parts.values() for key, value in part.items() if value},
        key=lambda key: ([-part.get(key, 0) for part in parts.values()], [value or "" for value in key]),
    )
    return AttributionAnswer(
        **{"from": period.start, "to": period.end},
        models={owed.key: model.key for owed, model in plan.items()},
        lookback_days=lookback_days,
        columns=[*by, *(owed.key for owed in plan)],
        rows=[
            {name: value or None for name, value in zip(by, key, strict=True)}
            | {owed.key: _written(owed, part.get(key, 0), currency) for owed, part in parts.items()}
            for key in keys
        ],
        totals={owed.key: _written(owed, sum(part.values()), currency) for owed, part in parts.items()},
    )


def _written(owed: Owed, hundredths: int, currency: str) -> Any:
    if owed.key == "revenue":
        return Money(amount=Decimal(hundredths).scaleb(-2), currency=currency)
    return hundredths / 100
