"""A user as clients send and see it."""

from typing import Annotated, Literal
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from crm_core.fields import Email, Language, Line, TimeZone, absent

UserRole = Literal["admin", "head", "manager", "analyst"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", examples=["09:00"])]
Level = Annotated[int, Field(ge=1, le=5, description="Experience, from 1 to 5", examples=[3])]
Cap = Annotated[int, Field(ge=0, le=100_000, examples=[20])]


def _forward(span: list[str]) -> list[str]:
    if span[0] >= span[1]:
        raise ValueError("must begin before it ends")
    return span


Span = Annotated[list[Clock], Field(min_length=2, max_length=2), AfterValidator(_forward)]
WorkingHours = Annotated[
    dict[Weekday, Annotated[list[Span], Field(max_length=10)]],
    Field(
        description="Spans of local time by weekday; null: always available",
        examples=[{"mon": [["09:00", "13:00"], ["14:00", "18:00"]]}],
    ),
]
Words = Annotated[list[Line], Field(max_length=100)]
Languages = Annotated[list[Language], Field(max_length=50)]


class UserCreate(BaseModel):
    """A new user. What is left out means no limit: any product, language and region, at any time."""

    name: Annotated[Line, Field(examples=["Анна Смирнова"])]
    email: Email
    role: UserRole = "manager"
    team_id: UUID | None = None
    active: bool = True
    level: Level = 3
    skills: Words = Field(default=[], examples=[["windows", "doors"]])
    languages: Languages = Field(default=[], examples=[["ru", "en"]])
    regions: Words = Field(default=[], examples=[["RU-MOW"]])
    time_zone: TimeZone | None = Field(None, description="Default: the workspace's")
    working_hours: WorkingHours | None = None
    daily_cap: Cap | None = Field(None, description="Leads a day at most; null: no cap")
    open_cap: Cap | None = Field(None, description="Open leads at once at most; null: no cap")


class UserPatch(BaseModel):
    """Merge patch: what is left out stays. A new role or team, or `active: false`, revokes the user's tokens."""

    name: Line = Field(default_factory=absent, examples=["Анна Смирнова"])
    email: Email = Field(default_factory=absent)
    role: UserRole = Field(default_factory=absent)
    team_id: UUID | None = None
    active: bool = Field(default_factory=absent)
    level: Level = Field(default_factory=absent)
    skills: Words = Field(default_factory=absent)
    languages: Languages = Field(default_factory=absent)
    regions: Words = Field(default_factory=absent)
    time_zone: TimeZone = Field(default_factory=absent)
    working_hours: WorkingHours | None = None
    daily_cap: Cap | None = None
    open_cap: Cap | None = None


class UserOut(BaseModel):
    """A user."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["Анна Смирнова"])
    email: str = Field(examples=["anna@example.com"])
    role: UserRole
    team_id: UUID | None
    active: bool
    level: int = Field(examples=[3])
    skills: list[str] = Field(examples=[["windows", "doors"]])
    languages: list[str] = Field(examples=[["ru", "en"]])
    regions: list[str] = Field(examples=[["RU-MOW"]])
    time_zone: str = Field(examples=["Europe/Moscow"])
    working_hours: dict[Weekday, list[list[str]]] | None
    daily_cap: int | None
    open_cap: int | None
    created_at: Moment
    updated_at: Moment
