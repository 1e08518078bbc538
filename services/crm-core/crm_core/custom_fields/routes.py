"""`/v1/custom-fields`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from leadkit.edge import Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import ANY_VERSION, IfMatch, with_etag
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.custom_fields import actions, queries
from crm_core.custom_fields.actions import KeyTaken
from crm_core.custom_fields.schemas import CustomFieldCreate, CustomFieldOut, CustomFieldPatch, Entity
from crm_core.custom_fields.tables import CustomField

router = APIRouter(prefix="/v1/custom-fields", route_class=EdgeRoute, tags=["custom fields"])

Anyone = Annotated[Caller, Allow()]
Admin = Annotated[Caller, Allow("admin")]
SORTS = {"position": CustomField.position, "key": CustomField.key, "created_at": CustomField.created_at}


@router.get("")
async def custom_fields_list(
    session: ReadSession,
    caller: Anyone,
    paging: Paging,
    request: Request,
    response: Response,
    entity: Entity | None = None,
    active: bool | None = None,
) -> Page[CustomFieldOut]:
    """List the custom fields in their order."""
    rows, next_cursor, total = await fetch_page(
        session, queries.custom_fields_of(caller.workspace, entity=entity, active=active), paging,
        sorts=SORTS, default="position", key=CustomField.id, request=request, response=response,
    )  # fmt: skip
    return Page(items=[CustomFieldOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201, responses=problems(KeyTaken))
async def custom_fields_create(
    wanted: CustomFieldCreate, session: Session, caller: Admin, now: Now, response: Response
) -> CustomFieldOut:
    """Define a custom field."""
    field = await actions.create_custom_field(session, wanted, caller=caller, now=now)
    response.headers["Location"] = f"/v1/custom-fields/{field.id}"
    with_etag(response, field.version)
    return CustomFieldOut.model_validate(field)


@router.get("/{custom_field_id}", responses=problems(NotFound))
async def custom_fields_get(
    custom_field_id: UUID, session: ReadSession, caller: Anyone, response: Response
) -> CustomFieldOut:
    """Get a custom field."""
    field = await queries.custom_field_by_id(session, caller.workspace, custom_field_id)
    with_etag(response, field.version)
    return CustomFieldOut.model_validate(field)


@router.patch("/{custom_field_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def custom_fields_update(
    custom_field_id: UUID,
    wanted: CustomFieldPatch,
    session: Session,
    caller: Admin,
    now: Now,
    if_match: IfMatch,
    response: Response,
) -> CustomFieldOut:
    """Change a custom field by merge patch."""
    field = await actions.change_custom_field(session, custom_field_id, wanted, if_match, caller=caller, now=now)
    with_etag(response, field.version)
    return CustomFieldOut.model_validate(field)


@router.delete("/{custom_field_id}", status_code=204, responses=problems(NotFound))
async def custom_fields_delete(custom_field_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Stop using a custom field; the values on cards stay."""
    wanted = CustomFieldPatch(active=False)
    await actions.change_custom_field(session, custom_field_id, wanted, ANY_VERSION, caller=caller, now=now)
