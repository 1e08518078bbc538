"""The funnel: how many entered each step, how long it took, who was lost there and why, and who is still there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from leadkit.proportions import wilson_interval
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.answering import Names, key_written
from analytics.metrics.asking import Question
from analytics.metrics.catalogue import METRIC_BY_KEY, STEPS, allowed_dimensions
from analytics.metrics.dimensions import DIMENSION_BY_KEY, Dimension
from analytics.metrics.kinds import Count, Step
from analytics.metrics.maturity import immature, usual_of
from analytics.metrics.queries import names_for, slice_of
from analytics.metrics.reading import Reading, Tallies, Tally, read
from analytics.metrics.schemas import ComparedOut, FunnelAnswer, GroupOut, NamesOut, StepOut
from analytics.metrics.statistics import FEW, quantile_bucket, ratio
from analytics.metrics.wire import Table
from analytics.projections.cell_sums import family_for
from analytics.projections.measures import Subject, seconds_of
from analytics.projections.queries import Setting, freshness
from analytics.projections.slices import Key, Period, Slice, Wanted
from analytics.traffic.queries import any_visits

NO_REASON: Final = "none given"
STEP_COLUMNS: Final = (
    "entered", "from_previous", "from_first", "few", "immature", "median_s_to_next", "p90_s_to_next", "lost_here",
    "joined_here", "still_here",
)  # fmt: skip
"""What a table of the funnel tells of a step, beside its name and interval."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The measures that tell the story of one step; `with_reasons`: those lost have a loss reason.

    `time` is how long it took to the step that comes next in the catalogue.
    """

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
        joined = (*_of("inquiry", "inquiries_attached", "inquiries_reopened"), *_of("lead", "merged"))
        return Counted(entered, joined=joined)
    if step.key in ("visits", "won", "repeat"):
        return Counted(entered)
    return Counted(
        entered,
        time=Wanted(f"time_{step.key}", "lead"),
        here=_of("lead", f"here_{step.key}"),
        lost=_of("lead", f"lost_{step.key}"),
        with_reasons=True,
    )


COUNTED: Final = {step.key: _counted(step) for step in STEPS}
PLACE: Final = {step.key: place for place, step in enumerate(STEPS)}


def telling(steps: Sequence[Step]) -> list[Counted]:
    """For each step of a funnel in any order, what tells its story up to the next one of that funnel.

    A step that leaves out later ones answers for who was lost, joined or is still in those; how long it took is known
    only between neighbours of the catalogue.
    """
    told = []
    for index, step in enumerate(steps):
        following = PLACE[steps[index + 1].key] if index + 1 < len(steps) else len(STEPS) + 1
        covered = [COUNTED[each.key] for each in STEPS[PLACE[step.key] : following]] or [COUNTED[step.key]]
        told.append(
            Counted(
                COUNTED[step.key].entered,
                time=COUNTED[step.key].time if following == PLACE[step.key] + 1 else None,
                here=tuple(here for each in covered for here in each.here),
                lost=tuple(lost for each in covered for lost in each.lost),
                joined=tuple(joined for each in covered for joined in each.joined),
                with_reasons=any(each.with_reasons for each in covered),
            )
        )
    return told


@dataclass(frozen=True, slots=True)
class Way:
    """How a funnel is to be shown: at which moment, compared or not, with reasons that only facts know or without.

    Without `steps` it has all of them, visits only where any were told.
    """

    now: datetime
    compare: bool
    reasons: bool
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside the sums: names, whether to read reasons from facts, and the usual time to each step."""

    steps: tuple[Step, ...]
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
    steps = way.steps or await _usual_steps(session, asked)
    names = await names_for(session, workspace_id, (*question.by, DIMENSION_BY_KEY["loss_reason"]))
    known = _Known(steps, names, way.reasons, await usual_of(session, asked, now=way.now), way.now)
    whole = await _steps(session, replace(asked, by=()), known)
    groups = await _steps(session, asked, known) if question.by else None
    fresh = await freshness(session)
    return FunnelAnswer(
        basis=question.basis,
        **{"from": question.period.start, "to": question.period.end},
        steps=whole.by_key[()],
        groups=_groups(question.by, groups, names) if groups else None,
        previous=await _previous(session, asked, question.by, known) if way.compare else None,
        read="facts" if "facts" in (whole.read, groups.read if groups else None) else "cells",
        as_of=fresh.as_of,
        lag_s=fresh.lag_s,
    )


async def _usual_steps(session: AsyncSession, asked: Slice) -> tuple[Step, ...]:
    told = await any_visits(session, asked.workspace_id, asked.period.start, asked.period.end)
    return STEPS if told else tuple(step for step in STEPS if step.key != "visits")


@dataclass(slots=True)
class _Funnels:
    """The steps of each combination of values; without dimensions there is always one."""

    by_key: dict[Key, list[StepOut]]
    read: str


