"""`/v1/reports/attribution`, `/v1/attribution-models`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import problems
from leadkit.tokens import Caller

from analytics.attribution import queries
from analytics.attribution.journeys import OWED, TOUCH_DIMENSIONS
from analytics.attribution.models import ATTRIBUTION_MODELS
from analytics.attribution.queries import UnknownModel
from analytics.attribution.schemas import AttributionAnswer, AttributionModelOut, AttributionModels
from analytics.metrics.asking import UnreadablePeriod, read_period
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting
from analytics.projections.slices import Slice

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["reports"])
METRICS = ", ".join(owed.key for owed in OWED)
MODELS = ", ".join(model.key for model in ATTRIBUTION_MODELS)


@router.get("/attribution-models", dependencies=[Allow("metrics:read", workspace=False)])
async def attribution_models_list() -> AttributionModels:
    """List the models of attribution."""
    return AttributionModels(items=[AttributionModelOut.model_validate(model) for model in ATTRIBUTION_MODELS])


@router.get(
    "/reports/attribution",
    response_model=AttributionAnswer,
    responses={
        **problems(UnknownModel, UnreadablePeriod, UnknownFormat, WorkspaceNotKnown),
        **NOT_CHANGED,
        **AS_FILES,
    },
)
async def reports_attribution(
    request: Request,
    session: ReadSession,
    caller: Annotated[Caller, Allow("metrics:read")],
    now: Now,
    wanted: AsWanted,
    model: Annotated[str, Query(max_length=40, description=f"One of {MODELS}")] = "last_non_direct",
    metric: Annotated[
        str,
        Query(
            max_length=400,
            description=f"Of {METRICS}, by comma; each may name its own model",
            examples=["leads,revenue:data_driven"],
        ),
    ] = "leads,qualified,won,revenue",
    by: Annotated[str, Query(max_length=400, description=f"Of {', '.join(TOUCH_DIMENSIONS)}, by comma")] = "source",
    start: Annotated[
        str | None, Query(alias="from", max_length=40, description="First local day on which the leads came")
    ] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40, description="First day that does not count")] = None,
    lookback_days: Annotated[int, Query(ge=1, le=730, description="How far before the lead touches count")] = 90,
) -> Response:
    """Show which touches leads, sales and revenue are owed to, by a model of attribution."""
    setting = await workspace_setting(session, caller.workspace)
    period = read_period(start, end, zone=setting.time_zone, now=now)
    body = await queries.answer_attribution(
        session,
        Slice(caller.workspace, (), period, "cohort", setting.time_zone, setting.currency),
        queries.read_plan(metric, model),
        queries.read_by(by),
        lookback_days=lookback_days,
    )
    return await answer(request, body, wanted=wanted)
