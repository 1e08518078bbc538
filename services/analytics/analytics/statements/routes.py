"""`/v1/spend/import`."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from leadkit.edge import Allow, FileRoute, Now, Session
from leadkit.problems import Invalid, UnsupportedMedia, problems
from leadkit.tokens import Caller
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from analytics.projections.queries import WorkspaceNotKnown, workspace_setting
from analytics.statements import actions
from analytics.statements.actions import RowsUnreadable
from analytics.statements.decoding import UnreadableStatement
from analytics.statements.schemas import ImportOptions, SpendImported

router = APIRouter(prefix="/v1/spend", route_class=FileRoute, tags=["spend"])

Writer = Annotated[Caller, Allow("spend:write")]
FILE: dict[str, Any] = {"type": "string", "format": "binary", "description": "The file as the platform gives it"}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": FILE}, "required": ["file"]}},
        "text/csv": {"schema": {"type": "string"}},
        "text/tab-separated-values": {"schema": {"type": "string"}},
    },
}


@router.post(
    "/import",
    responses=problems(UnreadableStatement, RowsUnreadable, UnsupportedMedia, WorkspaceNotKnown),
    openapi_extra={"requestBody": BODY},
)
async def spend_import(
    request: Request, session: Session, caller: Writer, now: Now, options: Annotated[ImportOptions, Query()]
) -> SpendImported:
    """Take in a file of costs from an ad platform; what it tells again replaces what was told of the same units."""
    content, fields = await _sent(request)
    told = _with_fields(options, fields)
    setting = await workspace_setting(session, caller.workspace)
    return await actions.import_spend(
        session, caller.workspace, content, told, currency=setting.currency, by=caller.subject, now=now
    )


async def _sent(request: Request) -> tuple[bytes, dict[str, str]]:
    form = await request.form()
    if not form:
        return await request.body(), {}
    file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
    if file is None:
        raise Invalid.at("/file", "is missing: send the file as the part `file`, or as the whole body")
    return await file.read(), {name: value for name, value in form.multi_items() if isinstance(value, str)}


def _with_fields(options: ImportOptions, fields: dict[str, str]) -> ImportOptions:
    """The options of the query, and those of the form where the query says nothing."""
    if not fields:
        return options
    try:
        return ImportOptions.model_validate(fields | options.model_dump(exclude_unset=True))
    except ValidationError as error:
        raise RequestValidationError([each | {"loc": ("body", *each["loc"])} for each in error.errors()]) from error
