"""What `/v1/settlements` answers."""

from datetime import date
from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Money, Shape
from pydantic import ConfigDict, Field

from analytics.disputes.schemas import DisputeStatus
from analytics.rate_cards.schemas import Pays

LineState = Literal["owed", "disputed", "returned", "refused"]


class RefusedLeads(Shape):
    """Leads that broke a rule of their card, by the first rule they broke: they are not paid."""

    spam: int
    unreachable: int
    region: int
    repeated: int


class SettlementRow(Shape):
    """One supplier in one currency. `delivered` = `billed` + refused; `owed` = `billed_sum` - `returned_sum`.

    `leads` to `revenue` follow the persons that the supplier brought, whether paid for or not, to the present day.
    """

    supplier: str = Field(examples=["Lead Exchange"])
    delivered: int = Field(description="Leads and actions that a rate card has a price for")
    refused: RefusedLeads
    billed: int
    disputed: int = Field(description="Of those billed, with an open dispute: owed until it is decided")
    returned: int = Field(description="Of those billed, taken back by the supplier")
    billed_sum: Money
    disputed_sum: Money
    returned_sum: Money
    owed: Money
    cost: Money | None = Field(description="`owed` in the workspace's currency; null: a rate is missing")
    leads: int = Field(examples=[40])
    contacted: int
    qualified: int
    won: int
    revenue: Money
    cost_per_lead: Money | None
    cost_per_contacted: Money | None
    cost_per_qualified: Money | None
    cost_per_won: Money | None


class SettlementAnswer(Shape):
    """The settlement of a period: everything that happened, or came, on its days."""

    model_config = ConfigDict(populate_by_name=True)

    start: date = Field(alias="from", description="First local day")
    end: date = Field(alias="to", description="First local day that does not count")
    rows: list[SettlementRow]


class SettlementLine(Shape):
    """One lead, or one action of it, that a rate card has a price for. What is `owed` sums to the settlement's."""

    lead_id: UUID
    supplier: str = Field(examples=["Lead Exchange"])
    card_id: UUID
    pays: Pays
    at: Moment = Field(description="When it came, was qualified or was won")
    day: date = Field(description="That day in the workspace's time zone")
    state: LineState = Field(description="`disputed` is owed until it is decided")
    refused: Literal["spam", "unreachable", "region", "repeated"] | None = Field(description="The rule it broke")
    dispute: DisputeStatus | None
    price: Money
    owed: Money
    returnable_until: Moment
    source: str
    medium: str | None
    campaign: str | None
    contacted: bool
    qualified: bool
