"""Metrics by a model of attribution: what leads, sales and revenue are owed to the touches before them.

Only what touches can be told apart by may be asked for. Spend stays where it was spent, so a cost per lead by a model
holds what a touch's source cost against what it is owed; every model gives out the same totals.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.attribution.journeys import TOUCH_DIMENSIONS
from analytics.attribution.queries import OWED_BY_KEY, Plan, UnknownModel, credit, read_plan
from analytics.metrics.answering import Numbers
from analytics.metrics.catalogue import METRICS, ingredients
from analytics.metrics.kinds import Metric, Spent
from analytics.projections.slices import Key, Slice, as_cells_write

DEFAULT_MODEL: Final = "last_non_direct"


class Crediting(NamedTuple):
    """Which model gives out what, and how far before a lead touches count."""

    plan: Plan
    lookback_days: int

    @property
    def models(self) -> dict[str, str]:
        """Metric -> its model."""
        return {owed.key: model.key for owed, model in self.plan.items()}


def _divisible(metric: Metric) -> bool:
    return all(part.key in OWED_BY_KEY or isinstance(part.source, Spent) for part in ingredients(metric))


DIVISIBLE: Final = tuple(metric.key for metric in METRICS if _divisible(metric) and metric.key != "spend")
"""The metrics that a model can give out, or that are worked out of those and spend."""


def read_crediting(
    text: str | None, metrics: Sequence[Metric], asked: Slice, *, lookback_days: int
) -> Crediting | None:
    """`linear`, or `leads:first,revenue:linear`, as the models of what the metrics are made of; None without any.

    Raises `UnknownModel` for what is no model, and for a question that touches cannot answer.
    """
    if not text:
        return None
    told = [part.strip() for part in text.split(",") if part.strip()]
    others = next((part for part in told if ":" not in part), DEFAULT_MODEL)
    own = dict(part.split(":", 1) for part in told if ":" in part)
    if asked.basis != "cohort":
        raise UnknownModel.at("/basis", "a model follows the leads of a cohort")
    for metric in metrics:
        if not _divisible(metric):
            raise UnknownModel.at("/metrics", f"no model gives out {metric.key}; those are {', '.join(DIVISIBLE)}")
    for dimension in asked.dimensions:
        if dimension not in TOUCH_DIMENSIONS:
            detail = f"touches have no {dimension}; they have {', '.join(TOUCH_DIMENSIONS)}"
            raise UnknownModel.at("/by" if dimension in asked.by else "/where", detail)
    parts = {part.key for metric in metrics for part in ingredients(metric)} & OWED_BY_KEY.keys()
    wanted = {key: own.pop(key, others) for key in OWED_BY_KEY if key in parts or key in own}
    plan = read_plan(",".join(f"{key}:{model}" for key, model in {**wanted, **own}.items()) or "leads", others)
    return Crediting(plan, lookback_days)


async def credited_rows(session: AsyncSession, asked: Slice, crediting: Crediting) -> dict[Key, Numbers]:
    """What each combination of values is owed, of the touches that the conditions keep."""
    dimensions = asked.dimensions
    places = [(dimensions.index(condition.dimension), condition) for condition in asked.where]
    parts = await credit(session, asked, crediting.plan, dimensions, lookback_days=crediting.lookback_days)
    rows: dict[Key, Numbers] = {}
    if not asked.by:
        rows[()] = nothing_owed(crediting)
    for owed, by_touch in parts.items():
        for touch, hundredths in by_touch.items():
            key = tuple(as_cells_write(name, value or "") for name, value in zip(dimensions, touch, strict=True))
            if hundredths and all(condition.keeps(key[place]) for place, condition in places):
                row = rows.setdefault(key[: len(asked.by)], nothing_owed(crediting))
                row.credited[owed.key] += Decimal(hundredths).scaleb(-2)
    return rows


def nothing_owed(crediting: Crediting) -> Numbers:
    """The numbers of a combination of values before it is owed anything."""
    return Numbers(credited={key: Decimal(0) for key in crediting.models})
