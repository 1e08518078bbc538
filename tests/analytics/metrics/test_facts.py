"""The same question answered from cells and from facts has the same answer."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from analytics.metrics.dimensions import DIMENSION_BY_KEY
from analytics.metrics.reading import read
from analytics.projections.cell_sums import family_for
from analytics.projections.definitions import PLACES
from analytics.projections.fact_sums import sums_of_facts
from analytics.projections.measures import AMOUNT, BASES, Basis
from analytics.projections.queries import workspace_setting
from analytics.projections.slices import Condition, Period, Slice, Wanted
from hypothesis import given, settings
from leadkit.testing.services import RunningService
from sqlalchemy import text

from tests.analytics.projections.conftest import Projected
from tests.analytics.projections.histories import lead, seeds, told_batches

quick = settings(max_examples=5, deadline=None)
WHOLE = Period(date(2026, 1, 1), date(2027, 1, 1))
WANTED = [Wanted(measure, subject, measure in AMOUNT) for subject, place in PLACES.items() for measure in place.events]
BYS = (
    ("day", "channel", "source", "medium", "campaign", "campaign_id"),
    ("week", "owner", "team"),
    ("month", "product", "region", "temperature"),
    ("quarter", "weekday", "hour_of_day"),
    ("source", "owner"),
    ("status", "loss_reason"),
    ("pipeline", "stage", "loss_reason"),
    ("source", "month"),
    (),
)

Rows = dict[tuple[tuple[str, ...], str, int], tuple[int, Decimal]]


def _slice(projected: Projected, by: tuple[str, ...], basis: Basis, zone: ZoneInfo, period: Period = WHOLE) -> Slice:
    return Slice(projected.workspace_id, by, period, basis, zone, "RUB")


def _covered(asked: Slice) -> list[Wanted]:
    return [
        each
        for each in WANTED
        if family_for(each, asked.needed) and all(each.subject in DIMENSION_BY_KEY[key].subjects for key in asked.by)
    ]


async def _both(projected: Projected, asked: Slice) -> tuple[Rows, Rows]:
    wanted = _covered(asked)
    async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
        reading = await read(session, asked, wanted)
        # What suits looks at cells would ruin the reading of facts.
        assert await session.scalar(text("SHOW enable_hashjoin")) == "on"
        told = await sums_of_facts(session, asked, wanted) if wanted else []
    assert reading.read == "cells"
    cells: Rows = {}
    for key, measures in reading.tallies.items():
        for measure, tally in measures.items():
            cells |= {(key, measure, bucket): (n, Decimal(0)) for bucket, n in tally.times.buckets.items() if n}
            cells[key, measure, -1] = (tally.n, tally.amount)
    rows: Rows = {}
    for key, measure, n, amount, times in told:
        rows |= (
            {(key, measure, bucket): (cases, Decimal(0)) for bucket, cases in times.buckets.items()} if times else {}
        )
        before = rows.get((key, measure, -1), (0, Decimal(0)))
        rows[key, measure, -1] = (before[0] + n, before[1] + amount)
    return cells, rows


@quick
@given(seed=seeds)
async def test_facts_and_cells_give_the_same_sums_for_every_measure_and_family(
    running_analytics: RunningService, seed: int
) -> None:
    projected = Projected(running_analytics.db)
    for batch in told_batches(seed):
        await projected.tell(*batch)
    await projected.settle()
    async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
        zone = (await workspace_setting(session, projected.workspace_id)).time_zone
    for by in BYS:
        for basis in BASES:
            cells, rows = await _both(projected, _slice(projected, by, basis, zone))
            assert cells == rows, (by, basis)


@settings(max_examples=2, deadline=None)
@given(seed=seeds)
async def test_sums_over_any_dimension_equal_the_total_for_every_measure(
    running_analytics: RunningService, seed: int
) -> None:
    projected = Projected(running_analytics.db)
    for batch in told_batches(seed):
        await projected.tell(*(event for event in batch if event[0] != "workspace.updated"))
    async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
        for basis in BASES:
            whole = await read(session, _slice(projected, (), basis, ZoneInfo("UTC")), WANTED)
            for dimension in DIMENSION_BY_KEY.values():
                asked = _slice(projected, (dimension.key,), basis, ZoneInfo("UTC"))
                wanted = [each for each in WANTED if each.subject in dimension.subjects]
                by = (await read(session, asked, wanted)).tallies
                for each in wanted:
                    told = whole.tallies.get((), {}).get(each.measure)
                    n = sum(tallies[each.measure].n for tallies in by.values() if each.measure in tallies)
                    assert n == (told.n if told else 0), (dimension.key, basis, each)


@pytest.mark.parametrize("basis", BASES)
async def test_every_dimension_of_every_subject_can_be_read_from_facts(
    running_analytics: RunningService, basis: Basis
) -> None:
    projected = Projected(running_analytics.db)
    await projected.tell(("lead.created", lead()))
    for subject, tables in PLACES.items():
        wanted = [Wanted(measure, subject) for measure in tables.events]
        for dimension in DIMENSION_BY_KEY.values():
            if subject in dimension.subjects:
                asked = _slice(projected, (dimension.key,), basis, ZoneInfo("Europe/Moscow"))
                kept = Condition(dimension.key, frozenset({"nothing like it"}), negated=True)
                asked = replace(asked, where=(kept,))
                async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
                    rows = list(await sums_of_facts(session, asked, wanted))
                assert bool(rows) == (subject == "lead"), (subject, dimension.key)
