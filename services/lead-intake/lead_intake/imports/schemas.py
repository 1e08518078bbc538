"""Imports as clients see them."""

from typing import Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, Field

ImportStatus = Literal["queued", "running", "done", "failed", "cancelled"]
MappingFrom = Literal["given", "remembered", "detected"]


class ColumnOut(BaseModel):
    """One column of the file; a null meaning: kept in `extra` under its heading."""

    heading: str = Field(examples=["Телефон"])
    meaning: str | None = Field(examples=["phone"])
    told_by: str = Field(examples=["heading"], description="given, remembered, field_map, heading, content, none")


class Table(BaseModel):
    """How the file is read."""

    file_name: str | None = Field(examples=["clients.csv"])
    file_bytes: int = Field(examples=[48213])
    format: Literal["csv", "xlsx"]
    encoding: str | None = Field(examples=["cp1251"])
    delimiter: str | None = Field(examples=[";"])
    header_line: int = Field(examples=[1], description="0: there are no headings")
    columns: list[ColumnOut]
    mapping: dict[str, str | None] = Field(
        examples=[{"Телефон": "phone", "Имя": "full_name"}], description="Heading -> our name; can be sent as `mapping`"
    )
    mapping_from: MappingFrom
    warnings: list[str]
    rows_total: int | None = Field(examples=[1200])
    rows_counted: bool = Field(description="False: `rows_total` is an estimate")


class RowOut(BaseModel):
    """A row as it would be taken in."""

    line: int = Field(examples=[2])
    status: str = Field(examples=["ready"])
    reason: str | None
    inquiry: dict[str, Any] | None
    report: list[dict[str, Any]] | None


class ImportPreview(Table):
    """What a dry run tells: nothing was stored."""

    id: None
    status: Literal["dry_run"]
    source_id: UUID | None = Field(description="Null: a source would be made")
    preview: list[RowOut]


class ImportOut(Table):
    """An import and how far it has come. `rows_done` counts the rows that are dealt with, `rows_failed` those of them
    that made no lead (see errors.csv), `outcomes` all by what became of them."""

    id: UUID
    status: ImportStatus
    source_id: UUID
    reason: str | None
    rows_done: int = Field(examples=[800])
    rows_failed: int = Field(examples=[3])
    outcomes: dict[str, int] = Field(examples=[{"ready": 790, "duplicate": 7, "interest": 2, "rejected": 1}])
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    updated_at: Moment
