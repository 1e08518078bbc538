"""The funnel: how many entered each step, how long it took, who was lost there and why, and who is still there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.answering import Names, key_written
from analytics.metrics.asking import Question
from analytics.metrics.catalogue import METRIC_BY_KEY, STEPS, Count, Step, allowed_dimensions
from analytics.metrics.dimensions import DIMENSION_BY_KEY, Dimension
from analytics.metrics.maturity import LEARNT_FROM, immature, usual_times
from analytics.metrics.queries import names_for, slice_of
from analytics.metrics.reading import Reading, Tallies, Tally, read
from analytics.metrics.schemas import ComparedOut, FunnelAnswer, GroupOut, NamesOut, StepOut
from analytics.metrics.statistics import FEW, quantile_bucket, ratio, wilson_interval
from analytics.projections.cell_sums import family_for
from analytics.projections.measures import Subject, seconds_of
from analytics.projections.queries import Setting, freshness
from analytics.projections.slices import Key, Period, Slice, Wanted

NO_REASON: Final = "none given"


@dataclass(frozen=True, slots=True)
class Counted:
    """The measures that tell the story of one step; `with_reasons`: those lost have a loss reason."""

    entered: Wanted
    time: Wanted | None = None
    here: tuple[Wanted, ...] = ()
    lost: tuple[Wanted, ...] = ()
    joined: tuple[Wanted, ...] = ()
    with_reasons: bool = False


def _of(subject: Subject, *measures: str) -> tuple[Wanted, ...]:
    return tuple(Wanted(measure, subject) for measure in measures)


NOT_DELIVERED: Final = {
    "interests": "interest",
    "spam": "spam",
    "duplicates": "duplicate",
    "ignored": "ignored",
    "unreadable": "unreadable",
    "parked": "parked",
}
"""Why a submission goes no further: its measure, and the status that gives the reason."""


def _counted(step: Step) -> Counted:
    source = METRIC_BY_KEY[step.counted_by].source
    assert isinstance(source, Count)
    entered = Wanted(source.measure, source.subject)
    if step.key == "submissions":
        return Counted(entered, here=_of("submission", "waiting"), lost=_of("submission", *NOT_DELIVERED))
    if step.key == "inquiries":
        return Counted(entered, joined=_of("inquiry", "inquiries_attached", "inquiries_reopened"))
    if step is STEPS[-1]:
        return Counted(entered)
    return Counted(
        entered,
        time=Wanted(f"time_{step.key}", "lead"),
        here=_of("lead", f"here_{step.key}"),
        lost=_of("lead", f"lost_{step.key}"),
        with_reasons=True,
    )


COUNTED: Final = {step.key: _counted(step) for step in STEPS}


@dataclass(frozen=True, slots=True)
class Way:
    """How a funnel is to be shown: at which moment, compared or not, with reasons that only facts know or without."""

    now: datetime
    compare: bool
    reasons: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside the sums: names, whether to read reasons from facts, and the usual time to each step."""

    names: Names
    reasons: bool
    usual: Mapping[str, float]
    now: datetime


async def answer_funnel(
    session: AsyncSession, workspace_id: UUID, question: Question, setting: Setting, way: Way
) -> FunnelAnswer:
    """The whole period's steps, those of each group, and those of as many days before when that is asked.

    Loss reasons that no family of cells has beside the dimensions asked for are read from facts only when asked for.
    """
    asked = slice_of(workspace_id, question, setting)
    names = await names_for(session, workspace_id, (*question.by, DIMENSION_BY_KEY["loss_reason"]))
    known = _Known(names, way.reasons, await _usual(session, asked, way.now), way.now)
    whole = await _steps(session, replace(asked, by=()), known)
    groups = await _steps(session, asked, known) if question.by else None
    fresh = await freshness(session)
    return FunnelAnswer(
        basis=question.basis,
        **{"from": question.period.start, "to": question.period.end},
        steps=whole.by_key[()],
        groups=_groups(question.by, groups, names) if groups else None,
        previous=await _previous(session, asked, known) if way.compare else None,
        read="facts" if "facts" in (whole.read, groups.read if groups else None) else "cells",
        as_of=fresh.as_of,
        lag_s=fresh.lag_s,
    )


async def _usual(session: AsyncSession, asked: Slice, now: datetime) -> Mapping[str, float]:
    """How long leads of the whole workspace took to each step in the year up to now."""
    timed = [(later.key, wanted) for step, later in pairwise(STEPS) if (wanted := COUNTED[step.key].time)]
    tomorrow = now.astimezone(asked.zone).date() + timedelta(days=1)
    year = Period(tomorrow - LEARNT_FROM, tomorrow)
    reading = await read(
        session, replace(asked, by=(), where=(), basis="period", period=year), [wanted for _, wanted in timed]
    )
    return usual_times(timed, reading.tallies.get((), {}))


@dataclass(slots=True)
class _Funnels:
    """The steps of each combination of values; without dimensions there is always one."""

    by_key: dict[Key, list[StepOut]]
    read: str


def _steps_for(asked: Slice) -> list[Step]:
    """The steps that have every dimension asked for; a submission, for one, has no owner."""
    needed = [DIMENSION_BY_KEY[key] for key in asked.needed]
    return [step for step in STEPS if set(needed) <= set(allowed_dimensions(METRIC_BY_KEY[step.counted_by]))]


