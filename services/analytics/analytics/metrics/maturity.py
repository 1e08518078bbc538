"""Whether a cohort is old enough to be judged: what has had no time to happen is not lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from analytics.metrics.reading import Tally
from analytics.metrics.statistics import quantile_bucket
from analytics.projections.measures import seconds_of
from analytics.projections.slices import Slice, Wanted

USUAL: Final = 0.9
"""By the usual time nine of ten of those who came so far had gone on."""

LEARNT_FROM: Final = timedelta(days=365)


def usual_times(timed: Sequence[tuple[str, Wanted]], tallies: Mapping[str, Tally]) -> dict[str, float]:
    """Step -> seconds within which it is usually reached from the first; steps nobody reached yet are left out.

    `timed` are the steps in order with the measure of the time to the next one; the times of single steps are added up,
    which is rather too long than too short.
    """
    usual: dict[str, float] = {}
    sofar = 0.0
    for step, wanted in timed:
        bucket = quantile_bucket(tallies[wanted.measure].buckets, USUAL) if wanted.measure in tallies else None
        if bucket is None:
            break
        sofar += seconds_of(bucket)
        usual[step] = sofar
    return usual


def immature(asked: Slice, usual: Mapping[str, float], *, now: datetime) -> frozenset[str]:
    """The steps that the youngest leads of the cohort have usually not reached yet."""
    if asked.basis != "cohort":
        return frozenset()
    youngest = datetime.combine(asked.period.end, time.min, asked.zone)
    age = max(0.0, (now - youngest).total_seconds())
    return frozenset(step for step, seconds in usual.items() if age < seconds)
