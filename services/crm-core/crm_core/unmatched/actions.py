"""Naming addresses that never match, and letting them match again. What is stored already stays where it is."""

from datetime import datetime
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Conflict, Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.contacts.points import email, messenger, messenger_from, phone
from crm_core.uniqueness import unique
from crm_core.unmatched.schemas import UnmatchedAddressCreate
from crm_core.unmatched.tables import UnmatchedAddress


class AlreadyUnmatched(Conflict):
    """The address is on the list."""

    code = "already-unmatched"
    title = "This address never matches already"


async def add_unmatched(
    session: AsyncSession, wanted: UnmatchedAddressCreate, *, caller: Caller, now: datetime
) -> UnmatchedAddress:
    """From now on no inquiry is matched by the address; it still stands on the cards. Raises `Invalid` for what is no
    address, `AlreadyUnmatched`."""
    region = (await existing_workspace(session, caller.workspace)).default_region
    value = _normalised(wanted, region)
    if value is None:
        raise Invalid.at("/value", f"is not an address of the kind {wanted.kind}")
    row = UnmatchedAddress(
        workspace_id=caller.workspace, id=new_id(), kind=wanted.kind, value=value, reason=wanted.reason,
        note=wanted.note, created_by=caller.subject, created_at=now,
    )  # fmt: skip
    async with unique(session, AlreadyUnmatched()):
        session.add(row)
    await _record(session, "unmatched_address.create", row, caller, now)
    return row


async def remove_unmatched(session: AsyncSession, address_id: UUID, *, caller: Caller, now: datetime) -> None:
    """The address matches again; raises `NotFound`."""
    row = await session.scalar(
        select(UnmatchedAddress)
        .where(UnmatchedAddress.workspace_id == caller.workspace, UnmatchedAddress.id == address_id)
        .with_for_update()
    )
    if row is None:
        raise NotFound("There is no such address.")
    await session.delete(row)
    await _record(session, "unmatched_address.delete", row, caller, now)


def _normalised(wanted: UnmatchedAddressCreate, region: str) -> str | None:
    if wanted.kind == "phone":
        return phone(wanted.value, region)
    return email(wanted.value) if wanted.kind == "email" else messenger(messenger_from(wanted.value))


async def _record(session: AsyncSession, action: str, row: UnmatchedAddress, caller: Caller, now: datetime) -> None:
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action, subject_type="unmatched_address",
        subject_id=row.id, after={"kind": row.kind, "reason": row.reason}, now=now,
    )  # fmt: skip
