"""The funnel: how many entered each step, how long it took, who was lost there and why, and who is still there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from leadkit.proportions import wilson_interval
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.looks import KNOWN
from analytics.metrics.answering import Names, key_written
from analytics.metrics.asking import Question
from analytics.metrics.catalogue import METRIC_BY_KEY, STEPS, allowed_dimensions
from analytics.metrics.dimensions import DIMENSION_BY_KEY, Dimension
from analytics.metrics.kinds import Count, Step
from analytics.metrics.maturity import immature, usual_asked, usual_of
from analytics.metrics.queries import names_for, slice_of
from analytics.metrics.reading import Reading, Tallies, Tally, read_together
from analytics.metrics.schemas import ComparedOut, FunnelAnswer, GroupOut, NamesOut, StepOut
from analytics.metrics.statistics import FEW, ratio
from analytics.metrics.wire import Table
from analytics.projections.cell_sums import family_for
from analytics.projections.measures import Subject
from analytics.projections.queries import Setting, look_at_freshness
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
SHOWN: Final = {step.key: NamesOut.model_validate(step.name) for step in STEPS}
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
    """What is known beside the sums: names, the usual time to each step, and whether any visits were told."""

    names: Names
    usual: Mapping[str, float]
    now: datetime
    visited: bool


async def answer_funnel(
    session: AsyncSession, workspace_id: UUID, question: Question, setting: Setting, way: Way
) -> FunnelAnswer:
    """The whole period's steps, those of each group, and those of as many days before when that is asked.

    Loss reasons that no family of cells has beside the dimensions asked for are read from facts only when asked for.
    """
    asked = slice_of(workspace_id, question, setting)
    visits, fresh = any_visits(workspace_id, asked.period), look_at_freshness()
    names = names_for(workspace_id, (*question.by, DIMENSION_BY_KEY["loss_reason"]))
    before = _period_before(asked.period) if way.compare else None
    periods = [asked, *([replace(asked, period=before)] if before else [])]
    parts = [(each, _story(each, way)) for period in periods for each in _whole_and_groups(period)]
    questions = [question for each, story in parts for question in story.questions(each)]
    usual, *readings = await read_together(session, [usual_asked(asked, now=way.now), *questions], visits, names, fresh)
    known = _Known(names.found, usual_of(usual), way.now, bool(way.steps) or visits.found)
    read = iter(readings)
    funnels = [_funnels(each, story, [next(read) for _ in story.questions(each)], known) for each, story in parts]
    size = len(funnels) // len(periods)
    return FunnelAnswer(
        basis=question.basis,
        **{"from": question.period.start, "to": question.period.end},
        **_shown(question.by, funnels[:size], known.names),
        previous=ComparedOut(
            **{"from": before.start, "to": before.end}, **_shown(question.by, funnels[size:], known.names)
        )
        if before
        else None,
        read="facts" if any(each.read == "facts" for each in funnels[:size]) else "cells",
        as_of=fresh.found.as_of,
        lag_s=fresh.found.lag_s,
    )


def _period_before(period: Period) -> Period:
    return Period(period.start - timedelta(days=period.days), period.start)


def _whole_and_groups(asked: Slice) -> list[Slice]:
    return [replace(asked, by=()), *([asked] if asked.by else [])]


class _Story(NamedTuple):
    """The steps that have the dimensions asked for with what tells of each, and what is read for that.

    `lost` is what is read by loss reason too; nothing where reasons are not told.
    """

    told: tuple[tuple[Step, Counted], ...]
    wanted: tuple[Wanted, ...]
    lost: tuple[Wanted, ...]

    def questions(self, asked: Slice) -> list[tuple[Slice, Iterable[Wanted]]]:
        """What to read of a slice with those dimensions."""
        return [(asked, self.wanted), *([(_by_reason(asked), self.lost)] if self.lost else [])]


def _by_reason(asked: Slice) -> Slice:
    """Last in `by`, so that what is left of a key is the group's."""
    return replace(asked, by=(*asked.by, "loss_reason"))


