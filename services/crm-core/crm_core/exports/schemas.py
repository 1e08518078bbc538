"""What `/v1/exports` takes and answers."""

from typing import Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.views.schemas import Columns, Entity, Filter, Search, Sort

Format = Literal["csv", "xlsx"]


class ExportCreate(Shape):
    """Which rows to export and how. With `view_id` its filter, search, order and columns count where none are given."""

    entity: Entity = Field(examples=["lead"])
    format: Format = "csv"
    delimiter: Literal[",", ";", "\t"] = Field(default=",", description="Of CSV")
    filter: Filter = None
    q: Search | None = None
    sort: Sort | None = None
    columns: Columns = Field(
        default_factory=list,
        examples=[["person.full_name", "phones"]],
        description="Paths into the entity; empty: usual",
    )
    view_id: UUID | None = None


class ExportOut(Shape):
    """An export: `rows_total` is known once it runs; `file` is where its file lies until `expires_at`."""

    id: UUID
    entity: Entity
    format: Format
    filter: dict[str, Any] | None
    q: str | None
    sort: str | None
    columns: list[str]
    status: Literal["waiting", "running", "done", "failed", "expired"]
    error: str | None = Field(examples=[None])
    rows_done: int = Field(examples=[0])
    rows_total: int | None = Field(examples=[None])
    bytes: int = Field(examples=[0])
    file: str | None = Field(examples=["/v1/exports/0198f1d2-0000-7000-8000-000000000000/file"])
    created_by: str
    created_at: Moment
    finished_at: Moment | None
    expires_at: Moment | None
