"""Merges of leads and contacts, and merges taken back, on a timeline."""

from uuid import uuid5

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.merging.tables import Merge
from crm_core.timeline.entries import Entry, PageOf, Scope


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """What the scope's leads and contacts were merged with; of each there are few."""
    on_it = [
        and_(Merge.entity == entity, or_(Merge.from_id.in_(ids), Merge.into_id.in_(ids)))
        for entity, ids in (("lead", scope.lead_ids), ("contact", scope.contact_ids))
        if ids
    ]
    if not on_it:
        return []
    rows = list(await session.scalars(select(Merge).where(Merge.workspace_id == scope.workspace_id, or_(*on_it))))
    return page.newest([entry for row in rows for entry in _told(row)])


def _told(row: Merge) -> list[Entry]:
    words = {"entity": row.entity}
    data = {"merge_id": row.id, "entity": row.entity, "from_id": row.from_id, "into_id": row.into_id}
    done = Entry(
        at=row.at, id=row.id, kind="merge", by=row.by, phrase="merged", words=words, data={**data, "note": row.note}
    )
    if row.undone_at is None:
        return [done]
    undone = uuid5(row.id, "undone")
    return [
        done,
        Entry(at=row.undone_at, id=undone, kind="merge", by=row.undone_by, phrase="unmerged", words=words, data=data),
    ]
