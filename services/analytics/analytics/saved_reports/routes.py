"""`/v1/saved-reports`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Forbidden, Invalid, NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from analytics.metrics.asking import UnknownDimension, UnknownMetric, UnreadableCondition
from analytics.metrics.schemas import QueryAnswer
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, AsWanted, UnknownFormat, answer
from analytics.projections.queries import SettingChanged, WorkspaceNotKnown, workspace_setting
from analytics.reports.schemas import ForecastAnswer
from analytics.saved_reports import actions, queries
from analytics.saved_reports.actions import NotSent, Sending
from analytics.saved_reports.queries import UnknownReport
from analytics.saved_reports.schemas import (
    Delivery,
    DeliveryOut,
    SavedQuery,
    SavedReportCreate,
    SavedReportOut,
    SavedReportPatch,
)
from analytics.saved_reports.tables import ReportDelivery, SavedReport

router = APIRouter(prefix="/v1/saved-reports", route_class=EdgeRoute, tags=["saved reports"])

Reader = Annotated[Caller, Allow("metrics:read")]
SORTS = {"name": SavedReport.name, "created_at": SavedReport.created_at}
ASKED = problems(
    UnknownReport, UnknownMetric, UnknownDimension, UnreadableCondition, Invalid, WorkspaceNotKnown, SettingChanged
)


async def _sending(request: Request) -> Sending:
    settings = request.app.state.settings
    return Sending(settings.data_key, settings.webhooks_to_private_addresses)


Out = Annotated[Sending, Depends(_sending)]


@router.get("")
async def saved_reports_list(
    session: ReadSession, caller: Reader, paging: Paging, request: Request, response: Response
) -> Page[SavedReportOut]:
    """List the reports that you may use: your own and those shared with everybody."""
    rows, next_cursor, total = await fetch_page(
        session, queries.reports_of(caller), paging,
        sorts=SORTS, default="name", key=SavedReport.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[_shown(row, caller) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=ASKED)
async def saved_reports_create(
    wanted: SavedReportCreate, session: Session, caller: Reader, now: Now, sending: Out, response: Response
) -> SavedReportOut:
    """Save a report; where it is sent out, the answer shows the secret that signs it, once."""
    report, secret = await actions.save_report(session, wanted, sending, caller=caller, now=now)
    response.headers["Location"] = f"/v1/saved-reports/{report.id}"
    return _with_secret(response, report, caller, secret)


@router.get("/{report_id}", responses=problems(NotFound))
async def saved_reports_get(
    report_id: UUID, session: ReadSession, caller: Reader, response: Response
) -> SavedReportOut:
    """Get a saved report."""
    report = await queries.report_by_id(session, caller, report_id)
    with_etag(response, report.version)
    return _shown(report, caller)


@router.patch("/{report_id}", responses={**ASKED, **problems(NotFound, Forbidden, Stale, PreconditionRequired)})
async def saved_reports_update(
    report_id: UUID,
    wanted: SavedReportPatch,
    session: Session,
    caller: Reader,
    now: Now,
    sending: Out,
    if_match: IfMatch,
    response: Response,
) -> SavedReportOut:
    """Change a saved report by merge patch."""
    report, secret = await actions.change_report(session, report_id, wanted, if_match, sending, caller=caller, now=now)
    return _with_secret(response, report, caller, secret)


@router.delete("/{report_id}", status_code=204, responses=problems(NotFound, Forbidden))
async def saved_reports_delete(report_id: UUID, session: Session, caller: Reader) -> None:
    """Delete a saved report; nothing is sent any more."""
    await actions.delete_report(session, report_id, caller=caller)


@router.get(
    "/{report_id}/run",
    response_model=QueryAnswer | ForecastAnswer,
    responses={**ASKED, **problems(NotFound, UnknownFormat), **NOT_CHANGED, **AS_FILES},
)
async def saved_reports_run(
    report_id: UUID, request: Request, session: ReadSession, caller: Reader, now: Now, wanted: AsWanted
) -> Response:
    """Answer a saved report as of now."""
    report = await queries.report_by_id(session, caller, report_id)
    setting = await workspace_setting(session, caller.workspace)
    query = SavedQuery.model_validate(report.query)
    body = await queries.run(session, caller.workspace, query, setting, now=now)
    return await answer(request, body, wanted=wanted)


@router.post("/{report_id}/secret", responses=problems(NotFound, Forbidden, NotSent))
async def saved_reports_rotate_secret(
    report_id: UUID, session: Session, caller: Reader, now: Now, sending: Out, response: Response
) -> SavedReportOut:
    """Make a new secret; the former one signs nothing any more."""
    report, secret = await actions.rotate_secret(session, report_id, sending, caller=caller, now=now)
    return _with_secret(response, report, caller, secret)


@router.post("/{report_id}/send", status_code=202, responses=problems(NotFound, Forbidden, NotSent))
async def saved_reports_send(report_id: UUID, session: Session, caller: Reader, now: Now) -> DeliveryOut:
    """Send a saved report now, beside its schedule."""
    return _delivery(await actions.send_now(session, report_id, caller=caller, now=now))


@router.get("/{report_id}/deliveries", responses=problems(NotFound))
async def saved_reports_deliveries(
    report_id: UUID, session: ReadSession, caller: Reader, paging: Paging, request: Request, response: Response
) -> Page[DeliveryOut]:
    """List the sendings of a report, the newest first; they are kept for thirty days."""
    report = await queries.report_by_id(session, caller, report_id)
    rows, next_cursor, total = await fetch_page(
        session, queries.deliveries_of(report), paging,
        sorts={"created_at": ReportDelivery.created_at}, default="-created_at", key=ReportDelivery.id,
        request=request, response=response,
    )  # fmt: skip
    return Page(items=[_delivery(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("/{report_id}/deliveries/{delivery_id}/retry", responses=problems(NotFound, Forbidden, NotSent))
async def saved_reports_retry(
    report_id: UUID, delivery_id: UUID, session: Session, caller: Reader, now: Now
) -> DeliveryOut:
    """Send a delivery again that failed or waits."""
    return _delivery(await actions.retry(session, report_id, delivery_id, caller=caller, now=now))


def _with_secret(response: Response, report: SavedReport, caller: Caller, secret: str | None) -> SavedReportOut:
    with_etag(response, report.version)
    if secret is not None:
        response.headers.update(NOT_TO_BE_STORED)
    return _shown(report, caller, secret)


def _shown(report: SavedReport, caller: Caller, secret: str | None = None) -> SavedReportOut:
    own = {
        name: getattr(report, name)
        for name in SavedReportOut.model_fields
        if name not in ("query", "delivery", "secret", "mine")
    }
    delivery = None
    if report.url is not None:
        delivery = Delivery.model_validate({"url": report.url, "format": report.format, "schedule": report.schedule})
    return SavedReportOut(
        **own,
        query=SavedQuery.model_validate(report.query),
        delivery=delivery,
        secret=secret,
        mine=report.created_by == caller.subject,
    )


def _delivery(delivery: ReportDelivery) -> DeliveryOut:
    told = {name: getattr(delivery, name) for name in DeliveryOut.model_fields}
    return DeliveryOut(**told | {"next_attempt_at": delivery.next_attempt_at if delivery.status == "waiting" else None})
