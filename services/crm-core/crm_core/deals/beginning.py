"""New deals: what they name is read for a whole batch at once, each is then checked and made by itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner, Owners
from crm_core.companies.queries import companies_among
from crm_core.contacts.queries import contacts_seen_among
from crm_core.custom_fields.queries import Customs, customs_for
from crm_core.custom_fields.rules import Values
from crm_core.deals.amounts import check_amount, own_currency, worth
from crm_core.deals.history import note_passage, ownership
from crm_core.deals.lines import Products, lines_read, products_named
from crm_core.deals.refusals import check_entry
from crm_core.deals.schemas import DealCreate
from crm_core.deals.tables import Deal
from crm_core.finding.words import search_text
from crm_core.leads.queries import leads_seen_among
from crm_core.pipelines.queries import Entrances
from crm_core.rows import new_row


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the deals of a batch name, as far as it is there and the caller sees it."""

    currency: str
    entrances: Entrances
    customs: Customs
    products: Products
    owners: Owners
    leads: Collection[UUID]
    contacts: Collection[UUID]
    companies: Collection[UUID]

    @classmethod
    async def of(cls, session: AsyncSession, wanted: Sequence[DealCreate], caller: Caller) -> Self:
        """Reads all of it with a handful of statements."""
        return cls(
            currency=await own_currency(session, caller.workspace, None),
            entrances=await Entrances.of(session, caller.workspace),
            customs=await customs_for(session, caller.workspace, "deal", [one.custom for one in wanted]),
            products=await products_named(session, caller.workspace, [one.lines for one in wanted]),
            owners=await Owners.among(session, [one.owner_id for one in wanted], caller),
            leads=await leads_seen_among(session, caller, [one.lead_id for one in wanted]),
            contacts=await contacts_seen_among(session, caller, [one.contact_id for one in wanted]),
            companies=await companies_among(session, caller.workspace, [one.company_id for one in wanted]),
        )

    def check(self, wanted: DealCreate) -> None:
        """Raises `Invalid` for what one deal names and is not there."""
        check_amount(wanted.amount, self.currency)
        if wanted.lead_id is not None and wanted.lead_id not in self.leads:
            raise Invalid.at("/lead_id", "There is no such lead.")
        if wanted.contact_id is not None and wanted.contact_id not in self.contacts:
            raise Invalid.at("/contact_id", "There is no such contact.")
        if wanted.company_id is not None and wanted.company_id not in self.companies:
            raise Invalid.at("/company_id", "There is no such company.")


def draft(
    wanted: DealCreate,
    workspace_id: UUID,
    entrances: Entrances,
    owner: Owner,
    currency: str,
    *,
    custom: Values,
    products: Products | None = None,
    now: datetime,
) -> Deal:
    """A deal that began at `now`, not stored yet; raises `Invalid` where it may not begin. `custom` are the values of
    its custom fields as they are stored."""
    lines = lines_read(wanted.lines, products or {}, currency)
    stage = entrances.find(pipeline_id=wanted.pipeline_id, stage_id=wanted.stage_id)
    deal = new_row(
        Deal, workspace_id=workspace_id, id=new_id(), version=1, name=wanted.name,
        search_text=search_text([wanted.name]), next_step_at=None, lead_id=wanted.lead_id,
        contact_id=wanted.contact_id, company_id=wanted.company_id, pipeline_id=stage.pipeline_id, stage_id=stage.id,
        status="open", amount=worth(wanted.amount, lines), lines=lines, currency=currency,
        probability=stage.probability, owner_id=owner.owner_id, team_id=owner.team_id,
        expected_close=wanted.expected_close, entered_stage_at=now, won_at=None, lost_at=None, loss_reason_id=None,
        loss_note=None, reached={}, passages={}, owners=[ownership(owner.owner_id, owner.team_id, now)],
        custom=custom.stored, custom_told=custom.told, tags=wanted.tags, created_at=now, updated_at=now,
    )  # fmt: skip
    check_entry(deal, None, stage)
    note_passage(deal, str(stage.id), now)
    return deal
