"""Deals go with their lead, contact or company when it is merged."""

from leadkit.outbox import NewEvent

from crm_core.deals.queries import state_of
from crm_core.deals.tables import Deal
from crm_core.moving import Holder


def _told(row: Deal) -> NewEvent:
    return NewEvent("deal.updated", row.workspace_id, row.id, state_of(row))


OF_LEADS = Holder(name="deals", table=Deal, column="lead_id", event=_told)
OF_CONTACTS = Holder(name="deals", table=Deal, column="contact_id", event=_told)
OF_COMPANIES = Holder(name="deals", table=Deal, column="company_id", event=_told)
