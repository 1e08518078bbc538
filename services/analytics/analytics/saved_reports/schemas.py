"""What `/v1/saved-reports` takes and answers."""

from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leadkit.contracts.common import Moment, Shape
from pydantic import AfterValidator, Field, model_validator

from analytics.projections.measures import Basis
from analytics.reports.periods import Relative

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00\n\r]*\S[^\x00\n\r]*$")]
Key = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[a-z0-9_-]+$")]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone such as Europe/Moscow") from None
    return name


class SavedQuery(Shape):
    """The question: a standard report, or any metrics by any dimensions, of a period relative to the day it is run."""

    report: Key | None = Field(None, examples=["leads-by-source"], description="A standard report; else `metrics`")
    metrics: list[Key] = Field(default_factory=list, max_length=100, examples=[["leads", "cost_per_lead"]])
    by: list[Key] = Field(default_factory=list, max_length=20, examples=[["source"]])
    where: str | None = Field(None, max_length=4000, pattern=r"^[^\x00]*$", examples=["source:google"])
    basis: Basis = "cohort"
    period: Relative = Field("last_30_days", description="The days it means on the day it is run")

    @model_validator(mode="after")
    def _one_question(self) -> "SavedQuery":
        if (self.report is None) is not bool(self.metrics):
            raise ValueError("names either a report or metrics")
        return self


class Schedule(Shape):
    """When it is sent: once a day, week or month at a local time. `weekday` 1 is Monday; `day` 31 is the last one."""

    every: Literal["day", "week", "month"] = Field(examples=["week"])
    at: str = Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00"])
    weekday: int | None = Field(None, ge=1, le=7, examples=[1])
    day: int | None = Field(None, ge=1, le=31)
    time_zone: Annotated[str, Field(max_length=60), AfterValidator(_zone)] | None = Field(
        None, examples=["Europe/Moscow"], description="null: the workspace's"
    )

    @model_validator(mode="after")
    def _complete(self) -> "Schedule":
        if (self.every == "week") is not (self.weekday is not None):
            raise ValueError("a weekly schedule has a weekday, and no other has")
        if (self.every == "month") is not (self.day is not None):
            raise ValueError("a monthly schedule has a day, and no other has")
        return self


class Delivery(Shape):
    """Where and when a report is sent: POST, signed per Standard Webhooks."""

    url: str = Field(max_length=2000, examples=["https://example.com/hooks/reports"])
    format: Literal["json", "csv"] = "json"
    schedule: Schedule


class SavedReportCreate(Shape):
    """A report to save; `shared` shows it to everybody of the workspace."""

    name: Name = Field(examples=["Leads by source, weekly"])
    query: SavedQuery
    shared: bool = False
    delivery: Delivery | None = None


class SavedReportPatch(Shape):
    """Merge patch: what is left out stays; `query` and `delivery` are replaced as a whole, null ends the delivery."""

    name: Name = Field(default_factory=str)
    query: SavedQuery = Field(default_factory=lambda: SavedQuery(metrics=["leads"]))
    shared: bool = Field(default_factory=bool)
    delivery: Delivery | None = None


class SavedReportOut(Shape):
    """A saved report; `mine`: the caller saved it and may change it."""

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Leads by source, weekly"])
    query: SavedQuery
    shared: bool
    delivery: Delivery | None
    next_run_at: Moment | None
    paused: str | None = Field(description="Why it is not sent any more; saving its delivery again resumes it")
    secret: str | None = Field(description="Signs what is sent (whsec_...); shown only when it is made")
    mine: bool
    created_by: str
    created_at: Moment
    updated_at: Moment


class DeliveryOut(Shape):
    """One sending of a report: how often it was tried and what the receiver answered last."""

    id: UUID
    report_id: UUID
    due_at: Moment
    status: Literal["waiting", "delivered", "failed"] = Field(examples=["delivered"])
    attempts: int
    next_attempt_at: Moment | None = Field(description="null once it is over")
    answered: int | None = Field(examples=[200], description="The last HTTP status; null: there was no answer")
    snippet: str | None = Field(description="The beginning of the last answer, or why there was none")
    created_at: Moment
    finished_at: Moment | None
