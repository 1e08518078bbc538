"""Answers to questions: the sums they need are read once, everything else is worked out of those."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final, Literal
from uuid import UUID

from leadkit.contracts.common import Money
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import Look
from analytics.metrics.answering import (
    Names,
    Numbers,
    add_spend,
    columns_of,
    metrics_written,
    needs_spend,
    row_written,
    total_of,
    wanted_of,
    written,
)
from analytics.metrics.asking import Question
from analytics.metrics.catalogue import METRIC_BY_KEY, ingredients
from analytics.metrics.crediting import Crediting, credited_rows, nothing_owed
from analytics.metrics.dimensions import DIMENSION_BY_KEY, Dimension
from analytics.metrics.kinds import Amount, Metric
from analytics.metrics.maturity import immature_metrics, may_be_immature, usual_asked, usual_of
from analytics.metrics.reading import Reading, read_together
from analytics.metrics.schemas import CostAnswer, Coverage, QueryAnswer
from analytics.metrics.spending import Spending, look_at_spend, spend_by
from analytics.projections.queries import Freshness, Setting, look_at_freshness, look_at_names
from analytics.projections.slices import Key, Slice, Wanted
from analytics.spend.queries import KEYS
from analytics.spend.rules import UNATTRIBUTED

COST_METRICS = tuple(
    METRIC_BY_KEY[key]
    for key in (
        "spend", "leads", "qualified", "won", "revenue", "cost_per_lead", "cost_per_qualified", "cost_per_won", "romi"
    )
)  # fmt: skip
"""The columns of the cost table."""


LEADS: Final = METRIC_BY_KEY["leads"]
SPEND: Final = METRIC_BY_KEY["spend"]


@dataclass(slots=True)
class Answer:
    """The sums of a question by combination of values, with all that is needed to write them down."""

    rows: dict[Key, Numbers]
    spending: Spending | None
    read: Literal["cells", "facts"]
    names: Names
    left_out: dict[str, dict[str, Decimal]]
    immature: dict[str, date]
    fresh: Freshness

    @property
    def total(self) -> Numbers:
        """The sums over all rows."""
        return total_of(self.rows.values())


def slice_of(workspace_id: UUID, question: Question, setting: Setting) -> Slice:
    """The question's part of the workspace's data, in the zone and currency of its cells."""
    return Slice(
        workspace_id=workspace_id,
        by=tuple(dimension.key for dimension in question.by),
        period=question.period,
        basis=question.basis,
        zone=setting.time_zone,
        currency=setting.currency,
        where=question.where,
    )


async def answered(
    session: AsyncSession,
    asked: Slice,
    metrics: Sequence[Metric],
    by: Sequence[Dimension],
    crediting: Crediting | None = None,
    *,
    now: datetime | None = None,
) -> Answer:
    """Everything summed that the metrics need; a question by nothing has one row, even when nothing happened.

    Which metrics are immature is told for a `now` only.
    """
    names, fresh = names_for(asked.workspace_id, by), look_at_freshness()
    spend = look_at_spend(asked) if needs_spend(metrics) else None
    questions: list[tuple[Slice, Iterable[Wanted]]] = [] if crediting else [(asked, wanted_of(metrics))]
    judging = now is not None and may_be_immature(asked, metrics)
    if now is not None and judging:
        questions.append(usual_asked(asked, now=now))
    readings = await read_together(session, questions, names, fresh, *(spend.all if spend else ()))
    usual = usual_of(readings.pop()) if judging else {}
    new: Callable[[], Numbers] = Numbers
    if crediting is None:
        [reading] = readings
        rows = {key: Numbers(tallies) for key, tallies in reading.tallies.items()}
    else:
        reading, new = Reading({}, "facts"), partial(nothing_owed, crediting)
        rows = await credited_rows(session, asked, crediting)
    spending = await spend_by(session, asked, spend) if spend else None
    add_spend(rows, spending, new)
    if not asked.by:
        rows.setdefault((), new())
    return Answer(
        rows,
        spending,
        "facts" if "facts" in (reading.read, spending.read if spending else None) else "cells",
        names.found,
        reading.left_out,
        immature_metrics(asked, metrics, usual, now=now) if now is not None and judging else {},
        fresh.found,
    )


def names_for(workspace_id: UUID, dimensions: Iterable[Dimension]) -> Look[dict[str, dict[str, str]]]:
    """Display names of the values of those dimensions that have any."""
    return look_at_names(workspace_id, (dimension.name_kind for dimension in dimensions if dimension.name_kind))


async def answer_query(
    session: AsyncSession,
    workspace_id: UUID,
    question: Question,
    setting: Setting,
    *,
    now: datetime,
    intervals: bool = False,
    crediting: Crediting | None = None,
) -> QueryAnswer:
    """Any metrics by any dimensions, rows in the order of their values; `intervals`: rates with how sure they are.

    With `crediting` leads and money are those that a model of attribution gives out.
    """
    asked = slice_of(workspace_id, question, setting)
    answer = await answered(session, asked, question.metrics, question.by, crediting, now=now)
    return QueryAnswer(
        columns=columns_of(question.by, question.metrics, intervals=intervals),
        rows=[
            row_written(
                question.by,
                key,
                question.metrics,
                answer.rows[key],
                answer.names,
                setting.currency,
                intervals=intervals,
            )
            for key in sorted(answer.rows)
        ],
        totals=metrics_written(question.by, question.metrics, answer.total, setting.currency, intervals=intervals),
        immature=list(answer.immature),
        immature_from=answer.immature,
        basis=question.basis,
        **_period(question),
        read=answer.read,
        unconverted=_unconverted(answer, question.metrics),
        coverage=await _covered(session, asked, question, answer, crediting) if _asks_cost(question.metrics) else None,
        models=crediting.models if crediting else None,
        as_of=answer.fresh.as_of,
        lag_s=answer.fresh.lag_s,
    )


async def answer_cost(
    session: AsyncSession, workspace_id: UUID, question: Question, setting: Setting, *, now: datetime
) -> CostAnswer:
    """What leads and sales cost, the dearest rows first, and how far spend and leads cover each other."""
    asked = slice_of(workspace_id, question, setting)
    answer = await answered(session, asked, question.metrics, question.by, now=now)
    assert answer.spending is not None
    currency = setting.currency
    total, unattributed = answer.total, answer.spending.unattributed
    dearest_first = sorted(answer.rows, key=lambda key: (-answer.rows[key].spend, key))
    return CostAnswer(
        columns=columns_of(question.by, question.metrics),
        rows=_rows(answer, dearest_first, question.by, question.metrics, currency),
        totals=metrics_written(question.by, question.metrics, total, currency),
        immature=list(answer.immature),
        immature_from=answer.immature,
        basis=question.basis,
        **_period(question),
        read=answer.read,
        unconverted=_unconverted(answer, question.metrics),
        as_of=answer.fresh.as_of,
        lag_s=answer.fresh.lag_s,
        unattributed=written(METRIC_BY_KEY["spend"], unattributed, currency),
        share_unattributed=_share(unattributed, total.spend),
        models=None,
        coverage=await _covered(session, asked, question, answer),
        left_out=[
            written(METRIC_BY_KEY["spend"], amount, other) for other, amount in sorted(answer.spending.left_out.items())
        ],
    )


def _unconverted(answer: Answer, metrics: Iterable[Metric]) -> dict[str, list[Money]]:
    """The amounts that are in none of these metrics for want of a rate, under the metrics they are parts of."""
    parts = dict.fromkeys(part for metric in metrics for part in ingredients(metric))
    return {
        part.key: [Money(amount=amount, currency=currency) for currency, amount in sorted(left_out.items())]
        for part in parts
        if isinstance(part.source, Amount) and (left_out := answer.left_out.get(part.source.measure))
    }


def _period(question: Question) -> dict[str, Any]:
    return {"from": question.period.start, "to": question.period.end}


def _rows(
    answer: Answer, keys: Iterable[Key], by: Sequence[Dimension], metrics: Sequence[Metric], currency: str
) -> list[dict[str, Any]]:
    return [row_written(by, key, metrics, answer.rows[key], answer.names, currency) for key in keys]


def _asks_cost(metrics: Iterable[Metric]) -> bool:
    return needs_spend(metric for metric in metrics if metric is not SPEND)


async def _covered(
    session: AsyncSession, asked: Slice, question: Question, answer: Answer, crediting: Crediting | None = None
) -> Coverage:
    """By source and what else spend could name of what was asked by: what it lacks is shared over leads, so that all of
    these would seem covered."""
    by = tuple(dict.fromkeys(key for key in ("source", *asked.by) if key in KEYS))
    rows = answer.rows
    if set(by) != set(asked.by) or not any(LEADS in ingredients(metric) for metric in question.metrics):
        dimensions = tuple(DIMENSION_BY_KEY[key] for key in by)
        owed = crediting if crediting and LEADS.key in crediting.models else None
        rows = (await answered(session, replace(asked, by=by), (LEADS, SPEND), dimensions, owed)).rows
    return _coverage(rows, total_of(rows.values()))


def _coverage(rows: dict[Key, Numbers], total: Numbers) -> Coverage:
    """How far a cost per lead can be trusted: leads without spend are free in it, spend without leads is lost in it."""
    with_spend = [row for key, row in rows.items() if row.spend and UNATTRIBUTED not in key]
    paid = sum((_count(row.value(LEADS)) for row in with_spend), Decimal(0))
    effective = sum((row.spend for row in with_spend if row.value(LEADS)), Decimal(0))
    return Coverage(leads=_share(paid, _count(total.value(LEADS))), spend=_share(effective, total.spend))


def _count(value: Any) -> Decimal:
    return Decimal(value or 0)


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None