def _story(asked: Slice, way: Way) -> _Story:
    return _told(asked.needed, _by_reason(asked).needed, way.steps or STEPS, way.reasons)


@lru_cache(maxsize=KNOWN)
def _told(needed: tuple[str, ...], reasoned: tuple[str, ...], steps: tuple[Step, ...], with_reasons: bool) -> _Story:
    """Only of steps that have every dimension asked for; a submission, for one, has no owner."""
    there = [step for step in steps if _has(step, needed)]
    told = telling(there)
    lost = tuple(wanted for counted in told for wanted in counted.lost if wanted.subject == "lead")
    known = with_reasons or all(family_for(wanted, reasoned) for wanted in lost)
    return _Story(tuple(zip(there, told, strict=True)), tuple(_wanted(told)), lost if known else ())


def _has(step: Step, dimensions: Iterable[str]) -> bool:
    allowed = {dimension.key for dimension in allowed_dimensions(METRIC_BY_KEY[step.counted_by])}
    return allowed.issuperset(dimensions)


@dataclass(slots=True)
class _Funnels:
    """The steps of each combination of values; without dimensions there is always one."""

    by_key: dict[Key, list[StepOut]]
    read: str


def _funnels(asked: Slice, story: _Story, readings: Sequence[Reading], known: _Known) -> _Funnels:
    tallies, reasons = readings[0].tallies, _by_group(readings[1].tallies) if story.lost else None
    told = [each for each in story.told if known.visited or each[0].key != "visits"]
    young = immature(asked, known.usual, now=known.now)
    groups = tallies if asked.by else {(): tallies.get((), {})}
    funnels = {
        key: _steps_out(told, group, None if reasons is None else reasons.get(key, {}), known.names, young)
        for key, group in groups.items()
    }
    return _Funnels(funnels, "facts" if any(reading.read == "facts" for reading in readings) else "cells")


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
    told: Sequence[tuple[Step, Counted]],
    tallies: Mapping[str, Tally],
    reasons: Reasons | None,
    names: Names,
    young: frozenset[str],
) -> list[StepOut]:
    entered = [_number(tallies, (counted.entered,)) for _, counted in told]
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
        for index, (step, counted) in enumerate(told)
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
    timed = tallies.get(counted.time.measure) if counted.time else None
    median, p90 = timed.times.seconds(0.5, 0.9) if timed else (None, None)
    return StepOut(
        key=step.key,
        name=step.name.en,
        names=SHOWN[step.key],
        entered=entered,
        from_previous=ratio(entered, before or 0),
        from_first=ratio(entered, first),
        interval=list(interval) if interval else None,
        interval_from_first=list(from_first) if from_first else None,
        few=before is not None and before < FEW,
        immature=young,
        median_s_to_next=median,
        p90_s_to_next=p90,
        lost_here=_number(tallies, counted.lost),
        lost_by_reason=lost_by_reason,
        joined_here=_number(tallies, counted.joined),
        still_here=_number(tallies, counted.here),
    )


def _number(tallies: Mapping[str, Tally], wanted: Iterable[Wanted]) -> int:
    number = 0
    for each in wanted:
        if each.measure in tallies:
            number += tallies[each.measure].n
    return number


def _reasons(
    counted: Counted, tallies: Mapping[str, Tally], reasons: Reasons | None, names: Names
) -> dict[str, int] | None:
    """Reason as people call it -> how many were lost for it, the most frequent first; None where it was not read."""
    if counted.with_reasons and reasons is None:
        return None
    found: dict[str, int] = {}
    for wanted in counted.lost:
        if wanted.measure in NOT_DELIVERED:
            found[NOT_DELIVERED[wanted.measure]] = _number(tallies, (wanted,))
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


def _shown(by: tuple[Dimension, ...], funnels: Sequence[_Funnels], names: Names) -> dict[str, Any]:
    whole, *groups = funnels
    return {"steps": whole.by_key[()], "groups": _groups(by, groups[0], names) if groups else None}


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
