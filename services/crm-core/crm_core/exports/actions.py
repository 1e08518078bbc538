"""Asking for exports and removing them."""

from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Forbidden, Invalid
from leadkit.tokens import Caller
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.exports.entities import Exported, exported
from crm_core.exports.queries import export_by_id
from crm_core.exports.schemas import ExportCreate
from crm_core.exports.tables import Export, ExportPart
from crm_core.finding.listing import check_sort
from crm_core.listings import LISTINGS
from crm_core.storable import check_storable
from crm_core.views.queries import Viewed, view_for


async def ask_export(session: AsyncSession, wanted: ExportCreate, *, caller: Caller, now: datetime) -> Export:
    """The export, waiting for a worker; raises `Forbidden` for an entity that the caller may not read, `Invalid`."""
    what = exported(wanted.entity)
    if what.scope not in caller.scopes:
        raise Forbidden(f"The token lacks the scope {what.scope}.")
    check_storable(wanted)
    view = Viewed(None, None, None, [])
    if wanted.view_id is not None:
        view = await view_for(session, caller, wanted.view_id, wanted.entity, at="/view_id")
    export = _begun(wanted, view, what, caller, now)
    listing = await with_custom_fields(session, caller.workspace, LISTINGS[wanted.entity])
    read(export.condition, listing.fields)
    check_sort(listing, export.sort)
    if export.q is not None and listing.searched is None:
        raise Invalid.at("/q", f"nothing is searched in a list of {wanted.entity}")
    for place, column in enumerate(export.columns):
        if column.partition(".")[0] not in what.model.model_fields:
            raise Invalid.at(f"/columns/{place}", f"must begin with one of {', '.join(what.model.model_fields)}")
    session.add(export)
    await session.flush()
    await _record(session, "export.create", export, caller, now)
    return export


async def remove_export(session: AsyncSession, export_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Removes an export with its file; one that runs ends at its next page. Raises `NotFound`."""
    export = await export_by_id(session, caller, export_id, lock=True)
    await session.execute(
        delete(ExportPart).where(ExportPart.workspace_id == caller.workspace, ExportPart.export_id == export_id)
    )
    await session.delete(export)
    await session.flush()
    await _record(session, "export.delete", export, caller, now)


async def drop_files(session: AsyncSession, workspace_id: UUID) -> None:
    """Deletes all files of the workspace, since somebody in them was erased; what is being written fails, to be asked
    for again."""
    mine = Export.workspace_id == workspace_id
    await session.execute(
        update(Export)
        .where(mine, Export.status == "running")
        .values(status="failed", error="A person was erased meanwhile; ask for the export again.")
    )
    await session.execute(update(Export).where(mine, Export.status == "done").values(status="expired"))
    await session.execute(delete(ExportPart).where(ExportPart.workspace_id == workspace_id))


async def note_download(session: AsyncSession, export: Export, *, caller: Caller, now: datetime) -> None:
    """The log tells who took the file."""
    await _record(session, "export.download", export, caller, now)


def _begun(wanted: ExportCreate, view: Viewed, what: Exported, caller: Caller, now: datetime) -> Export:
    return Export(
        workspace_id=caller.workspace, id=new_id(), entity=wanted.entity, format=wanted.format,
        delimiter=wanted.delimiter, condition=view.condition if wanted.filter is None else wanted.filter,
        q=wanted.q or view.q, sort=wanted.sort or view.sort,
        columns=wanted.columns or view.columns or list(what.columns), caller=_kept(caller),
        created_by=caller.subject, status="waiting", error=None, rows_done=0, rows_total=None, bytes=0,
        created_at=now, finished_at=None, expires_at=None,
    )  # fmt: skip


def _kept(caller: Caller) -> dict[str, str | None]:
    """What decides which rows the caller sees."""
    return {
        "role": caller.role,
        "user_id": str(caller.user_id) if caller.user_id else None,
        "team_id": str(caller.team_id) if caller.team_id else None,
    }


async def _record(session: AsyncSession, action: str, export: Export, caller: Caller, now: datetime) -> None:
    told = {"entity": export.entity, "format": export.format, "columns": export.columns}
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action, subject_type="export",
        subject_id=export.id, after=told, now=now,
    )  # fmt: skip
