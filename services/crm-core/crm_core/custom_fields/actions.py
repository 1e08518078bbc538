"""Defining custom fields and changing them; the cards' values stay what they are."""

from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import changes
from leadkit.problems import Conflict, Invalid
from leadkit.tokens import Caller
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.custom_fields.queries import custom_field_by_id, last_position
from crm_core.custom_fields.rules import CHOOSING
from crm_core.custom_fields.schemas import CustomFieldCreate, CustomFieldOut, CustomFieldPatch
from crm_core.custom_fields.tables import CustomField
from crm_core.storable import check_storable
from crm_core.uniqueness import unique

STEP = 10
NEVER_NULL = ("name", "choices", "required", "personal", "position", "active")
TOLD = ("lead", "contact", "deal")
"""Entities whose events tell of custom fields."""


class KeyTaken(Conflict):
    """Another field of the entity has this key."""

    code = "custom-field-key-taken"
    title = "Another custom field of the entity has this key"


async def create_custom_field(
    session: AsyncSession, wanted: CustomFieldCreate, *, caller: Caller, now: datetime
) -> CustomField:
    """The new field; raises `KeyTaken`."""
    check_storable(wanted)
    await existing_workspace(session, caller.workspace)
    values = wanted.model_dump(exclude={"position"})
    if wanted.position is None:
        values["position"] = await last_position(session, caller.workspace) + STEP
    else:
        values["position"] = wanted.position
    field = CustomField(
        workspace_id=caller.workspace, id=new_id(), version=1, active=True, created_at=now, updated_at=now, **values
    )
    async with unique(session, KeyTaken()):
        session.add(field)
    await _record(session, "create", field, None, caller, now)
    return field


async def change_custom_field(
    session: AsyncSession,
    field_id: UUID,
    wanted: CustomFieldPatch,
    version: int | None,
    *,
    caller: Caller,
    now: datetime,
) -> CustomField:
    """Applies a merge patch; raises `NotFound`, `PreconditionRequired`, `Stale`, `Invalid`.

    One that becomes personal is taken out of what events tell from now on; one that is no longer personal is told once
    its card changes."""
    check_storable(wanted)
    field = await custom_field_by_id(session, caller.workspace, field_id, lock=True)
    check_version(version, field.version)
    before, sent = _shown(field), changes(wanted, never_null=NEVER_NULL)
    if "choices" in sent and (field.type in CHOOSING) is not bool(sent["choices"]):
        raise Invalid.at("/choices", "are given for choice and multichoice, and only for them")
    for name, value in sent.items():
        setattr(field, name, wanted.name.model_dump() if name == "name" else value)
    if _shown(field) == before:
        return field
    field.version += 1
    field.updated_at = now
    await session.flush()
    if field.entity in TOLD and (field.personal or not field.active):
        await _keep_to_ourselves(session, field)
    await _record(session, "update", field, before, caller, now)
    return field


async def _keep_to_ourselves(session: AsyncSession, field: CustomField) -> None:
    """No card tells this field in its events any more."""
    statement = (
        f"UPDATE {field.entity} SET custom_told = custom_told - CAST(:key AS text) "
        "WHERE workspace_id = :workspace_id AND jsonb_exists(custom_told, :key)"
    )
    await session.execute(text(statement), {"workspace_id": field.workspace_id, "key": field.key})


def _shown(field: CustomField) -> dict[str, Any]:
    return CustomFieldOut.model_validate(field).model_dump(mode="json", exclude={"version", "updated_at"})


async def _record(
    session: AsyncSession, action: str, field: CustomField, before: dict[str, Any] | None, caller: Caller, now: datetime
) -> None:
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=f"custom_field.{action}",
        subject_type="custom_field", subject_id=field.id, before=before, after=_shown(field), now=now,
    )  # fmt: skip
