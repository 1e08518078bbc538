"""A deal's way through its stages: what an entry into a stage or end writes down, on the deal and beside it."""

from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.contracts.common import written
from leadkit.contracts.events import DealStatus
from leadkit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner
from crm_core.deals.queries import stage_changes
from crm_core.deals.rules import passage_key, probability_of
from crm_core.deals.schemas import DealHistory, DealPassage
from crm_core.deals.tables import Deal, StageChange
from crm_core.pipelines.queries import StageInfo, stages_by_id
from crm_core.rows import new_row


def passage_into_first(deal: Deal, *, by: str) -> StageChange:
    """How the history of a new deal begins."""
    return new_row(
        StageChange, workspace_id=deal.workspace_id, id=new_id(), deal_id=deal.id, at=deal.entered_stage_at, by=by,
        from_stage_id=None, to_stage_id=deal.stage_id, from_status=None, to_status="open", seconds_before=None,
        note=None,
    )  # fmt: skip


def last_change(deal: Deal) -> datetime:
    """When the deal last entered a stage or an end; nothing about stages can have happened before."""
    return max(at for at in (deal.entered_stage_at, deal.won_at, deal.lost_at) if at is not None)


def enter(deal: Deal, stage: StageInfo, status: DealStatus, *, at: datetime, by: str, note: str | None) -> StageChange:
    """Takes the deal into the stage (or the end, where it keeps its stage); answers the passage to be stored."""
    passage = StageChange(
        workspace_id=deal.workspace_id, id=new_id(), deal_id=deal.id, at=at, by=by, from_stage_id=deal.stage_id,
        to_stage_id=stage.id, from_status=deal.status, to_status=status,
        seconds_before=int((at - last_change(deal)).total_seconds()), note=note,
    )  # fmt: skip
    deal.status = status
    deal.pipeline_id, deal.stage_id = stage.pipeline_id, stage.id
    deal.probability = probability_of(status, stage.probability)
    deal.won_at = at if status == "won" else None
    deal.lost_at = at if status == "lost" else None
    if status == "open":
        deal.entered_stage_at = at
    if status != "lost":
        deal.loss_reason_id = deal.loss_note = None
    note_passage(deal, passage_key(status, stage.id), at)
    return passage


def note_passage(deal: Deal, key: str, at: datetime) -> None:
    """The first time of each stage is kept for ever, and every time is counted."""
    deal.reached = {key: written(at), **deal.reached}
    deal.passages = deal.passages | {key: deal.passages.get(key, 0) + 1}


def own(deal: Deal, owner: Owner, at: datetime) -> None:
    """Gives the deal an owner and remembers since when."""
    deal.owner_id, deal.team_id = owner
    deal.owners = [*deal.owners, ownership(owner.owner_id, owner.team_id, at)]


def ownership(owner_id: UUID | None, team_id: UUID | None, at: datetime) -> dict[str, str | None]:
    """One entry of a deal's owners, as its events tell it."""
    return {
        "owner_id": str(owner_id) if owner_id else None,
        "team_id": str(team_id) if team_id else None,
        "at": written(at),
    }


async def history_of(session: AsyncSession, deal: Deal, *, now: datetime) -> DealHistory:
    """Each stay in a stage, and each end, with how long it lasted."""
    changes = await stage_changes(session, deal.workspace_id, deal.id)
    stages = await stages_by_id(session, deal.workspace_id, list({change.to_stage_id for change in changes}))
    lefts: list[datetime | None] = [*(change.at for change in changes[1:]), None]
    items, spent = [], dict[UUID, int]()
    for change, left in zip(changes, lefts, strict=True):
        stage, seconds = stages[change.to_stage_id], int(((left or now) - change.at).total_seconds())
        items.append(
            DealPassage(
                stage_id=stage.id, stage=stage.name, pipeline_id=stage.pipeline_id,
                status=cast(DealStatus, change.to_status), entered_at=change.at, left_at=left, seconds=seconds,
                by=change.by, note=change.note,
            )
        )  # fmt: skip
        if change.to_status == "open":
            spent[stage.id] = spent.get(stage.id, 0) + seconds
    return DealHistory(items=items, seconds_in_stage=spent)
