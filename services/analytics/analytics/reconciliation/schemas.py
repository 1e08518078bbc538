"""What the reconciliation answers."""

from datetime import date

from leadkit.contracts.common import Moment, Shape
from pydantic import ConfigDict, Field


class ReconciliationOut(Shape):
    """received = created + attached + reopened + interest + spam + duplicate + ignored + waiting + parked + unreadable
    + difference. Each inquiry, by its id, is in exactly one of them."""

    model_config = ConfigDict(populate_by_name=True)

    start: date = Field(alias="from", description="First local day of receipt")
    end: date = Field(alias="to", description="First local day that does not count")
    received: int = Field(description="Every submission, and every inquiry that reached crm-core without one")
    created: int = Field(description="Made a lead")
    attached: int = Field(description="Put on an open lead or deal")
    reopened: int = Field(description="Reopened a lead")
    interest: int = Field(description="Left no way to contact the person")
    spam: int
    duplicate: int = Field(description="The same submission sent again")
    ignored: int = Field(description="No inquiry: bounces, outbound calls, test pings")
    waiting: int = Field(description="Pending, ready, or delivered a moment ago")
    parked: int = Field(description="Refused by crm-core; can be replayed")
    unreadable: int = Field(description="Stored raw; can be replayed")
    direct: int = Field(description="Of received: came to crm-core without lead-intake")
    missing: int = Field(description="Delivered, says lead-intake; crm-core has no such inquiry")
    unexplained: int = Field(description="Came through lead-intake, says crm-core; lead-intake has no such submission")
    difference: int = Field(description="missing + unexplained: 0 when nothing is lost", examples=[0])
    balanced: bool
    checked_at: Moment
