"""Calls go with their lead or contact when it is merged; their activities tell of it."""

from crm_core.calls.tables import CallRow
from crm_core.moving import Holder

OF_LEADS = Holder(name="calls", table=CallRow, column="lead_id")
OF_CONTACTS = Holder(name="calls", table=CallRow, column="contact_id")
