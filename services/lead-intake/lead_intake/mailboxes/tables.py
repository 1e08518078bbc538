"""How far each mailbox was read, and how reading it goes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base


class Mailbox(Base):
    """The mailbox of a source. `place` tells which one it is: with another host, user or folder reading begins anew.

    Messages up to `last_uid` under `uid_validity` are stored, in the same transaction as this row. `retry_at` is set
    after a failure, whose kind is `last_error`.
    """

    __tablename__ = "mailbox"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[str]
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger)
    messages: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[datetime | None]
    failures: Mapped[int]
    last_error: Mapped[str | None]
    retry_at: Mapped[datetime | None]
