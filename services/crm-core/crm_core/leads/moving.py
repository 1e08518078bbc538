"""Leads go with the contact that they belong to when it is merged."""

from leadkit.outbox import NewEvent

from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.moving import Holder


def _told(row: Lead) -> NewEvent:
    return lead_event("lead.updated", row)


OF_CONTACTS = Holder(name="leads", table=Lead, column="contact_id", event=_told)
