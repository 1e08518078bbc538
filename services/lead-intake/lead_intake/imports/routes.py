"""`/v1/imports`."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, get_args
from uuid import UUID

import orjson
from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from leadkit.edge import Allow, EdgeRoute, FileRoute, Now, ReadSession, Session
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Invalid, NotFound, TooLarge, problems
from leadkit.tokens import Caller

from lead_intake.imports import actions, queries
from lead_intake.imports.looking import Asked
from lead_intake.imports.schemas import ImportOut, ImportPreview, ImportStatus
from lead_intake.imports.tables import ImportRun
from lead_intake.normalising.text import clean

router = APIRouter(prefix="/v1", route_class=EdgeRoute, tags=["imports"])
files = APIRouter(prefix="/v1", route_class=FileRoute, tags=["imports"])

Reader = Annotated[Caller, Allow("submissions:read")]
Writer = Annotated[Caller, Allow("submissions:write")]
STATUSES: tuple[str, ...] = get_args(ImportStatus)


@files.post(
    "/imports",
    status_code=202,
    responses={
        200: {"model": ImportPreview, "description": "What a dry run found"},
        **problems(TooLarge, actions.FileNotRead),
    },
)
async def imports_create(
    request: Request,
    response: Response,
    session: Session,
    caller: Writer,
    now: Now,
    file: Annotated[UploadFile, File(description="CSV in any usual encoding, or XLSX")],
    source_id: Annotated[UUID | None, Form(description="A source of channel import; else the workspace's own")] = None,
    mapping: Annotated[
        str | None, Form(max_length=100_000, description='JSON: {"heading": "our name"}, as a dry run answers it')
    ] = None,
    encoding: Annotated[str | None, Form(max_length=40, description="If it is told wrong")] = None,
    delimiter: Annotated[str | None, Form(min_length=1, max_length=1, description="If it is told wrong")] = None,
    header: Annotated[bool | None, Form(description="Whether the first row names the columns")] = None,
    dry_run: Annotated[bool, Query(description="Only tell what would be done; nothing is stored")] = False,
) -> ImportOut | ImportPreview:
    """Import a file of inquiries in the background; a row that is there already is not taken in again."""
    asked = Asked(_mapping(mapping), encoding or None, delimiter, header)
    size = os.fstat(file.file.fileno()).st_size if file.size is None else file.size
    about: dict[str, Any] = {"workspace_id": caller.workspace, "source_id": source_id, "now": now}
    name, sealer = _file_name(file), request.app.state.sealer
    if dry_run:
        found, rows, known_source = await actions.look_at(session, file.file, size, asked, sealer, **about)
        response.status_code = 200
        return ImportPreview(
            id=None, status="dry_run", source_id=known_source, file_name=name, file_bytes=size, preview=rows,
            rows_total=found.rows_total, rows_counted=found.rows_counted,
            **queries.table_values(found.plan, found.mapping_from),
        )  # fmt: skip
    run = await actions.start_import(session, file.file, size, asked, sealer, file_name=name, **about)
    response.headers["Location"] = f"/v1/imports/{run.id}"
    return queries.shown(run)


@router.get("/imports")
async def imports_list(
    request: Request,
    response: Response,
    session: ReadSession,
    caller: Reader,
    paging: Paging,
    status: Annotated[str | None, Query(max_length=100, description="One or more, separated by commas")] = None,
    source_id: Annotated[UUID | None, Query()] = None,
) -> Page[ImportOut]:
    """List imports, newest first."""
    statement = queries.imports_of(caller.workspace, statuses=listed("status", status, STATUSES), source_id=source_id)
    rows, next_cursor, total = await fetch_page(
        session,
        statement,
        paging,
        sorts={"created_at": ImportRun.created_at},
        default="-created_at",
        key=ImportRun.id,
        request=request,
        response=response,
    )
    return Page(items=[queries.shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.get("/imports/{import_id}", responses=problems(NotFound))
async def imports_get(import_id: UUID, session: ReadSession, caller: Reader) -> ImportOut:
    """Show an import and how far it has come."""
    return queries.shown(await queries.import_by_id(session, caller.workspace, import_id))


@router.get(
    "/imports/{import_id}/errors.csv",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "line, reason, and the cells"},
        **problems(NotFound),
    },
)
async def imports_errors(import_id: UUID, request: Request, session: ReadSession, caller: Reader) -> StreamingResponse:
    """Download the rows that made no lead, each with its line and the reason, to be mended and sent again."""
    run = await queries.import_by_id(session, caller.workspace, import_id)
    return StreamingResponse(
        queries.rejected_rows(request.app.state.database, run),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="errors-{run.id}.csv"'},
    )


@router.post("/imports/{import_id}/cancel", responses=problems(NotFound, actions.NotRunning))
async def imports_cancel(import_id: UUID, session: Session, caller: Writer, now: Now) -> ImportOut:
    """Stop an import after the batch at hand; what was taken in stays."""
    return queries.shown(await actions.cancel_import(session, import_id, workspace_id=caller.workspace, now=now))


def _file_name(file: UploadFile) -> str | None:
    return clean(file.filename or "")[:255] or None


def _mapping(text: str | None) -> Mapping[str, str | None] | None:
    """An object, or a list by the place of the column; raises `Invalid`."""
    if text is None or not text.strip():
        return None
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid.at("/mapping", "is not JSON") from error
    if isinstance(told, dict) and isinstance(told.get("columns"), dict):
        told = told["columns"]
    if isinstance(told, list):
        told = {str(place): target for place, target in enumerate(told, 1)}
    if not isinstance(told, dict) or not all(target is None or isinstance(target, str) for target in told.values()):
        raise Invalid.at("/mapping", 'is an object such as {"Телефон": "phone"}')
    return told or None
