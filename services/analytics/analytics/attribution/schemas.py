"""What is answered about attribution."""

from datetime import date
from typing import Any

from leadkit.contracts.common import Shape
from pydantic import ConfigDict, Field

from analytics.metrics.schemas import NamesOut


class AttributionModelOut(Shape):
    """A model of attribution."""

    key: str = Field(examples=["time_decay"])
    name: NamesOut
    definition: str


class AttributionModels(Shape):
    """The models there are."""

    items: list[AttributionModelOut]


class AttributionAnswer(Shape):
    """Rows keyed by column. Counts have two decimals, since a lead may be owed to several touches; each column sums
    exactly to its total, which is that of the metric with basis cohort, whatever the model."""

    model_config = ConfigDict(populate_by_name=True)

    start: date = Field(alias="from", description="First local day on which the leads came")
    end: date = Field(alias="to", description="First local day that does not count")
    models: dict[str, str] = Field(examples=[{"leads": "linear"}], description="Metric -> the model it is given out by")
    lookback_days: int = Field(examples=[90], description="Touches that lie further before the lead count nothing")
    columns: list[str]
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
