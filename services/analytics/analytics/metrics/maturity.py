"""Whether a cohort is old enough to be judged: what has had no time to happen is not lost."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.catalogue import ingredients
from analytics.metrics.kinds import Metric, Spent
from analytics.metrics.reading import Tally, read
from analytics.metrics.statistics import quantile_bucket
from analytics.projections.measures import seconds_of
from analytics.projections.slices import Period, Slice, Wanted

USUAL: Final = 0.9
"""By the usual time nine of ten of those who came so far had gone on."""

LEARNT_FROM: Final = timedelta(days=365)


TIMED: Final = {
    "contacted": Wanted("time_leads", "lead"),
    "qualified": Wanted("time_contacted", "lead"),
    "converted": Wanted("time_qualified", "lead"),
    "won": Wanted("time_converted", "lead"),
}
"""Step -> the time it took to it from the one before, in the order of steps."""

STEP_OF: Final = {
    **{step: step for step in TIMED},
    **{"customers": "won", "repeat_customers": "repeat"},
}
"""Measure -> the step that it needs to have been reached; revenue and won deals need `won`."""


async def usual_of(session: AsyncSession, asked: Slice, *, now: datetime) -> dict[str, float]:
    """How long leads of the whole workspace took to each step in the year up to now."""
    tomorrow = now.astimezone(asked.zone).date() + timedelta(days=1)
    year = Period(tomorrow - LEARNT_FROM, tomorrow)
    everything = replace(asked, by=(), where=(), basis="period", period=year)
    usual = usual_times((await read(session, everything, TIMED.values())).tallies.get((), {}))
    # Whoever is known already buys no later than others.
    return usual | ({"repeat": usual["won"]} if "won" in usual else {})


def usual_times(tallies: Mapping[str, Tally]) -> dict[str, float]:
    """Step -> seconds within which it is usually reached from the first; steps nobody reached yet are left out.

    The times of single steps are added up, which is rather too long than too short.
    """
    usual: dict[str, float] = {}
    sofar = 0.0
    for step, wanted in TIMED.items():
        bucket = quantile_bucket(tallies[wanted.measure].buckets, USUAL) if wanted.measure in tallies else None
        if bucket is None:
            break
        sofar += seconds_of(bucket)
        usual[step] = sofar
    return usual


async def immature_metrics(
    session: AsyncSession, asked: Slice, metrics: Iterable[Metric], *, now: datetime
) -> list[str]:
    """Those of the metrics that need a step which the youngest leads of the cohort have usually not reached yet."""
    needing = {metric.key: steps for metric in metrics if (steps := _steps_needed(metric))}
    if asked.basis != "cohort" or not needing:
        return []
    young = immature(asked, await usual_of(session, asked, now=now), now=now)
    return [key for key, steps in needing.items() if steps & young]


def _steps_needed(metric: Metric) -> set[str]:
    measures = {part.source.measure for part in ingredients(metric) if not isinstance(part.source, Spent)}  # type: ignore[union-attr]
    return {STEP_OF[measure] for measure in measures if measure in STEP_OF}


def immature(asked: Slice, usual: Mapping[str, float], *, now: datetime) -> frozenset[str]:
    """The steps that the youngest leads of the cohort have usually not reached yet."""
    if asked.basis != "cohort":
        return frozenset()
    youngest = datetime.combine(asked.period.end, time.min, asked.zone)
    age = max(0.0, (now - youngest).total_seconds())
    return frozenset(step for step, seconds in usual.items() if age < seconds)
