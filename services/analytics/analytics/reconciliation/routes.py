"""`/v1/reconciliation`."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import problems
from leadkit.tokens import Caller

from analytics.metrics.asking import UnreadablePeriod, read_period
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, Table, UnknownFormat, answer
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting
from analytics.reconciliation.queries import reconcile
from analytics.reconciliation.schemas import ReconciliationOut

router = APIRouter(prefix="/v1/reconciliation", route_class=EdgeRoute, tags=["reconciliation"])


@router.get(
    "",
    response_model=ReconciliationOut,
    responses={**problems(UnreadablePeriod, UnknownFormat, WorkspaceNotKnown), **NOT_CHANGED, **AS_FILES},
)
async def reconciliation_get(
    request: Request,
    session: ReadSession,
    caller: Annotated[Caller, Allow("metrics:read")],
    now: Now,
    wanted: AsWanted,
    start: Annotated[str | None, Query(alias="from", max_length=40, description="First local day of receipt")] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40, description="First day that does not count")] = None,
) -> Response:
    """Account for every inquiry received: what became of it, and whether any is lost."""
    setting = await workspace_setting(session, caller.workspace)
    period = read_period(start, end, zone=setting.time_zone, now=now)
    body = await reconcile(session, caller.workspace, period, zone=setting.time_zone, now=now)
    return await answer(request, body, wanted=wanted, table=partial(_table, body))


def _table(body: ReconciliationOut) -> Table:
    row = body.model_dump(mode="json", by_alias=True)
    return list(row), [row]
