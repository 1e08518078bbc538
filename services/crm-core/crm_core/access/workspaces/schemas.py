"""A workspace as clients send and see it."""

from typing import Annotated, Literal
from uuid import UUID

from leadkit.contracts.common import Currency, Moment
from pydantic import BaseModel, ConfigDict, Field

from crm_core.fields import Country, Language, Line, TimeZone, absent

Days = Annotated[int, Field(ge=1, le=36500, examples=[1095])]
ClosedLeadPolicy = Literal["reopen", "new"]


class Retention(BaseModel):
    """For how many days closed leads and raw requests are to be kept; null: without limit."""

    closed_leads_days: Days | None = None
    raw_requests_days: Days | None = None


class WorkspaceCreate(BaseModel):
    """A new workspace."""

    name: Annotated[Line, Field(examples=["Окна Плюс"])]
    time_zone: TimeZone = "Europe/Moscow"
    currency: Currency = "RUB"
    default_region: Country = "RU"
    language: Language = "ru"
    closed_lead_policy: ClosedLeadPolicy = "reopen"
    retention: Retention = Retention()


class WorkspacePatch(BaseModel):
    """Merge patch: what is left out stays."""

    name: Line = Field(default_factory=absent, examples=["Окна Плюс"])
    time_zone: TimeZone = Field(default_factory=absent)
    currency: Currency = Field(default_factory=absent)
    default_region: Country = Field(default_factory=absent)
    language: Language = Field(default_factory=absent)
    closed_lead_policy: ClosedLeadPolicy = Field(default_factory=absent)
    retention: Retention = Field(default_factory=absent)


class WorkspaceOut(BaseModel):
    """A workspace."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Окна Плюс"])
    time_zone: str = Field(examples=["Europe/Moscow"])
    currency: str = Field(examples=["RUB"])
    default_region: str = Field(examples=["RU"])
    language: str = Field(examples=["ru"])
    closed_lead_policy: ClosedLeadPolicy
    retention: dict[str, int | None] = Field(examples=[{"closed_leads_days": None, "raw_requests_days": 1095}])
    created_at: Moment
    updated_at: Moment
