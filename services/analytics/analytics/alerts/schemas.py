"""What is answered about alerts."""

from datetime import date
from typing import Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

AlertStatus = Literal["open", "acknowledged", "withdrawn"]


class AlertOut(Shape):
    """A week in which a metric of a source left its usual range; money is in the workspace's currency."""

    id: UUID
    metric: Literal["cost_per_lead", "leads_to_qualified"]
    source: str | None = Field(examples=["yandex"])
    week: date = Field(description="Its Monday")
    status: AlertStatus
    value: float
    median: float = Field(description="Of the weeks before it")
    low: float = Field(description="End of the usual range: the median less three robust deviations")
    high: float
    leads: int = Field(description="Leads of the source in the week")
    weeks: int = Field(description="How many weeks tell what is usual")
    words: dict[str, str] = Field(examples=[{"en": "A lead from yandex cost ...", "ru": "Лид из yandex стоил ..."}])
    found_at: Moment
    acknowledged_at: Moment | None
    acknowledged_by: str | None
