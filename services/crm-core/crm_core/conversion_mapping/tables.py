"""Table `conversion_mapping`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from crm_core.base import Base


class ConversionMapping(Base):
    """What a workspace has set instead of the mapping that the code begins with; `pairs` are in order."""

    __tablename__ = "conversion_mapping"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    pairs: Mapped[list[dict[str, Any]]]
    same_keys: Mapped[bool]
    updated_at: Mapped[datetime]
