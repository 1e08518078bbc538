"""Making, changing and handing over deals; the steps from stage to stage are in `steps`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Money
from leadkit.ids import new_id
from leadkit.merge_patch import changes, merged
from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.history import moment_of
from crm_core.access.ownership import named_owner, owner_or_caller
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.companies.queries import company_by_id
from crm_core.contacts.queries import contact_by_id
from crm_core.deals.history import note_passage, own, ownership, passage_into_first
from crm_core.deals.record import record_change, record_new, seen
from crm_core.deals.refusals import check_entry
from crm_core.deals.schemas import DealAssign, DealCreate, DealPatch
from crm_core.deals.tables import Deal
from crm_core.leads.queries import lead_by_id
from crm_core.naming import named
from crm_core.pipelines.queries import entry_stage

NEVER_NULL = ("name", "probability", "custom", "tags")


async def add_deal(session: AsyncSession, wanted: DealCreate, *, caller: Caller, now: datetime) -> Deal:
    """A deal as a request asks for it; raises `Invalid` for anything it names that is not there."""
    if wanted.lead_id is not None:
        await named("/lead_id", lead_by_id(session, caller, wanted.lead_id))
    await _check_links(session, caller, wanted.contact_id, wanted.company_id)
    owner = await owner_or_caller(session, wanted.owner_id, caller)
    return await create_deal(
        session,
        workspace_id=caller.workspace,
        name=wanted.name,
        contact_id=wanted.contact_id,
        company_id=wanted.company_id,
        lead_id=wanted.lead_id,
        pipeline_id=wanted.pipeline_id,
        stage_id=wanted.stage_id,
        amount=wanted.amount,
        expected_close=wanted.expected_close,
        owner_id=owner.owner_id,
        team_id=owner.team_id,
        custom=wanted.custom,
        tags=wanted.tags,
        by=caller.subject,
        now=moment_of(wanted.at, caller=caller, now=now, last=None),
    )


async def create_deal(
    session: AsyncSession,
    *,
    workspace_id: UUID,
    name: str,
    contact_id: UUID | None,
    company_id: UUID | None,
    lead_id: UUID | None,
    pipeline_id: UUID | None,
    stage_id: UUID | None = None,
    amount: Money | None,
    expected_close: date | None = None,
    owner_id: UUID | None,
    team_id: UUID | None,
    custom: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    by: str,
    now: datetime,
) -> Deal:
    """A deal in the first stage of its pipeline (the default one when none is named), or in the named stage.

    `now` is when it began. Raises `Invalid` for a pipeline, stage or currency that is not the workspace's."""
    stage = await entry_stage(session, workspace_id, pipeline_id=pipeline_id, stage_id=stage_id)
    deal = Deal(
        workspace_id=workspace_id, id=new_id(), version=1, name=name, lead_id=lead_id, contact_id=contact_id,
        company_id=company_id, pipeline_id=stage.pipeline_id, stage_id=stage.id, status="open",
        amount=amount.amount if amount else None, currency=await own_currency(session, workspace_id, amount),
        probability=stage.probability, owner_id=owner_id, team_id=team_id, expected_close=expected_close,
        entered_stage_at=now, reached={}, passages={}, owners=[ownership(owner_id, team_id, now)],
        custom=dict(custom or {}), tags=list(tags), created_at=now, updated_at=now,
    )  # fmt: skip
    check_entry(deal, None, stage)
    note_passage(deal, str(stage.id), now)
    await record_new(session, deal, by=by, now=now)
    session.add(passage_into_first(deal, stage, at=now, by=by))
    return deal


async def change_deal(session: AsyncSession, deal: Deal, wanted: DealPatch, *, caller: Caller, now: datetime) -> Deal:
    """Applies a merge patch to a (locked) deal."""
    before = seen(deal)
    sent = changes(wanted, never_null=NEVER_NULL)
    await _check_links(session, caller, sent.get("contact_id"), sent.get("company_id"))
    if "amount" in sent:
        sent["amount"] = await _new_amount(session, deal, wanted.amount)
    if "probability" in sent and deal.status != "open":
        raise Invalid.at("/probability", "is certain once a deal is won or lost")
    if "custom" in sent:
        sent["custom"] = merged(deal.custom, sent["custom"])
    if (owner_id := sent.pop("owner_id", deal.owner_id)) != deal.owner_id:
        if owner_id is None:
            raise Invalid.at("/owner_id", "must not be null")
        own(deal, await named_owner(session, deal.workspace_id, owner_id), now)
    for field, value in sent.items():
        setattr(deal, field, value)
    await record_change(session, deal, "update", before=before, by=caller.subject, now=now)
    return deal


async def assign_deal(session: AsyncSession, deal: Deal, wanted: DealAssign, *, caller: Caller, now: datetime) -> Deal:
    """Gives a (locked) deal, open or not, another owner."""
    before = seen(deal)
    owner = await named_owner(session, deal.workspace_id, wanted.owner_id)
    own(deal, owner, moment_of(wanted.at, caller=caller, now=now, last=deal.created_at))
    await record_change(session, deal, "assign", before=before, by=caller.subject, now=now)
    return deal


async def own_currency(session: AsyncSession, workspace_id: UUID, amount: Money | None) -> str:
    """The workspace's currency; raises `Invalid` for an amount in another, which no report could add up."""
    workspace = await existing_workspace(session, workspace_id)
    if amount is not None and amount.currency != workspace.currency:
        raise Invalid.at("/amount/currency", f"must be the workspace's currency, {workspace.currency}")
    return workspace.currency


async def _new_amount(session: AsyncSession, deal: Deal, amount: Money | None) -> Decimal | None:
    if amount is None and deal.status == "won":
        raise Invalid.at("/amount", "a won deal needs an amount")
    await own_currency(session, deal.workspace_id, amount)
    return amount.amount if amount else None


async def _check_links(session: AsyncSession, caller: Caller, contact_id: UUID | None, company_id: UUID | None) -> None:
    if contact_id is not None:
        await named("/contact_id", contact_by_id(session, caller, contact_id))
    if company_id is not None:
        await named("/company_id", company_by_id(session, caller.workspace, company_id))
