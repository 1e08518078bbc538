"""`/v1/exports/{facts}.csv`, `.parquet`, `.arrow`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession
from leadkit.problems import Forbidden, NotFound, problems
from leadkit.tokens import Caller

from analytics.exports.files import FILE_FORMAT, Row, Writing
from analytics.exports.queries import days_shown, pages, tag_of
from analytics.exports.sets import SET_BY_KEY
from analytics.metrics.asking import UnreadablePeriod, read_period
from analytics.metrics.wire import AS_FILES, NOT_CHANGED, form_for, known_already
from analytics.projections.queries import WorkspaceNotKnown, workspace_setting

router = APIRouter(prefix="/v1/exports", route_class=EdgeRoute, tags=["exports"])


@router.get(
    "/{facts}.{format}",
    response_class=StreamingResponse,
    responses={**problems(NotFound, Forbidden, UnreadablePeriod, WorkspaceNotKnown), **NOT_CHANGED, **AS_FILES},
)
async def exports_get(
    request: Request,
    session: ReadSession,
    caller: Annotated[Caller, Allow()],
    now: Now,
    facts: Annotated[str, Path(max_length=40, description="leads, deals, inquiries or spend", examples=["leads"])],
    format: Annotated[str, Path(max_length=20, description="csv, parquet or arrow (stream)", examples=["csv"])],
    start: Annotated[str | None, Query(alias="from", max_length=40, description="First local day")] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40, description="First day that does not count")] = None,
    locale: Annotated[
        str | None, Query(max_length=35, description="For CSV: `ru` gives `;` and decimal comma", examples=["ru"])
    ] = None,
    excel: Annotated[bool, Query(description="For CSV: begin with a byte order mark")] = False,
) -> Response:
    """Download the facts of a period, by default the last 30 days: any number of rows, oldest first."""
    wanted, file_format = SET_BY_KEY.get(facts), FILE_FORMAT.get(format)
    if wanted is None or not wanted.file or file_format is None:
        raise NotFound("There are exports of leads, deals, inquiries and spend, as csv, parquet and arrow.")
    if wanted.scope not in caller.scopes:
        raise Forbidden(f"The token lacks the scope {wanted.scope}.")
    setting = await workspace_setting(session, caller.workspace)
    period = read_period(start, end, zone=setting.time_zone, now=now)
    form = form_for(locale if locale is not None else request.headers.get("accept-language", ""), excel=excel)
    tag = await tag_of(session, caller.workspace, facts, format, period, form)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Authorization"}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = f'attachment; filename="{facts}-{days_shown(period)}.{format}"'
    rows = pages(request.app.state.database, caller.workspace, wanted, period, setting.time_zone)
    first: Sequence[Row] = await anext(rows, [])  # a refusal can only be told before the first byte
    begun = await asyncio.to_thread(file_format.begin, wanted.columns, form)
    charset = "; charset=utf-8" if format == "csv" else ""
    written = _written(begun, first, rows)
    return StreamingResponse(written, media_type=file_format.media_type + charset, headers=headers)


async def _written(file: Writing, first: Sequence[Row], rest: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """The file in pieces; a page is written beside the event loop, which serves others meanwhile."""
    yield await asyncio.to_thread(file.add, first)
    async for page in rest:
        if written := await asyncio.to_thread(file.add, page):
            yield written
    yield await asyncio.to_thread(file.end)
