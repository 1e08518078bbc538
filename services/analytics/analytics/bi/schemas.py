"""What `/v1/bi-logins` takes and answers."""

from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import BaseModel, ConfigDict, Field


class BiLoginCreate(BaseModel):
    """For whom or what the login is."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$", examples=["Superset"])


class BiLoginOut(Shape):
    """A login of analytics' database that sees one workspace through the views of schema `bi`."""

    id: UUID
    name: str = Field(examples=["Superset"])
    login: str = Field(examples=["bi_0198f1d2a0b17c3c8d4e5f60718293a4"])
    created_by: str
    created_at: Moment
    rotated_at: Moment | None = Field(description="When it last got a new password")
    revoked_at: Moment | None


class BiLoginMade(BiLoginOut):
    """The password is shown only here. `host` and `port` are those by which the service itself reaches the database."""

    password: str
    host: str | None = Field(examples=["db.example.com"])
    port: int | None = Field(examples=[5432])
    database: str | None = Field(examples=["leadflow_analytics"])
    schema_name: str = Field(examples=["bi"])
