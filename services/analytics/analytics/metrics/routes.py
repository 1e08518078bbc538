"""`/v1/metrics`, `/v1/dimensions`, `/v1/query`, `/v1/funnel`, `/v1/stage-flow`, `/v1/cost-per-lead`."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import problems
from leadkit.tokens import Caller

from analytics.attribution.queries import OWED_BY_KEY, UnknownModel
from analytics.looks import read_alone
from analytics.metrics import asking, queries
from analytics.metrics.asking import (
    Question,
    UnknownBasis,
    UnknownDimension,
    UnknownMetric,
    UnknownStep,
    UnreadableCondition,
    UnreadablePeriod,
)
from analytics.metrics.catalogue import METRIC_BY_KEY, METRICS, allowed_dimensions
from analytics.metrics.crediting import read_crediting
from analytics.metrics.dimensions import DIMENSIONS
from analytics.metrics.funnel import Way, answer_funnel, funnel_table
from analytics.metrics.kinds import Metric, Ratio
from analytics.metrics.schemas import (
    BASIS,
    CostAnswer,
    DimensionList,
    DimensionOut,
    FunnelAnswer,
    MetricList,
    MetricOut,
    NamesOut,
    QueryAnswer,
    StageFlowAnswer,
)
from analytics.metrics.stages import answer_stages, stages_table
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer
from analytics.projections.queries import (
    Setting,
    SettingChanged,
    WorkspaceNotKnown,
    in_setting,
    workspace_setting,
)

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["metrics"])

Reader = Annotated[Caller, Allow("metrics:read")]
REFUSALS = problems(
    UnknownMetric,
    UnknownDimension,
    UnreadableCondition,
    UnreadablePeriod,
    UnknownBasis,
    WorkspaceNotKnown,
    SettingChanged,
)
LONGEST = 4000

By = Annotated[str | None, Query(max_length=LONGEST, description="Dimensions, by comma", examples=["source"])]


Intervals = Annotated[
    bool, Query(description="Beside each rate its 95 % Wilson interval (`_low`, `_high`) and `_few`: of fewer than 30")
]
FirstDay = Annotated[
    str | None, Query(alias="from", max_length=40, description="First local day", examples=["2026-11-01"])
]
EndDay = Annotated[str | None, Query(alias="to", max_length=40, description="First local day that does not count")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What every question says."""

    start: str | None
    end: str | None
    where: str | None
    basis: str

    def question(
        self,
        metrics: tuple[Metric, ...],
        by: str | None,
        setting: Setting,
        now: Now,
        *,
        common: tuple[Metric, ...] = (),
    ) -> Question:
        """The question in full; `common` are the metrics whose dimensions may be asked for, by default all."""
        return Question(
            metrics=metrics,
            by=asking.read_dimensions(by, common or metrics),
            period=asking.read_period(self.start, self.end, zone=setting.time_zone, now=now),
            basis=asking.read_basis(self.basis),
            where=asking.read_conditions(self.where, common or metrics),
        )


async def _asked(
    start: FirstDay = None,
    end: EndDay = None,
    where: Annotated[
        str | None, Query(max_length=LONGEST, description=asking.WHERE_FORM, examples=["source:google,yandex"])
    ] = None,
    basis: Annotated[str, Query(max_length=20, description=BASIS, examples=["cohort"])] = "cohort",
) -> Asked:
    return Asked(start, end, where, basis)


Asking = Annotated[Asked, Depends(_asked)]
"""The parameters that every question has."""


@router.get("/metrics", dependencies=[Allow("metrics:read", workspace=False)])
async def metrics_list() -> MetricList:
    """List the metrics: what each means, what it is made of, and what it can be asked by."""
    return MetricList(items=[_metric(metric) for metric in METRICS])


@router.get("/dimensions", dependencies=[Allow("metrics:read", workspace=False)])
async def dimensions_list() -> DimensionList:
    """List the dimensions that metrics can be asked by."""
    return DimensionList(items=[DimensionOut.model_validate(dimension) for dimension in DIMENSIONS])


