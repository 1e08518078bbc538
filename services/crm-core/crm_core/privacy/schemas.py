"""What erasure and export answer."""

from typing import Any
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from leadkit.contracts.inquiry import Inquiry
from pydantic import Field

from crm_core.access.audit.schemas import AuditOut
from crm_core.activities.schemas import ActivityOut
from crm_core.contacts.schemas import ContactOut
from crm_core.deals.schemas import DealOut
from crm_core.leads.schemas import LeadOut
from crm_core.timeline.schemas import TimelineItem


class ErasureOut(Shape):
    """What was emptied here. lead-intake follows within a minute, by `person.erased`."""

    id: UUID
    at: Moment
    contact_ids: list[UUID]
    lead_ids: list[UUID] = Field(examples=[["0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"]])
    deal_ids: list[UUID]
    inquiry_ids: list[UUID]


class PersonExport(Shape):
    """Everything that crm-core knows of a person. Raw requests lie in lead-intake: `POST /v1/persons/export` there,
    with `addresses` and `submission_ids` as its body, answers the rest."""

    exported_at: Moment
    addresses: dict[str, list[str]] = Field(examples=[{"phone": ["+74951234567"], "email": ["ivan@example.com"]}])
    submission_ids: list[UUID]
    contacts: list[ContactOut]
    leads: list[LeadOut]
    deals: list[DealOut]
    inquiries: list[Inquiry]
    activities: list[ActivityOut]
    timeline: list[TimelineItem]
    audit: list[AuditOut]
    erasures: list[dict[str, Any]] = Field(examples=[[]], description="Former erasures that touched these rows")
