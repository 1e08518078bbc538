"""The mail that asks a person to confirm an inquiry."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class ConfirmationMail(Base):
    """How sending the link of a submission stands: sent, or tried in vain and to be tried at `retry_at`.

    `address_hash` is keyed: it only tells how often an address was written to.
    """

    __tablename__ = "confirmation_mail"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    address_hash: Mapped[str]
    failures: Mapped[int]
    last_failure: Mapped[str | None]
    retry_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "workspace_id", "address_hash", "sent_at"),)
