"""How the delivery of each workspace stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class Delivery(Base):
    """One row a workspace that has sources: consecutive failures of whole requests, and when to try again."""

    __tablename__ = "delivery"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    failures: Mapped[int]
    retry_at: Mapped[datetime]
    last_failure: Mapped[str | None]
