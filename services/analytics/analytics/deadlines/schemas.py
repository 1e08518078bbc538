"""What the report on deadlines answers."""

from datetime import date
from typing import Any

from leadkit.contracts.common import Moment
from pydantic import BaseModel, ConfigDict, Field

from analytics.metrics.schemas import NamesOut


class DeadlineAnswer(BaseModel):
    """A row for each manager or team: deadlines `set`, `met`, answered `late`, still `waiting`; `breached` in all, of
    them `not_accepted` in time. Times are working time in seconds."""

    model_config = ConfigDict(populate_by_name=True)

    report: str = Field(examples=["deadlines"])
    name: NamesOut
    definition: str
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    columns: list[str]
    rows: list[dict[str, Any]]
    as_of: Moment | None
    lag_s: float | None
