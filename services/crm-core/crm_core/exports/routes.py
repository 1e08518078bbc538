"""`/v1/exports`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import Conflict, Forbidden, Gone, NotFound, problems
from leadkit.tokens import Caller

from crm_core.exports import actions, queries
from crm_core.exports.files import MEDIA_TYPES
from crm_core.exports.schemas import ExportCreate, ExportOut
from crm_core.exports.tables import Export

router = APIRouter(prefix="/v1/exports", route_class=EdgeRoute, tags=["exports"])

User = Annotated[Caller, Allow()]


class NotDone(Conflict):
    """The file is still being written, or could not be."""

    code = "export-not-done"
    title = "The export has no file yet"


class Expired(Gone):
    """The file was kept for a day."""

    code = "export-expired"
    title = "The export's file is no longer kept"


@router.get("")
async def exports_list(
    session: ReadSession, caller: User, paging: Paging, request: Request, response: Response
) -> Page[ExportOut]:
    """List your exports."""
    rows, next_cursor, total = await fetch_page(
        session, queries.exports_of(caller), paging,
        sorts={"created_at": Export.created_at}, default="-created_at", key=Export.id, request=request,
        response=response,
    )  # fmt: skip
    return Page(items=[_shown(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=202, responses=problems(Forbidden))
async def exports_create(
    wanted: ExportCreate, session: Session, caller: User, now: Now, response: Response
) -> ExportOut:
    """Export all rows of a filter; it is written in the background."""
    export = await actions.ask_export(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/exports/{export.id}"
    return _shown(export)


@router.get("/{export_id}", responses=problems(NotFound))
async def exports_get(export_id: UUID, session: ReadSession, caller: User) -> ExportOut:
    """Get an export with its progress."""
    return _shown(await queries.export_by_id(session, caller, export_id))


@router.get(
    "/{export_id}/file",
    response_class=StreamingResponse,
    responses={
        **problems(NotFound, NotDone, Expired),
        200: {"content": {media: {"example": "id,status\r\n"} for media in MEDIA_TYPES.values()}},
    },
)
async def exports_file(export_id: UUID, session: Session, caller: User, now: Now, request: Request) -> Response:
    """Download the file of an export that is done."""
    export = await queries.export_by_id(session, caller, export_id)
    if export.status == "expired" or (export.expires_at is not None and export.expires_at <= now):
        raise Expired
    if export.status != "done":
        raise NotDone
    await actions.note_download(session, export, caller=caller, now=now)
    name = f"{export.entity}-{export.created_at:%Y%m%d-%H%M}.{export.format}"
    return StreamingResponse(
        queries.parts(request.app.state.database, caller.workspace, export_id),
        media_type=MEDIA_TYPES[export.format],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(export.bytes)},
    )


@router.delete("/{export_id}", status_code=204, responses=problems(NotFound))
async def exports_delete(export_id: UUID, session: Session, caller: User, now: Now) -> None:
    """Remove an export and its file."""
    await actions.remove_export(session, export_id, caller=caller, now=now)


def _shown(export: Export) -> ExportOut:
    own = {name: getattr(export, name) for name in ExportOut.model_fields if name not in ("filter", "file")}
    file = f"/v1/exports/{export.id}/file" if export.status == "done" else None
    return ExportOut(**own, filter=export.condition, file=file)
