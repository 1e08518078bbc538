"""Whether a cohort is old enough to be judged: what has had no time to happen is not lost."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final

from analytics.metrics.catalogue import ingredients
from analytics.metrics.kinds import Metric, Spent
from analytics.metrics.reading import Reading, Tally
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


def usual_asked(asked: Slice, *, now: datetime) -> tuple[Slice, Iterable[Wanted]]:
    """What to read for the usual times: how long leads of the whole workspace took in the year up to now."""
    tomorrow = now.astimezone(asked.zone).date() + timedelta(days=1)
    year = Period(tomorrow - LEARNT_FROM, tomorrow)
    return replace(asked, by=(), where=(), basis="period", period=year), TIMED.values()


def usual_of(reading: Reading) -> dict[str, float]:
    """How long it usually takes to each step."""
    usual = usual_times(reading.tallies.get((), {}))
    # Whoever is known already buys no later than others.
    return usual | ({"repeat": usual["won"]} if "won" in usual else {})


def usual_times(tallies: Mapping[str, Tally]) -> dict[str, float]:
    """Step -> seconds within which it is usually reached from the first; steps nobody reached yet are left out.

    The times of single steps are added up, which is rather too long than too short.
    """
    usual: dict[str, float] = {}
    sofar = 0.0
    for step, wanted in TIMED.items():
        [bucket] = tallies[wanted.measure].times.quantiles(USUAL) if wanted.measure in tallies else [None]
        if bucket is None:
            break
        sofar += seconds_of(bucket)
        usual[step] = sofar
    return usual


def may_be_immature(asked: Slice, metrics: Iterable[Metric]) -> bool:
    """Whether one of the metrics needs a step that leads reach in time."""
    return asked.basis == "cohort" and any(_steps_needed(metric) for metric in metrics)


def immature_metrics(
    asked: Slice, metrics: Iterable[Metric], usual: Mapping[str, float], *, now: datetime
) -> dict[str, date]:
    """Those of the metrics that need a step which the youngest leads of the cohort have usually not reached yet, each
    with the first day whose leads are too young."""
    young = immature(asked, usual, now=now)
    found = {}
    for metric in metrics:
        if steps := _steps_needed(metric) & young:
            since = now - timedelta(seconds=max(usual[step] for step in steps))
            found[metric.key] = max(asked.period.start, since.astimezone(asked.zone).date())
    return found


@cache
def _steps_needed(metric: Metric) -> frozenset[str]:
    measures = {part.source.measure for part in ingredients(metric) if not isinstance(part.source, Spent)}  # type: ignore[union-attr]
    return frozenset(STEP_OF[measure] for measure in measures if measure in STEP_OF)


def immature(asked: Slice, usual: Mapping[str, float], *, now: datetime) -> frozenset[str]:
    """The steps that the youngest leads of the cohort have usually not reached yet."""
    if asked.basis != "cohort":
        return frozenset()
    youngest = datetime.combine(asked.period.end, time.min, asked.zone)
    age = max(0.0, (now - youngest).total_seconds())
    return frozenset(step for step, seconds in usual.items() if age < seconds)
