"""Writing the audit log, in the transaction of the change itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from leadkit.ids import new_id_text
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit.rules import Snapshot, difference
from crm_core.access.audit.tables import Audit
from crm_core.rows import fixed_row, insert_rows

SYSTEM = "system"
"""`by` of what no caller asked for: timers, consumers, assignment by rules."""


class Change(NamedTuple):
    """One change of one row, as a batch records many."""

    action: str
    subject_type: str
    subject_id: UUID
    before: Snapshot | None = None
    after: Snapshot | None = None


async def record(
    session: AsyncSession,
    *,
    workspace_id: UUID,
    by: str,
    action: str,
    subject_type: str,
    subject_id: UUID,
    before: Snapshot | None = None,
    after: Snapshot | None = None,
    now: datetime,
) -> None:
    """Note one change; `by` is the caller's `subject` (or SYSTEM), `action` reads `lead.qualify`.

    Give the whole states before and after: only the fields that differ are kept, values about persons masked."""
    change = Change(action, subject_type, subject_id, before, after)
    await record_all(session, workspace_id=workspace_id, by=by, changes=[change], now=now)


async def record_all(
    session: AsyncSession, *, workspace_id: UUID, by: str, changes: Sequence[Change], now: datetime
) -> None:
    """Note many changes of one workspace with one INSERT."""
    rows = []
    for change in changes:
        before, after = difference(change.subject_type, change.before, change.after)
        rows.append(
            fixed_row(
                Audit, workspace_id=workspace_id, id=new_id_text(), at=now, by=by, action=change.action,
                subject_type=change.subject_type, subject_id=change.subject_id, before=before, after=after,
            )
        )  # fmt: skip
    await insert_rows(session, rows)
