"""What `/v1/settlements` answers."""

from datetime import date

from leadkit.contracts.common import Money, Shape
from pydantic import ConfigDict, Field


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
