"""Submissions, the raw requests they were read from, and the attempts to deliver them.

No foreign keys here: each would be looked up for every row on the way through the door. Rows are only written by
`storing` and removed together by erasure.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from lead_intake.base import Base

AS_WRITTEN = JSON(none_as_null=True)
"""Kept as text: taking it apart, as jsonb does, costs two thirds of storing; and delivery sends it as it is."""


class Submission(Base):
    """One inquiry as received, and what became of it. It is its own outbox: a `ready` one waits for delivery.

    `revision` counts what the inquiry said, `version` every change of the row; `told_revision` is what crm-core knows
    of a call that we made, which is no inquiry. `released`: a person said it is no spam. `inquiry` leaves out what is
    not said; `report` has a list of five for each line (`normalising.report.Line`). `upgraded_to`: the later submission
    in which the visitor of an interest left a contact.
    """

    __tablename__ = "submission"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    channel: Mapped[str]
    provider: Mapped[str]
    version: Mapped[int]
    revision: Mapped[int]
    told_revision: Mapped[int] = mapped_column(server_default=text("0"))
    status: Mapped[str]
    reason: Mapped[str | None]
    released: Mapped[bool]
    dedup_key: Mapped[str | None]
    external_id: Mapped[str | None]
    content_hash: Mapped[str]
    duplicate_of: Mapped[UUID | None]
    upgraded_to: Mapped[UUID | None]
    normaliser_version: Mapped[int]
    inquiry: Mapped[dict[str, Any] | None] = mapped_column(AS_WRITTEN)
    report: Mapped[list[list[Any]] | None] = mapped_column(AS_WRITTEN)
    screening: Mapped[dict[str, Any] | None] = mapped_column(AS_WRITTEN)
    result: Mapped[str | None]
    lead_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    deal_id: Mapped[UUID | None]
    problem: Mapped[dict[str, Any] | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "status IN ('pending', 'ready', 'delivered', 'interest', 'spam', 'duplicate', 'ignored', 'unreadable',"
            " 'parked')",
            name="status",
        ),
        CheckConstraint("result IN ('created', 'attached', 'reopened', 'unmatched')", name="result"),
        Index(
            "uq_submission_dedup_key",
            "workspace_id",
            "source_id",
            "dedup_key",
            unique=True,
            postgresql_where=text("dedup_key IS NOT NULL"),
        ),
        Index("ix_submission_status", "workspace_id", "status", "received_at", "id"),
        Index(
            "ix_submission_call_due",
            "workspace_id",
            "received_at",
            "id",
            postgresql_where=text("status = 'ignored' AND reason = 'outbound_call' AND told_revision < revision"),
        ),
        Index("ix_submission_received_at", "workspace_id", "received_at", "id"),
        # The few that the worker still has something to do for, told by their reason.
        Index(
            "ix_submission_to_do",
            "workspace_id",
            "reason",
            "received_at",
            postgresql_where=text("reason IN ('awaiting_confirmation', 'subscription_to_confirm')"),
        ),
        Index(
            "ix_submission_fresh",
            "workspace_id",
            "received_at",
            "id",
            postgresql_where=text("status = 'ready' AND channel <> 'import'"),
        ),
        # Rows have some 4 kB: compressing them would cost more than all the rest of storing them.
        {"postgresql_with": {"toast_tuple_target": 8160}},
    )


class SubmissionPerson(Base):
    """Of whom a submission is: a keyed hash (`leadkit.persons`) of each phone, e-mail and messenger in it, spam and
    interests too. By these an erased person is found."""

    __tablename__ = "submission_person"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)


class InterestClient(Base):
    """By which visitor's id (a keyed hash of it) an interest is found when the visitor leaves a contact."""

    __tablename__ = "interest_client"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    client: Mapped[str] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]

    __table_args__ = (Index(None, "seen_at"),)


class RawRequest(Base):
    """The bytes as they came, secrets overwritten. `form` tells who reads them: the source's provider (`wire`) or
    nobody but us (`canonical`, and `row` of an imported table)."""

    __tablename__ = "raw_request"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    form: Mapped[str]
    method: Mapped[str]
    rest: Mapped[str]
    query: Mapped[str]
    headers: Mapped[dict[str, Any]]
    body: Mapped[bytes]
    address: Mapped[str | None]
    received_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("form IN ('wire', 'canonical', 'row', 'confirmation')", name="form"),)


class SubmissionRaw(Base):
    """Which raw requests a submission was read from; `place` is its place among the inquiries of that request."""

    __tablename__ = "submission_raw"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    raw_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)


class Attempt(Base):
    """One try to deliver one submission; `status` is null when crm-core did not answer."""

    __tablename__ = "attempt"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    submission_id: Mapped[UUID]
    revision: Mapped[int]
    at: Mapped[datetime]
    status: Mapped[int | None]
    result: Mapped[str | None]
    problem: Mapped[dict[str, Any] | None]

    __table_args__ = (Index(None, "workspace_id", "submission_id", "id"),)
