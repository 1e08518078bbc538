"""The steps of a deal: into another stage, to won or lost, and back. Each takes a locked deal."""

from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.history import moment_of
from crm_core.deals.amounts import set_amount
from crm_core.deals.history import enter, last_change
from crm_core.deals.record import record_change, seen
from crm_core.deals.refusals import check_allowed, check_entry
from crm_core.deals.rules import OUTCOMES, Action
from crm_core.deals.schemas import DealLose, DealMove, DealReopen, DealWin
from crm_core.deals.tables import Deal
from crm_core.loss_reasons.choosing import chosen_reason
from crm_core.pipelines.queries import StageInfo, find_stage


async def move_deal(session: AsyncSession, deal: Deal, wanted: DealMove, *, caller: Caller, now: datetime) -> Deal:
    """Into another stage, also of another pipeline; a deal that is there already stays as it is."""
    check_allowed(deal, "move")
    if wanted.stage_id == deal.stage_id:
        return deal
    before = seen(deal)
    left = await _stage(session, deal, deal.stage_id)
    entered = await _stage(session, deal, wanted.stage_id, entered=True)
    check_entry(deal, left, entered)
    await _enter(session, deal, "move", entered, before, at=wanted.at, note=wanted.note, caller=caller, now=now)
    return deal


async def win_deal(session: AsyncSession, deal: Deal, wanted: DealWin, *, caller: Caller, now: datetime) -> Deal:
    """Won, with the amount it was won with."""
    check_allowed(deal, "win")
    before = seen(deal)
    if wanted.amount is not None:
        await set_amount(session, deal, wanted.amount)
    stage = await _stage(session, deal, deal.stage_id)
    check_entry(deal, stage, stage, outcome="won")
    await _enter(session, deal, "win", stage, before, at=wanted.at, note=None, caller=caller, now=now)
    return deal


async def lose_deal(session: AsyncSession, deal: Deal, wanted: DealLose, *, caller: Caller, now: datetime) -> Deal:
    """Lost, for a reason of the catalogue."""
    check_allowed(deal, "lose")
    before = seen(deal)
    reason, note = await chosen_reason(
        session, deal.workspace_id, loss_reason_id=wanted.loss_reason_id, reason=wanted.reason, note=wanted.note
    )
    deal.loss_reason_id, deal.loss_note = reason.id if reason else None, note
    stage = await _stage(session, deal, deal.stage_id)
    check_entry(deal, stage, stage, outcome="lost", loss_reason_key=reason.key if reason else None)
    await _enter(session, deal, "lose", stage, before, at=wanted.at, note=note, caller=caller, now=now)
    return deal


async def reopen_deal(session: AsyncSession, deal: Deal, wanted: DealReopen, *, caller: Caller, now: datetime) -> Deal:
    """Back from won or lost into the named stage, else the one it was in; its history stays."""
    check_allowed(deal, "reopen")
    before = seen(deal)
    left = await _stage(session, deal, deal.stage_id)
    entered = await _stage(session, deal, wanted.stage_id or deal.stage_id, entered=True)
    check_entry(deal, left, entered)
    await _enter(session, deal, "reopen", entered, before, at=wanted.at, note=wanted.note, caller=caller, now=now)
    return deal


async def _stage(session: AsyncSession, deal: Deal, stage_id: UUID, *, entered: bool = False) -> StageInfo:
    found = await find_stage(session, deal.workspace_id, stage_id, entered=entered)
    if found is None:
        raise Invalid.at("/stage_id", "is not a stage of this workspace")
    return found


async def _enter(
    session: AsyncSession,
    deal: Deal,
    action: Action,
    stage: StageInfo,
    before: dict[str, Any],
    *,
    at: datetime | None,
    note: str | None,
    caller: Caller,
    now: datetime,
) -> None:
    moment = moment_of(at, caller=caller, now=now, last=last_change(deal))
    session.add(enter(deal, stage, OUTCOMES[action], at=moment, by=caller.subject, note=note))
    await record_change(session, deal, action, before=before, by=caller.subject, now=now)
