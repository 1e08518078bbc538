"""What screening has to remember across requests: proofs of work that were used, and words that many people sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class SpentProof(Base):
    """A proof of work and the submission it was used for."""

    __tablename__ = "spent_proof"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    proof: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID]
    spent_at: Mapped[datetime]

    __table_args__ = (Index(None, "spent_at"),)


class SaidText(Base):
    """Words that a second person sent while a process remembered the first; text and person only as keyed hashes."""

    __tablename__ = "said_text"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    said_at: Mapped[datetime]

    __table_args__ = (Index(None, "said_at"),)
