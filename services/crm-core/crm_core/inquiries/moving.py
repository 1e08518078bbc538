"""Inquiries go with their lead or contact when it is merged."""

from leadkit.contracts.inquiry import Inquiry
from leadkit.contracts.touches import outgoing
from leadkit.outbox import NewEvent

from crm_core.inquiries.tables import InquiryRow
from crm_core.inquiries.wire import inquiry_event
from crm_core.moving import Holder


def _told(row: InquiryRow) -> NewEvent:
    return inquiry_event(row, outgoing(Inquiry.model_validate(row.body).attribution))


OF_LEADS = Holder(name="inquiries", table=InquiryRow, column="lead_id", event=_told)
OF_CONTACTS = Holder(name="inquiries", table=InquiryRow, column="contact_id", event=_told)
