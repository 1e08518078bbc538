"""What the report endpoints answer."""

from datetime import date
from typing import Any

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from analytics.metrics.schemas import NamesOut, QueryAnswer


class ReportAnswer(QueryAnswer):
    """A standard report: the answer to its question, with the columns that it adds."""

    report: str = Field(examples=["leads-by-source"])
    name: NamesOut
    definition: str


class ReportOut(Shape):
    """A standard report of the catalogue."""

    key: str = Field(examples=["leads-by-source"])
    name: NamesOut
    definition: str
    path: str = Field(examples=["/v1/reports/leads-by-source"])


class ReportList(Shape):
    """The catalogue of standard reports."""

    items: list[ReportOut]


class BacktestOut(Shape):
    """How the same method would have done in past weeks that it had not seen."""

    weeks: int
    within: float = Field(description="Share of those weeks inside their interval; about 0.95 where it fits")
    error: float = Field(description="Mean absolute error, one week ahead")
    naive_error: float = Field(description="The same of expecting the week before again")


class ForecastAnswer(Shape):
    """Past weeks (`kind` history) and coming ones (`forecast`) with 95 % intervals; the present week is a coming one.

    A history of fewer than eight complete weeks has no forecast.
    """

    report: str = Field(examples=["forecast"])
    name: NamesOut
    definition: str
    method: str = Field(examples=["simple exponential smoothing"])
    columns: list[str]
    rows: list[dict[str, Any]]
    this_week: dict[str, Any] = Field(description="What the present week has brought so far")
    backtest: dict[str, BacktestOut | None]
    history_from: date | None = Field(description="The first week that counts, by its Monday")
    as_of: Moment | None
    lag_s: float | None