async def _steps(session: AsyncSession, asked: Slice, known: _Known) -> _Funnels:
    steps = _steps_for(asked)
    reading = await read(session, asked, _wanted(steps))
    # Last in `by`, so that what is left of a key is the group's.
    reasoned = replace(asked, by=(*asked.by, "loss_reason"))
    lost = list(_lost_with_reasons(steps))
    why = Reading({}, "cells")
    told = known.reasons or all(family_for(wanted, reasoned.needed) for wanted in lost)
    if told:
        why = await read(session, reasoned, lost)
    by_group = _by_group(why.tallies)
    young = immature(asked, known.usual, now=known.now)
    groups = reading.tallies if asked.by else {(): reading.tallies.get((), {})}
    funnels = {
        key: _steps_out(steps, tallies, by_group.get(key, {}) if told else None, known.names, young)
        for key, tallies in groups.items()
    }
    return _Funnels(funnels, "facts" if "facts" in (reading.read, why.read) else "cells")


def _wanted(steps: Iterable[Step]) -> Iterator[Wanted]:
    for step in steps:
        counted = COUNTED[step.key]
        yield from (counted.entered, *counted.here, *counted.lost, *counted.joined)
        if counted.time:
            yield counted.time


def _lost_with_reasons(steps: Iterable[Step]) -> Iterator[Wanted]:
    for step in steps:
        if COUNTED[step.key].with_reasons:
            yield from COUNTED[step.key].lost


Reasons = dict[str, dict[str, int]]
"""Measure -> loss reason id -> how many."""


def _by_group(tallies: Tallies) -> dict[Key, Reasons]:
    groups: dict[Key, Reasons] = {}
    for key, measures in tallies.items():
        for measure, tally in measures.items():
            groups.setdefault(key[:-1], {}).setdefault(measure, {})[key[-1]] = tally.n
    return groups


def _steps_out(
    steps: list[Step], tallies: Mapping[str, Tally], reasons: Reasons | None, names: Names, young: frozenset[str]
) -> list[StepOut]:
    entered = [_number(tallies, COUNTED[step.key].entered) for step in steps]
    return [
        _step_out(
            step,
            tallies,
            entered[index],
            before=entered[index - 1] if index else None,
            first=entered[0],
            lost_by_reason=_reasons(COUNTED[step.key], tallies, reasons, names),
            young=step.key in young,
        )
        for index, step in enumerate(steps)
    ]


def _step_out(
    step: Step,
    tallies: Mapping[str, Tally],
    entered: int,
    *,
    before: int | None,
    first: int,
    lost_by_reason: dict[str, int] | None,
    young: bool,
) -> StepOut:
    counted = COUNTED[step.key]
    interval = wilson_interval(entered, before or 0)
    buckets = tallies[counted.time.measure].buckets if counted.time and counted.time.measure in tallies else {}
    return StepOut(
        key=step.key,
        name=step.name.en,
        names=NamesOut.model_validate(step.name),
        entered=entered,
        from_previous=ratio(entered, before or 0),
        from_first=ratio(entered, first),
        interval=list(interval) if interval else None,
        few=before is not None and before < FEW,
        immature=young,
        median_s_to_next=_seconds(buckets, 0.5),
        p90_s_to_next=_seconds(buckets, 0.9),
        lost_here=_number(tallies, *counted.lost),
        lost_by_reason=lost_by_reason,
        joined_here=_number(tallies, *counted.joined),
        still_here=_number(tallies, *counted.here),
    )


def _number(tallies: Mapping[str, Tally], *wanted: Wanted) -> int:
    return sum(tallies[each.measure].n for each in wanted if each.measure in tallies)


def _seconds(buckets: Mapping[int, int], share: float) -> int | None:
    bucket = quantile_bucket(buckets, share)
    return None if bucket is None else round(seconds_of(bucket))


def _reasons(
    counted: Counted, tallies: Mapping[str, Tally], reasons: Reasons | None, names: Names
) -> dict[str, int] | None:
    """Reason as people call it -> how many were lost for it, the most frequent first; None where it was not read."""
    if counted.with_reasons and reasons is None:
        return None
    found: dict[str, int] = {}
    for wanted in counted.lost:
        if counted.with_reasons:
            for reason, n in (reasons or {}).get(wanted.measure, {}).items():
                name = names["loss_reason"].get(reason, reason) or NO_REASON
                found[name] = found.get(name, 0) + n
        elif wanted.measure in tallies:
            found[NOT_DELIVERED[wanted.measure]] = tallies[wanted.measure].n
    return dict(sorted(((reason, n) for reason, n in found.items() if n), key=lambda entry: (-entry[1], entry[0])))


def _groups(by: tuple[Dimension, ...], funnels: _Funnels, names: Names) -> list[GroupOut]:
    groups = []
    for key in sorted(funnels.by_key):
        values = {}
        for dimension, value in zip(by, key, strict=True):
            values[dimension.key] = key_written(dimension, value)
            if dimension.name_kind and dimension.name_column:
                values[dimension.name_column] = names[dimension.name_kind].get(value)
        groups.append(GroupOut(by=values, steps=funnels.by_key[key]))
    return groups


async def _previous(session: AsyncSession, asked: Slice, known: _Known) -> ComparedOut:
    period = Period(asked.period.start - timedelta(days=asked.period.days), asked.period.start)
    funnels = await _steps(session, replace(asked, by=(), period=period), known)
    return ComparedOut(**{"from": period.start, "to": period.end}, steps=funnels.by_key[()])
