"""Making, changing and handing over deals; the steps from stage to stage are in `steps`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.merge_patch import changes
from leadkit.problems import Invalid, Problem
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.history import moment_of
from crm_core.access.ownership import Owner, named_owner
from crm_core.companies.queries import company_by_id
from crm_core.contacts.queries import contact_by_id
from crm_core.custom_fields.queries import customs_for
from crm_core.deals.amounts import own_currency, set_amount
from crm_core.deals.beginning import Surroundings, draft
from crm_core.deals.history import own, passage_into_first
from crm_core.deals.lines import lines_read, products_named, products_on, sum_of
from crm_core.deals.record import record_change, record_new, seen
from crm_core.deals.refusals import check_kept, facts_of
from crm_core.deals.schemas import DealAssign, DealCreate, DealLines, DealPatch
from crm_core.deals.tables import Deal
from crm_core.naming import named
from crm_core.pipelines.queries import Entrances, find_stage
from crm_core.storable import check_storable

NEVER_NULL = ("name", "probability", "custom", "tags")


async def add_deals(
    session: AsyncSession, wanted: Sequence[DealCreate], *, caller: Caller, now: datetime
) -> list[Deal | Problem]:
    """A deal for each, or what it names that is not there, in order; a handful of statements for all."""
    around = await Surroundings.of(session, wanted, caller)
    made: list[Deal | Problem] = []
    for one in wanted:
        try:
            check_storable(one)
            around.check(one)
            moment = moment_of(one.at, caller=caller, now=now, last=None)
            owner = around.owners.of(one.owner_id)
            made.append(
                draft(
                    one,
                    caller.workspace,
                    around.entrances,
                    owner,
                    around.currency,
                    custom=around.customs.values(one.custom),
                    products=around.products,
                    now=moment,
                )
            )
        except Problem as problem:
            made.append(problem)
    new = [one for one in made if isinstance(one, Deal)]
    passages = [passage_into_first(deal, by=caller.subject) for deal in new]
    await record_new(session, caller.workspace, new, passages, by=caller.subject, now=now)
    return made


async def add_deal(session: AsyncSession, wanted: DealCreate, *, caller: Caller, now: datetime) -> Deal:
    """A deal as a request asks for it; raises `Invalid` for anything it names that is not there."""
    (made,) = await add_deals(session, [wanted], caller=caller, now=now)
    if isinstance(made, Problem):
        raise made
    return made


async def create_deal(
    session: AsyncSession,
    wanted: DealCreate,
    *,
    workspace_id: UUID,
    owner: Owner,
    carried: Mapping[str, Any],
    by: str,
    now: datetime,
) -> Deal:
    """A deal as converting a lead makes it, in the first stage of its pipeline unless another is named, with custom
    values `carried` over as far as its fields can hold them. `now` is when it began.

    Raises `Invalid` for a pipeline, stage or currency that is not the workspace's, or values that are no such."""
    check_storable(wanted)
    currency = await own_currency(session, workspace_id, wanted.amount)
    customs = await customs_for(session, workspace_id, "deal", [wanted.custom, carried])
    given = customs.values(wanted.custom, before={})
    entrances = await Entrances.of(session, workspace_id)
    custom = customs.fitting(carried, before=given.stored)
    deal = draft(wanted, workspace_id, entrances, owner, currency, custom=custom, now=now)
    await record_new(session, workspace_id, [deal], [passage_into_first(deal, by=by)], by=by, now=now)
    return deal


async def change_deal(session: AsyncSession, deal: Deal, wanted: DealPatch, *, caller: Caller, now: datetime) -> Deal:
    """Applies a merge patch to a (locked) deal; what its stage asks for stays filled."""
    before, facts = seen(deal), facts_of(deal)
    check_storable(wanted)
    sent = changes(wanted, never_null=NEVER_NULL)
    await _check_links(session, caller, sent.get("contact_id"), sent.get("company_id"))
    if sent.pop("amount", deal) is not deal:
        await set_amount(session, deal, wanted.amount)
    if "probability" in sent and deal.status != "open":
        raise Invalid.at("/probability", "is certain once a deal is won or lost")
    if "custom" in sent:
        customs = await customs_for(session, deal.workspace_id, "deal", [sent["custom"]])
        custom = customs.values(sent["custom"], before=deal.custom)
        sent |= {"custom": custom.stored, "custom_told": custom.told}
    if (owner_id := sent.pop("owner_id", deal.owner_id)) != deal.owner_id:
        if owner_id is None:
            raise Invalid.at("/owner_id", "must not be null")
        own(deal, await named_owner(session, deal.workspace_id, owner_id), now)
    for field, value in sent.items():
        setattr(deal, field, value)
    check_kept(deal, facts, await find_stage(session, deal.workspace_id, deal.stage_id))
    await record_change(session, deal, "update", before=before, by=caller.subject, now=now)
    return deal


async def put_lines(session: AsyncSession, deal: Deal, wanted: DealLines, *, caller: Caller, now: datetime) -> Deal:
    """Replaces the lines of a (locked) deal, open or not; its amount is their sum from then on. Without any the amount
    stays until somebody sets it otherwise."""
    check_storable(wanted)
    before = seen(deal)
    currency = await own_currency(session, deal.workspace_id, None)
    products = await products_named(session, deal.workspace_id, [wanted.lines])
    lines = lines_read(wanted.lines, products, currency, kept=products_on(deal.lines))
    if lines == deal.lines:
        return deal
    facts = facts_of(deal)
    deal.lines = lines
    check_kept(deal, facts, await find_stage(session, deal.workspace_id, deal.stage_id))
    if lines:
        deal.amount, deal.currency = sum_of(lines), currency
    await record_change(session, deal, "update", before=before, by=caller.subject, now=now)
    return deal


async def assign_deal(session: AsyncSession, deal: Deal, wanted: DealAssign, *, caller: Caller, now: datetime) -> Deal:
    """Gives a (locked) deal, open or not, another owner."""
    before = seen(deal)
    owner = await named_owner(session, deal.workspace_id, wanted.owner_id)
    if owner == (deal.owner_id, deal.team_id):
        return deal
    own(deal, owner, moment_of(wanted.at, caller=caller, now=now, last=deal.created_at))
    await record_change(session, deal, "assign", before=before, by=caller.subject, now=now)
    return deal


async def _check_links(session: AsyncSession, caller: Caller, contact_id: UUID | None, company_id: UUID | None) -> None:
    if contact_id is not None:
        await named("/contact_id", contact_by_id(session, caller, contact_id))
    if company_id is not None:
        await named("/company_id", company_by_id(session, caller.workspace, company_id))
