"""`/v1/alerts`."""

from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, problems
from leadkit.tokens import Caller

from analytics.alerts import actions, queries
from analytics.alerts.schemas import AlertOut, AlertStatus
from analytics.alerts.tables import Alert

router = APIRouter(prefix="/v1/alerts", route_class=EdgeRoute, tags=["alerts"])
Reader = Annotated[Caller, Allow("metrics:read")]
STATUSES: tuple[str, ...] = get_args(AlertStatus)


@router.get("")
async def alerts_list(
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    request: Request,
    response: Response,
    status: Annotated[str | None, Query(max_length=100, description="One or more, by comma")] = None,
) -> Page[AlertOut]:
    """List weeks in which a source's cost per lead or conversion left its usual range, newest first."""
    rows, next_cursor, total = await fetch_page(
        session,
        queries.alerts(caller.workspace, listed("status", status, STATUSES)),
        paging,
        sorts={"found_at": Alert.found_at, "week": Alert.week},
        default="-found_at",
        key=Alert.id,
        request=request,
        response=response,
    )
    return Page(items=[_shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/{alert_id}", responses=problems(NotFound))
async def alerts_get(alert_id: UUID, session: ReadSession, caller: Reader) -> AlertOut:
    """Show an alert."""
    return _shown(await queries.alert_by_id(session, caller.workspace, alert_id))


@router.post("/{alert_id}/acknowledge", responses=problems(NotFound))
async def alerts_acknowledge(alert_id: UUID, session: Session, caller: Reader, now: Now) -> AlertOut:
    """Note that the alert was seen."""
    return _shown(await actions.acknowledge(session, caller.workspace, alert_id, by=caller.subject, now=now))


def _shown(alert: Alert) -> AlertOut:
    return AlertOut.model_validate(
        {name: getattr(alert, name) for name in AlertOut.model_fields}
        | {
            "source": alert.source or None,
        }
    )