@router.get(
    "/query",
    response_model=QueryAnswer,
    responses={**REFUSALS, **problems(UnknownModel, UnknownFormat), **NOT_CHANGED, **AS_FILES},
)
async def query_run(
    request: Request,
    session: ReadSession,
    caller: Reader,
    now: Now,
    asked: Asking,
    wanted: AsWanted,
    metrics: Annotated[
        str, Query(max_length=LONGEST, description="Metrics, by comma", examples=["leads,cost_per_lead"])
    ],
    by: By = None,
    intervals: Intervals = False,
    model: Annotated[
        str | None,
        Query(
            max_length=400,
            description=f"Models of attribution that give out {', '.join(OWED_BY_KEY)}: one for all, or each its own. "
            "What is worked out of these and of spend follows; `by` and `where` then name what touches have",
            examples=["leads:first,revenue:data_driven"],
        ),
    ] = None,
    lookback_days: Annotated[int, Query(ge=1, le=730, description="With `model`: how long before touches count")] = 90,
) -> Response:
    """Answer any metrics by any dimensions, as counted or as a model of attribution gives them out."""

    async def answered(setting: Setting) -> QueryAnswer:
        question = asked.question(asking.read_metrics(metrics), by, setting, now)
        sliced = queries.slice_of(caller.workspace, question, setting)
        crediting = read_crediting(model, question.metrics, sliced, lookback_days=lookback_days)
        return await queries.answer_query(
            session, caller.workspace, question, setting, now=now, intervals=intervals, crediting=crediting
        )

    await read_alone(session, alone=True)
    return await answer(request, await in_setting(session, caller.workspace, answered), wanted=wanted)


@router.get(
    "/funnel",
    response_model=FunnelAnswer,
    responses={**REFUSALS, **problems(UnknownStep, UnknownFormat), **NOT_CHANGED, **AS_FILES},
)
async def funnel_get(
    request: Request,
    session: ReadSession,
    caller: Reader,
    now: Now,
    asked: Asking,
    wanted: AsWanted,
    by: By = None,
    steps: Annotated[
        str | None,
        Query(max_length=LONGEST, description="Steps, by comma, in any order", examples=["leads,qualified,won"]),
    ] = None,
    compare_to: Annotated[str | None, Query(pattern="^previous_period$", description="As many days before")] = None,
    reasons: Annotated[
        bool, Query(description="Loss reasons too where only facts have them, which takes longer")
    ] = False,
) -> Response:
    """Show where the funnel leaks: who entered each step, went on, was lost and why, or is still there."""
    way = Way(now=now, compare=compare_to is not None, reasons=reasons, steps=asking.read_steps(steps))

    async def answered(setting: Setting) -> FunnelAnswer:
        question = asked.question((), by, setting, now, common=(METRIC_BY_KEY["leads"],))
        return await answer_funnel(session, caller.workspace, question, setting, way)

    await read_alone(session, alone=True)
    body = await in_setting(session, caller.workspace, answered)
    return await answer(request, body, wanted=wanted, table=partial(funnel_table, body))


@router.get(
    "/stage-flow",
    response_model=StageFlowAnswer,
    responses={**REFUSALS, **problems(UnknownFormat), **NOT_CHANGED, **AS_FILES},
)
async def stage_flow_get(
    request: Request, session: ReadSession, caller: Reader, now: Now, asked: Asking, wanted: AsWanted
) -> Response:
    """Show how deals go through the stages of their pipelines: on, back, elsewhere, lost, or still there."""
    setting = await workspace_setting(session, caller.workspace)
    question = asked.question((), None, setting, now, common=(METRIC_BY_KEY["stage_reached"],))
    body = await answer_stages(session, caller.workspace, question, setting)
    return await answer(request, body, wanted=wanted, table=partial(stages_table, body))


@router.get(
    "/cost-per-lead",
    response_model=CostAnswer,
    responses={**REFUSALS, **problems(UnknownFormat), **NOT_CHANGED, **AS_FILES},
)
async def cost_per_lead_get(
    request: Request,
    session: ReadSession,
    caller: Reader,
    now: Now,
    asked: Asking,
    wanted: AsWanted,
    by: By = "source",
) -> Response:
    """Show what a lead, a qualified lead and a sale cost, by source or by anything else."""

    async def answered(setting: Setting) -> CostAnswer:
        question = asked.question(queries.COST_METRICS, by, setting, now)
        return await queries.answer_cost(session, caller.workspace, question, setting, now=now)

    await read_alone(session, alone=True)
    return await answer(request, await in_setting(session, caller.workspace, answered), wanted=wanted)


def _metric(metric: Metric) -> MetricOut:
    ratio = metric.source if isinstance(metric.source, Ratio) else None
    return MetricOut(
        key=metric.key,
        name=NamesOut.model_validate(metric.name),
        unit=metric.unit,
        definition=metric.definition,
        numerator=ratio.numerator if ratio else None,
        denominator=ratio.denominator if ratio else None,
        dimensions=[dimension.key for dimension in allowed_dimensions(metric)],
    )
