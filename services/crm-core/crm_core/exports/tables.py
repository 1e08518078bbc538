"""Tables `export` and `export_part`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Export(Base):
    """One export. `caller` is who asked, as far as it decides what they may see; when it is done its file is there."""

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint("format IN ('csv', 'xlsx')", name="format"),
        CheckConstraint("status IN ('waiting', 'running', 'done', 'failed', 'expired')", name="status"),
        Index("ix_export_created", "workspace_id", "created_at", "id"),
        Index("ix_export_due", "created_at", "id", postgresql_where=text("status IN ('waiting', 'running')")),
        Index("ix_export_expires", "expires_at", postgresql_where=text("status = 'done'")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    entity: Mapped[str]
    format: Mapped[str]
    delimiter: Mapped[str]
    condition: Mapped[dict[str, Any] | None]
    q: Mapped[str | None]
    sort: Mapped[str | None]
    columns: Mapped[list[str]]
    caller: Mapped[dict[str, Any]]
    created_by: Mapped[str]
    status: Mapped[str]
    error: Mapped[str | None]
    rows_done: Mapped[int]
    rows_total: Mapped[int | None]
    bytes: Mapped[int]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class ExportPart(Base):
    """A piece of an export's file, in order: rows of the database, so that any process can write and any send it."""

    __tablename__ = "export_part"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "export_id"], ["export.workspace_id", "export.id"]),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    export_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]
