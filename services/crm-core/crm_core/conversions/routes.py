"""`GET /v1/conversions`."""

import csv
import io
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request, Response
from leadkit.contracts.common import Moment
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, Session
from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.conversions import queries
from crm_core.conversions.rules import Platform, platform_named
from crm_core.conversions.schemas import Conversions
from crm_core.fields import Line
from crm_core.timeline.cursor import decoded, encoded

router = APIRouter(prefix="/v1/conversions", route_class=EdgeRoute, tags=["conversions"])

Marketer = Annotated[
    Caller, Allow("leads:read", "deals:read", "contacts:read", roles=("admin", "platform", "integration"))
]
USUAL = timedelta(days=7)
"""Meta takes nothing older."""


@router.get(
    "",
    response_model=Conversions,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}, "example": "Email,Phone Number\r\n"}}}},
)
async def conversions_list(
    session: Session,
    caller: Marketer,
    now: Now,
    request: Request,
    platform: Literal["meta", "google_enhanced"],
    goal: Literal["won", "qualified"] = "won",
    from_: Annotated[Moment | None, Query(alias="from", description="Inclusive; default: a week before `to`")] = None,
    to: Annotated[Moment | None, Query(description="Exclusive; default: now")] = None,
    format: Literal["json", "csv"] = "json",
    name: Annotated[Line | None, Query(description="The event or conversion action; default: by the goal")] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    cursor: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """List conversions with hashed contacts, as an ad platform takes them; only of people who agreed."""
    until = to or now
    since = from_ or until - USUAL
    if since >= until:
        raise Invalid.at("/from", "must be before to")
    target = platform_named(platform)
    zone = ZoneInfo((await existing_workspace(session, caller.workspace)).time_zone)
    after = decoded(cursor) if cursor is not None else None
    found = await queries.conversions(session, caller.workspace, goal, since, until, after=after, limit=limit)
    told = [target.told(one, name or target.names[goal], zone) for one in found.conversions]
    await _note(session, caller, target, goal, len(told), now)
    following = encoded(found.following) if found.following else None
    response = _csv(target, told, zone) if format == "csv" else _json(target, told, found.left_out, following)
    response.headers.update(NOT_TO_BE_STORED)
    if following:
        query = urlencode({**request.query_params, "cursor": following})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
    return response


def _json(target: Platform, told: list[dict[str, Any]], left_out: int, following: str | None) -> Response:
    lists: dict[str, Any] = {"data": None, "conversions": None, target.data: told}
    body = Conversions(**lists, left_out=left_out, next_cursor=following)
    return Response(body.model_dump_json(), media_type="application/json")


def _csv(target: Platform, told: list[dict[str, Any]], zone: ZoneInfo) -> Response:
    out = io.StringIO()
    if target.key == "google_enhanced":
        out.write(f"Parameters:TimeZone={zone.key}\r\n")
    writer = csv.writer(out)
    writer.writerow(target.columns)
    writer.writerows(target.row(one) for one in told)
    return Response(out.getvalue(), media_type="text/csv")


async def _note(session: AsyncSession, caller: Caller, target: Platform, goal: str, count: int, now: datetime) -> None:
    """The log tells who took hashed contacts, for which platform."""
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action="conversions.export",
        subject_type="workspace", subject_id=caller.workspace,
        after={"platform": target.key, "goal": goal, "conversions": count}, now=now,
    )  # fmt: skip
