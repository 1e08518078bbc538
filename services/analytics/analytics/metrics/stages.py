"""The flow through a pipeline's stages: of the deals that entered each, who went on, back, elsewhere, was lost, stays.

It balances for every stage: entered = advanced + won + lost + moved back + moved to another pipeline + still here. How
a deal left a stage is read from where it stands now, so a pipeline that is rearranged needs nothing counted anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from analytics.metrics.asking import Question
from analytics.metrics.funnel import NO_REASON
from analytics.metrics.queries import slice_of
from analytics.metrics.reading import Reading, read_together
from analytics.metrics.schemas import StageFlow, StageFlowAnswer
from analytics.metrics.wire import Table
from analytics.projections.queries import Setting, look_at_freshness, look_at_names, names_of
from analytics.projections.slices import Key, Wanted
from analytics.projections.times import Times, together

Left = Literal["advanced", "won", "lost", "moved_back", "moved_to_another_pipeline", "still_here"]
WAYS: Final[tuple[Left, ...]] = get_args(Left)

BY: Final = ("pipeline", "stage", "now", "outcome", "loss_reason")
WANTED: Final = tuple(Wanted(measure, "passage") for measure in ("stage_reached", "stage_passages", "time_in_stage"))


class Place(NamedTuple):
    """Where a stage stands: its pipeline and its position there."""

    pipeline: str
    position: int


class Standing(NamedTuple):
    """Where deals that were in `stage` stand now."""

    pipeline: str
    stage: str
    now: str
    outcome: str


def how_left(standing: Standing, places: dict[str, Place]) -> Left:
    """How a deal left the stage, from where it stands now; a stage not known any more was before every other."""
    if standing.outcome == "won":
        return "won"
    if standing.now == standing.stage:
        return "lost" if standing.outcome == "lost" else "still_here"
    was, stands = places.get(standing.stage), places.get(standing.now)
    if was is not None and was.pipeline != standing.pipeline:
        return "moved_to_another_pipeline"
    if was is not None and stands is not None and stands.position < was.position:
        return "moved_back"
    return "advanced"


@dataclass(slots=True)
class _Flow:
    """What became of the deals that were in one stage."""

    entered: int = 0
    passages: int = 0
    left: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    times: list[Times] = field(default_factory=list)


async def answer_stages(
    session: AsyncSession, workspace_id: UUID, question: Question, setting: Setting
) -> StageFlowAnswer:
    """The flow through every stage that a deal of the slice was in, pipeline by pipeline, in the order of stages."""
    asked = slice_of(workspace_id, question, setting)
    stages = await names_of(session, workspace_id, "stage")
    places = {stage.id: Place(stage.parent or "", stage.position or 0) for stage in stages}
    kinds, fresh = look_at_names(workspace_id, ("pipeline", "stage", "loss_reason")), look_at_freshness()
    [reading] = await read_together(session, [(replace(asked, by=BY), WANTED)], kinds, fresh)
    flows, names = _flows(reading, places), kinds.found
    order = sorted(flows, key=lambda stage: (_pipeline(stage, places), _position(stage, places), stage))
    return StageFlowAnswer(
        basis=question.basis,
        **{"from": question.period.start, "to": question.period.end},
        stages=[
            StageFlow(
                pipeline=_pipeline(stage, places) or None,
                pipeline_name=names["pipeline"].get(_pipeline(stage, places)),
                stage=stage,
                stage_name=names["stage"].get(stage),
                entered=flows[stage].entered,
                passages=flows[stage].passages,
                **{way: flows[stage].left.get(way, 0) for way in WAYS},
                lost_by_reason=_named(flows[stage].reasons, names["loss_reason"]),
                **dict(zip(("median_s", "p90_s"), together(flows[stage].times).seconds(0.5, 0.9), strict=True)),
            )
            for stage in order
        ],
        read=reading.read,
        as_of=fresh.found.as_of,
        lag_s=fresh.found.lag_s,
    )


def stages_table(answer: StageFlowAnswer) -> Table:
    """The stages as rows of a table, without the reasons."""
    columns = [name for name in StageFlow.model_fields if name != "lost_by_reason"]
    return columns, [stage.model_dump(include=set(columns)) for stage in answer.stages]


def _flows(reading: Reading, places: dict[str, Place]) -> dict[str, _Flow]:
    flows: dict[str, _Flow] = {}
    for key, tallies in reading.tallies.items():
        flow = flows.setdefault(key[1], _Flow())
        if (passages := tallies.get("stage_passages")) is not None:
            flow.passages += passages.n
        if (times := tallies.get("time_in_stage")) is not None:
            flow.times += times.measured
        if (reached := tallies.get("stage_reached")) is not None:
            _add(flow, key, reached.n, places)
    return flows


def _add(flow: _Flow, key: Key, entered: int, places: dict[str, Place]) -> None:
    way = how_left(Standing(*key[:4]), places)
    flow.entered += entered
    flow.left[way] = flow.left.get(way, 0) + entered
    if way == "lost":
        flow.reasons[key[4]] = flow.reasons.get(key[4], 0) + entered


def _pipeline(stage: str, places: dict[str, Place]) -> str:
    return places[stage].pipeline if stage in places else ""


def _position(stage: str, places: dict[str, Place]) -> int:
    return places[stage].position if stage in places else 0


def _named(reasons: Mapping[str, int], names: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for reason, n in sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0])):
        name = names.get(reason, reason) or NO_REASON
        found[name] = found.get(name, 0) + n
    return found
