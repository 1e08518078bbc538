"""Changes of cards on a timeline: which fields, and the masked values before and after."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit.rules import changed_fields
from crm_core.access.audit.tables import Audit
from crm_core.timeline.entries import Entry, PageOf, Scope

ACTIONS = ("lead.update", "contact.update", "deal.update")
"""Steps, stages and owners have entries of their own."""


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """Who changed the cards of the scope's leads, contacts and deals."""
    statement = select(Audit).where(
        Audit.workspace_id == scope.workspace_id,
        Audit.subject_id.in_([*scope.lead_ids, *scope.contact_ids, *scope.deal_ids]),
        Audit.action.in_(ACTIONS),
    )
    return [_entry(row) for row in await session.scalars(page.of(statement, Audit.at, Audit.id))]


def _entry(row: Audit) -> Entry:
    fields = changed_fields(row.before, row.after)
    return Entry(
        at=row.at,
        id=row.id,
        kind="change",
        by=row.by,
        phrase="change",
        words={"entity": row.subject_type, "fields": fields},
        data={
            f"{row.subject_type}_id": row.subject_id,
            "fields": fields,
            "before": {name: (row.before or {}).get(name) for name in fields},
            "after": {name: (row.after or {}).get(name) for name in fields},
        },
    )
