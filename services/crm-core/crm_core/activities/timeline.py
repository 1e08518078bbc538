"""Calls, e-mails, meetings, tasks and notes on a timeline."""

from collections.abc import Mapping

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities.tables import Activity
from crm_core.activity_results.queries import names_by_key
from crm_core.timeline.entries import Entry, PageOf, Scope
from crm_core.timeline.words import excerpt

SHOWN = (
    "lead_id", "contact_id", "deal_id", "inquiry_id", "owner_id", "direction", "subject", "body", "due_at",
    "completed_at", "result",
)  # fmt: skip


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """The activities; what an inquiry without a call or e-mail said is told by the inquiry itself."""
    on_it = or_(
        Activity.lead_id.in_(scope.lead_ids),
        Activity.contact_id.in_(scope.contact_ids),
        Activity.deal_id.in_(scope.deal_ids),
    )
    told_elsewhere = (Activity.kind == "note") & Activity.inquiry_id.is_not(None)
    statement = select(Activity).where(Activity.workspace_id == scope.workspace_id, on_it, ~told_elsewhere)
    if page.kinds is not None:
        statement = statement.where(Activity.kind.in_(page.kinds))
    rows = list(await session.scalars(page.of(statement, Activity.at, Activity.id)))
    names = await names_by_key(session, scope.workspace_id) if any(row.result for row in rows) else {}
    return [_entry(row, names) for row in rows]


def _entry(row: Activity, names: Mapping[tuple[str, str], Mapping[str, str]]) -> Entry:
    return Entry(
        at=row.at,
        id=row.id,
        kind=row.kind,
        by=row.by,
        phrase=row.kind,
        words={
            "direction": row.direction,
            "result": names.get((row.kind, row.result or ""), row.result),
            "text": excerpt(row.subject, row.body),
        },
        data={"activity_id": row.id, **{field: getattr(row, field) for field in SHOWN}, **row.data},
    )