def _steps_for(asked: Slice, steps: Iterable[Step]) -> list[Step]:
    """The steps that have every dimension asked for; a submission, for one, has no owner."""
    needed = [DIMENSION_BY_KEY[key] for key in asked.needed]
    return [step for step in steps if set(needed) <= set(allowed_dimensions(METRIC_BY_KEY[step.counted_by]))]


async def _steps(session: AsyncSession, asked: Slice, known: _Known) -> _Funnels:
    steps = _steps_for(asked, known.steps)
    told = telling(steps)
    reading = await read(session, asked, _wanted(told))
    # Last in `by`, so that what is left of a key is the group's.
    reasoned = replace(asked, by=(*asked.by, "loss_reason"))
    lost = [wanted for counted in told for wanted in counted.lost if wanted.subject == "lead"]
    why = Reading({}, "cells")
    with_reasons = known.reasons or all(family_for(wanted, reasoned.needed) for wanted in lost)
    if with_reasons:
        why = await read(session, reasoned, lost)
    by_group = _by_group(why.tallies)
    young = immature(asked, known.usual, now=known.now)
    groups = reading.tallies if asked.by else {(): reading.tallies.get((), {})}
    funnels = {
        key: _steps_out(steps, told, tallies, by_group.get(key, {}) if with_reasons else None, known.names, young)
        for key, tallies in groups.items()
    }
    return _Funnels(funnels, "facts" if "facts" in (reading.read, why.read) else "cells")


def _wanted(told: Iterable[Counted]) -> Iterator[Wanted]:
    for counted in told:
        yield from (counted.entered, *counted.here, *counted.lost, *counted.joined)
        if counted.time:
            yield counted.time


Reasons = dict[str, dict[str, int]]
"""Measure -> loss reason id -> how many."""


def _by_group(tallies: Tallies) -> dict[Key, Reasons]:
    groups: dict[Key, Reasons] = {}
    for key, measures in tallies.items():
        for measure, tally in measures.items():
            groups.setdefault(key[:-1], {}).setdefault(measure, {})[key[-1]] = tally.n
    return groups


def _steps_out(
    steps: Sequence[Step],
    told: Sequence[Counted],
    tallies: Mapping[str, Tally],
    reasons: Reasons | None,
    names: Names,
    young: frozenset[str],
) -> list[StepOut]:
    entered = [_number(tallies, counted.entered) for counted in told]
    return [
        _step_out(
            step,
            counted,
            tallies,
            entered[index],
            before=entered[index - 1] if index else None,
            first=entered[0],
            lost_by_reason=_reasons(counted, tallies, reasons, names),
            young=step.key in young,
        )
        for index, (step, counted) in enumerate(zip(steps, told, strict=True))
    ]


def _step_out(
    step: Step,
    counted: Counted,
    tallies: Mapping[str, Tally],
    entered: int,
    *,
    before: int | None,
    first: int,
    lost_by_reason: dict[str, int] | None,
    young: bool,
) -> StepOut:
    interval, from_first = wilson_interval(entered, before or 0), wilson_interval(entered, first)
    buckets = tallies[counted.time.measure].buckets if counted.time and counted.time.measure in tallies else {}
    return StepOut(
        key=step.key,
        name=step.name.en,
        names=NamesOut.model_validate(step.name),
        entered=entered,
        from_previous=ratio(entered, before or 0),
        from_first=ratio(entered, first),
        interval=list(interval) if interval else None,
        interval_from_first=list(from_first) if from_first else None,
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
        if wanted.measure in NOT_DELIVERED:
            found[NOT_DELIVERED[wanted.measure]] = _number(tallies, wanted)
            continue
        for reason, n in (reasons or {}).get(wanted.measure, {}).items():
            name = names["loss_reason"].get(reason, reason) or NO_REASON
            found[name] = found.get(name, 0) + n
    return dict(sorted(((reason, n) for reason, n in found.items() if n), key=lambda entry: (-entry[1], entry[0])))


def funnel_table(answer: FunnelAnswer) -> Table:
    """The funnel as rows of a table: a step each, of each group where there are any, with the reasons left out."""
    groups = answer.groups if answer.groups is not None else [GroupOut(by={}, steps=answer.steps)]
    values = list(groups[0].by) if groups else []
    rows: list[dict[str, Any]] = []
    for group in groups:
        for step in group.steps:
            low, high = step.interval or (None, None)
            own = {"step": step.key, "name": step.name, "interval_low": low, "interval_high": high}
            rows.append(group.by | own | step.model_dump(include=set(STEP_COLUMNS)))
    return [*values, "step", "name", *STEP_COLUMNS, "interval_low", "interval_high"], rows


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


async def _previous(session: AsyncSession, asked: Slice, by: tuple[Dimension, ...], known: _Known) -> ComparedOut:
    period = Period(asked.period.start - timedelta(days=asked.period.days), asked.period.start)
    whole = await _steps(session, replace(asked, by=(), period=period), known)
    groups = await _steps(session, replace(asked, period=period), known) if by else None
    return ComparedOut(
        **{"from": period.start, "to": period.end},
        steps=whole.by_key[()],
        groups=_groups(by, groups, known.names) if groups else None,
    )
