"""Imports: the runs with their progress, their files in pieces, the rows that could not be used, and kept mappings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class ImportRun(Base):
    """One file and how far it has come. `rows_done` rows of it are committed, so whoever goes on begins after them."""

    __tablename__ = "import_run"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    file_name: Mapped[str | None]
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    plan: Mapped[dict[str, Any]]
    mapping_from: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    rows_total: Mapped[int | None]
    rows_counted: Mapped[bool]
    rows_done: Mapped[int]
    rows_failed: Mapped[int]
    outcomes: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    file_removed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
        Index(None, "workspace_id", "created_at", "id"),
        Index("ix_import_run_open", "created_at", postgresql_where=text("status IN ('queued', 'running')")),
    )


class ImportChunk(Base):
    """A piece of a file, packed, so that any copy of the worker can go on with it."""

    __tablename__ = "import_chunk"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class ImportRejection(Base):
    """A row that made no lead, with the cells as they were and why."""

    __tablename__ = "import_rejection"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str]
    cells: Mapped[list[str]]


class ImportMapping(Base):
    """What a person decided about a table's headings, for the next file of a source that has the same."""

    __tablename__ = "import_mapping"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    signature: Mapped[str] = mapped_column(primary_key=True)
    mapping: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]
