"""Table `tag`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class Tag(Base):
    """A tag that the catalogue offers. Cards hold tags as words, so any word can be one; the catalogue lists these and
    those in use."""

    __tablename__ = "tag"
    __table_args__ = (Index("uq_tag_name", "workspace_id", "name", unique=True),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[str]
    color: Mapped[str | None]
    created_at: Mapped[datetime]
