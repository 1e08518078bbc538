"""The stages of deals, won and lost, and their owners on a timeline."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from leadkit.contracts.events import Ownership
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import users_by_id
from crm_core.deals.tables import Deal, StageChange
from crm_core.pipelines.queries import StageInfo, stages_by_id
from crm_core.timeline.entries import Entry, PageOf, Scope


async def entries(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """The passages of the scope's deals from stage to stage."""
    if not scope.deal_ids:
        return []
    statement = (
        select(StageChange, Deal.name)
        .join(Deal, (Deal.workspace_id == StageChange.workspace_id) & (Deal.id == StageChange.deal_id))
        .where(StageChange.workspace_id == scope.workspace_id, StageChange.deal_id.in_(scope.deal_ids))
    )
    rows = (await session.execute(page.of(statement, StageChange.at, StageChange.id))).all()
    named = {stage_id for row, _ in rows for stage_id in (row.from_stage_id, row.to_stage_id) if stage_id}
    stages = await stages_by_id(session, scope.workspace_id, list(named))
    return [_entry(row, name, stages) for row, name in rows]


def _entry(row: StageChange, deal: str, stages: Mapping[UUID, StageInfo]) -> Entry:
    left, entered = stages[row.from_stage_id or row.to_stage_id], stages[row.to_stage_id]
    return Entry(
        at=row.at,
        id=row.id,
        kind="stage",
        by=row.by,
        phrase=_phrase(row),
        words={"deal": deal, "left": left.name, "to": entered.name},
        data={
            "deal_id": row.deal_id,
            "from_stage_id": row.from_stage_id,
            "to_stage_id": row.to_stage_id,
            "from_status": row.from_status,
            "to_status": row.to_status,
            "seconds_before": row.seconds_before,
            "note": row.note,
        },
    )


def _phrase(row: StageChange) -> str:
    if row.from_status is None:
        return "deal"
    if row.to_status != "open":
        return row.to_status
    return "stage" if row.from_status == "open" else "reopened"


async def handovers(session: AsyncSession, scope: Scope, page: PageOf) -> list[Entry]:
    """Who got the scope's deals, and when; each deal remembers that itself."""
    if not scope.deal_ids:
        return []
    deals = await session.scalars(
        select(Deal).where(Deal.workspace_id == scope.workspace_id, Deal.id.in_(scope.deal_ids))
    )
    found = [
        (deal, number, Ownership.model_validate(owner)) for deal in deals for number, owner in enumerate(deal.owners)
    ]
    users = await users_by_id(session, scope.workspace_id, [owner.owner_id for *_, owner in found if owner.owner_id])
    told = [
        Entry(
            at=owner.at,
            id=uuid5(deal.id, str(number)),
            kind="assignment",
            by=None,
            phrase="assignment" if owner.owner_id else "unassigned",
            words={"owner": users[owner.owner_id].name} if owner.owner_id else {},
            data={"deal_id": deal.id, "owner_id": owner.owner_id, "team_id": owner.team_id},
        )
        for deal, number, owner in found
    ]
    return page.newest(told)
