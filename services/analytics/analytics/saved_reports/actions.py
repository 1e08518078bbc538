"""Saving, changing and deleting reports, and having them sent."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.outgoing import new_secret, url_refusal
from leadkit.problems import Conflict, Forbidden, Invalid
from leadkit.sealing import Sealer
from leadkit.tokens import Caller
from pydantic import SecretStr
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.queries import workspace_setting
from analytics.saved_reports import queries
from analytics.saved_reports.rules import next_run
from analytics.saved_reports.schemas import Delivery, SavedQuery, SavedReportCreate, SavedReportPatch
from analytics.saved_reports.tables import ReportDelivery, SavedReport

KEPT = timedelta(days=30)


class NotSent(Conflict):
    """The report has no delivery, so there is nowhere to send it."""

    code = "report-not-sent"
    title = "The report is not sent anywhere"


class Sending(NamedTuple):
    """What sending needs of the installation: what seals secrets, and whether private addresses may be called."""

    data_key: SecretStr
    private_allowed: bool


def sealer_of(data_key: SecretStr) -> Sealer:
    """What seals the secrets of deliveries."""
    return Sealer(data_key, purpose="saved report secrets")


async def save_report(
    session: AsyncSession, wanted: SavedReportCreate, sending: Sending, *, caller: Caller, now: datetime
) -> tuple[SavedReport, str | None]:
    """The new report, and its secret where it is sent; raises the problems of its question, `Invalid` for its URL."""
    report = SavedReport(
        workspace_id=caller.workspace, id=new_id(), version=1, name=wanted.name, query={}, shared=wanted.shared,
        url=None, format=None, schedule=None, secret=None, next_run_at=None, paused=None,
        created_by=caller.subject, created_at=now, updated_at=now,
    )  # fmt: skip
    await _ask(session, report, wanted.query, now=now)
    secret = await _send(session, report, wanted.delivery, sending, now=now)
    session.add(report)
    await session.flush()
    return report, secret


async def change_report(
    session: AsyncSession,
    report_id: UUID,
    wanted: SavedReportPatch,
    version: int | None,
    sending: Sending,
    *,
    caller: Caller,
    now: datetime,
) -> tuple[SavedReport, str | None]:
    """Applies a merge patch; raises `NotFound`, `Forbidden`, `Stale`, and what saving raises."""
    report = await _own(session, report_id, caller)
    check_version(version, report.version)
    sent, secret = changes(wanted, never_null=("name", "query", "shared")), None
    for field in ("name", "shared"):
        if field in sent:
            setattr(report, field, sent[field])
    if "query" in sent:
        await _ask(session, report, wanted.query, now=now)
    if "delivery" in sent:
        secret = await _send(session, report, wanted.delivery, sending, now=now)
    report.version += 1
    report.updated_at = now
    await session.flush()
    return report, secret


async def delete_report(session: AsyncSession, report_id: UUID, *, caller: Caller) -> None:
    """Removes a report with its deliveries; raises `NotFound`, `Forbidden`."""
    report = await _own(session, report_id, caller)
    of_report = (ReportDelivery.workspace_id == report.workspace_id, ReportDelivery.report_id == report.id)
    await session.execute(delete(ReportDelivery).where(*of_report))
    await session.delete(report)
    await session.flush()


async def rotate_secret(
    session: AsyncSession, report_id: UUID, sending: Sending, *, caller: Caller, now: datetime
) -> tuple[SavedReport, str]:
    """A new secret, at once in the place of the former one; raises `NotSent`."""
    report = await _sent(session, report_id, caller)
    secret = new_secret()
    report.secret = sealer_of(sending.data_key).seal(secret.encode())
    report.version += 1
    report.updated_at = now
    await session.flush()
    return report, secret


async def send_now(session: AsyncSession, report_id: UUID, *, caller: Caller, now: datetime) -> ReportDelivery:
    """A sending beside the schedule, for who wants to see one; raises `NotSent`."""
    report = await _sent(session, report_id, caller)
    made = ReportDelivery(**new_delivery(report, now, now=now))
    session.add(made)
    await session.flush()
    return made


async def retry(
    session: AsyncSession, report_id: UUID, delivery_id: UUID, *, caller: Caller, now: datetime
) -> ReportDelivery:
    """Sends again, with as many attempts as at first; what was delivered is answered as it stands."""
    report = await _sent(session, report_id, caller)
    found = await queries.delivery_by_id(session, report, delivery_id)
    if found.status != "delivered":
        found.status, found.attempts, found.next_attempt_at, found.finished_at = "waiting", 0, now, None
        await session.flush()
    return found


def new_delivery(report: SavedReport, due_at: datetime, *, now: datetime) -> dict[str, Any]:
    """The row of a sending that waits for a worker."""
    return {
        "workspace_id": report.workspace_id, "id": new_id(), "report_id": report.id, "due_at": due_at,
        "status": "waiting", "attempts": 0, "next_attempt_at": now, "leased_until": None, "body": None,
        "answered": None, "snippet": None, "created_at": now, "finished_at": None,
    }  # fmt: skip


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Deletes deliveries that are over and older than thirty days (role worker)."""
    await session.execute(
        delete(ReportDelivery).where(ReportDelivery.status != "waiting", ReportDelivery.created_at < now - KEPT)
    )


async def _own(session: AsyncSession, report_id: UUID, caller: Caller) -> SavedReport:
    report = await queries.report_by_id(session, caller, report_id, lock=True)
    if report.created_by != caller.subject and "admin" not in caller.scopes:
        raise Forbidden("Only who saved a report, or an admin, changes it.")
    return report


async def _sent(session: AsyncSession, report_id: UUID, caller: Caller) -> SavedReport:
    report = await _own(session, report_id, caller)
    if report.url is None:
        raise NotSent
    return report


async def _ask(session: AsyncSession, report: SavedReport, query: SavedQuery, *, now: datetime) -> None:
    """Keeps the question if it can be asked."""
    queries.question_of(query, await workspace_setting(session, report.workspace_id), now=now)
    report.query = query.model_dump(mode="json")


async def _send(
    session: AsyncSession, report: SavedReport, wanted: Delivery | None, sending: Sending, *, now: datetime
) -> str | None:
    """Sets or ends the delivery; answers a secret when one had to be made."""
    report.paused = None
    if wanted is None:
        report.url = report.format = report.schedule = report.secret = report.next_run_at = None
        return None
    if refusal := url_refusal(wanted.url, private_allowed=sending.private_allowed):
        raise Invalid.at("/delivery/url", refusal)
    secret = None
    if report.secret is None:
        secret = new_secret()
        report.secret = sealer_of(sending.data_key).seal(secret.encode())
    setting = await workspace_setting(session, report.workspace_id)
    report.url, report.format = wanted.url, wanted.format
    report.schedule = wanted.schedule.model_dump(mode="json")
    report.next_run_at = next_run(report.schedule, setting.time_zone, now)
    return secret
