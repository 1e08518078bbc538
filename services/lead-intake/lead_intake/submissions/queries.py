"""Reading submissions."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.contracts.events import SubmissionState
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, Snapshot, paged
from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.submissions.events import SUBMISSION_RECORDED, touches_told
from lead_intake.submissions.schemas import AttemptOut, Outcome, RawOut, SubmissionOut, SubmissionSummary
from lead_intake.submissions.shown import named_report, whole_inquiry
from lead_intake.submissions.tables import Attempt, RawRequest, Submission, SubmissionRaw

MOST_WORDS = 6
DIALLED = 11
"""Digits of a Russian number as it is dialled at home: 8 in place of +7."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which submissions a list asks for; None: all."""

    statuses: Sequence[str] = ()
    channel: str | None = None
    provider: str | None = None
    source_id: UUID | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None
    reason: str | None = None
    q: str | None = None


def submissions_of(workspace_id: UUID, wanted: Wanted) -> Select[Submission]:
    """The statement for a list of submissions."""
    statement = select(Submission).where(Submission.workspace_id == workspace_id)
    if wanted.statuses:
        statement = statement.where(Submission.status.in_(wanted.statuses))
    for column, value in (
        (Submission.channel, wanted.channel),
        (Submission.provider, wanted.provider),
        (Submission.source_id, wanted.source_id),
        (Submission.reason, wanted.reason),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if wanted.received_from is not None:
        statement = statement.where(Submission.received_at >= wanted.received_from)
    if wanted.received_to is not None:
        statement = statement.where(Submission.received_at < wanted.received_to)
    return statement.where(_mentions(wanted.q)) if wanted.q else statement


def _mentions(text: str) -> ColumnElement[bool]:
    """Parts of the name in any order, of an e-mail address, the digits of a phone however it is dialled, or an id."""
    inquiry = cast(Submission.inquiry, JSONB)
    name = inquiry["person"]["full_name"].astext
    where = [
        and_(*[name.icontains(word, autoescape=True) for word in text.split()[:MOST_WORDS] or [text]]),
        cast(inquiry["emails"], Text).icontains(text, autoescape=True),
        Submission.external_id == text,
    ]
    if (submission_id := _id_in(text)) is not None:
        where.append(Submission.id == submission_id)
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) == DIALLED and digits[0] == "8":
        digits = digits[1:]
    if len(digits) >= 4:
        where.append(cast(inquiry["phones"], Text).contains(digits, autoescape=True))
    return or_(*where)


def _id_in(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A submission for which the worker has something to do."""

    workspace_id: UUID
    id: UUID
    source_id: UUID
    received_at: datetime


async def waiting_for(session: AsyncSession, reason: str, *, most: int) -> list[Waiting]:
    """What waits with this reason in all workspaces, oldest first (role worker)."""
    rows = await session.execute(
        select(Submission.workspace_id, Submission.id, Submission.source_id, Submission.received_at)
        .where(Submission.reason == literal_column(f"'{reason}'"))
        .order_by(Submission.received_at, Submission.id)
        .limit(most)
    )
    return [Waiting(*row) for row in rows]


async def sources_waiting_for(session: AsyncSession, reason: str) -> list[tuple[UUID, UUID]]:
    """Workspace and source of all that waits with this reason (role worker)."""
    columns = select(Submission.workspace_id, Submission.source_id).distinct()
    rows = await session.execute(columns.where(Submission.reason == literal_column(f"'{reason}'")))
    return [(row.workspace_id, row.source_id) for row in rows]


async def waiting_of(
    session: AsyncSession, workspace_id: UUID, source_id: UUID, reason: str, *, before: datetime, most: int
) -> list[UUID]:
    """What a source received before a time and waits with this reason."""
    rows = await session.scalars(
        select(Submission.id)
        .where(
            Submission.workspace_id == workspace_id,
            Submission.reason == literal_column(f"'{reason}'"),
            Submission.source_id == source_id,
            Submission.received_at < before,
        )
        .order_by(Submission.received_at)
        .limit(most)
    )
    return list(rows)


async def submission_by_id(
    session: AsyncSession, workspace_id: UUID, submission_id: UUID, *, lock: bool = False
) -> Submission:
    """The submission as it stands in the database; raises `NotFound`."""
    statement = select(Submission).where(Submission.workspace_id == workspace_id, Submission.id == submission_id)
    row = await session.scalar(
        (statement.with_for_update() if lock else statement).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("There is no such submission.")
    return row


@dataclass(frozen=True, slots=True)
class Found:
    """A submission among those that are gone through, by its place in the order of arrival."""

    id: UUID
    source_id: UUID
    status: str
    received_at: datetime


async def found_after(
    session: AsyncSession, workspace_id: UUID, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
) -> list[Found]:
    """The next ones in order of arrival."""
    key = tuple_(Submission.received_at, Submission.id)
    statement = submissions_of(workspace_id, wanted).with_only_columns(
        Submission.id, Submission.source_id, Submission.status, Submission.received_at
    )
    if after is not None:
        statement = statement.where(key > tuple_(literal(after[0]), literal(after[1])))
    rows = await session.execute(statement.order_by(Submission.received_at, Submission.id).limit(limit))
    return [Found(*row) for row in rows]


async def how_many(session: AsyncSession, workspace_id: UUID, wanted: Wanted) -> int:
    """The number of submissions that are asked for."""
    counted = submissions_of(workspace_id, wanted).with_only_columns(func.count())
    return int(await session.scalar(counted) or 0)


async def whole_submission(session: AsyncSession, workspace_id: UUID, submission_id: UUID) -> SubmissionOut:
    """The submission with its raw requests and delivery attempts; raises `NotFound`."""
    row = await submission_by_id(session, workspace_id, submission_id)
    attempts = await session.scalars(
        select(Attempt)
        .where(Attempt.workspace_id == workspace_id, Attempt.submission_id == submission_id)
        .order_by(Attempt.id)
    )
    raws = await session.scalars(
        select(RawRequest)
        .join(
            SubmissionRaw,
            (SubmissionRaw.workspace_id == RawRequest.workspace_id) & (SubmissionRaw.raw_id == RawRequest.id),
        )
        .where(RawRequest.workspace_id == workspace_id, SubmissionRaw.submission_id == submission_id)
        .order_by(RawRequest.received_at, RawRequest.id)
    )
    return SubmissionOut(
        **summary_values(row),
        report=named_report(row.report),
        screening=row.screening,
        problem=row.problem,
        delivered_at=row.delivered_at,
        attempts=[AttemptOut.model_validate(one, from_attributes=True) for one in attempts],
        raw=[_raw_out(one) for one in raws],
        raw_removed=bool(await session.scalar(_raw_is_missing(workspace_id, submission_id))),
    )


def _raw_is_missing(workspace_id: UUID, submission_id: UUID) -> Select[bool]:
    """Whether a raw request that it was read from is gone."""
    there = select(RawRequest.id).where(RawRequest.workspace_id == workspace_id, RawRequest.id == SubmissionRaw.raw_id)
    links = select(SubmissionRaw.raw_id).where(
        SubmissionRaw.workspace_id == workspace_id, SubmissionRaw.submission_id == submission_id, ~there.exists()
    )
    return select(links.exists())


def summary(row: Submission) -> SubmissionSummary:
    """A submission as lists show it."""
    return SubmissionSummary(**summary_values(row))


def summary_values(row: Submission) -> dict[str, Any]:
    """The fields that every view of a submission has."""
    values = {name: getattr(row, name) for name in SubmissionSummary.model_fields if name != "outcome"}
    told = row.result is not None or row.lead_id is not None
    return values | {
        "outcome": Outcome.model_validate(row, from_attributes=True) if told else None,
        "inquiry": whole_inquiry(row.inquiry),
    }


def _raw_out(row: RawRequest) -> RawOut:
    try:
        text, encoded = row.body.decode(), None
    except UnicodeDecodeError:
        text, encoded = None, base64.b64encode(row.body).decode()
    return RawOut(
        id=row.id, method=row.method, path=row.rest, query=row.query, headers=row.headers, body=text,
        body_base64=encoded, received_at=row.received_at,
    )  # fmt: skip


async def _snapshot_page(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    statement = paged(
        select(Submission),
        key=(Submission.workspace_id, Submission.id),
        workspace_id=workspace_id,
        after=after,
        limit=limit,
    )
    return [
        NewEvent(SUBMISSION_RECORDED, row.workspace_id, row.id, _state(row)) for row in await session.scalars(statement)
    ]


def _state(row: Submission) -> SubmissionState:
    values = {name: getattr(row, name) for name in SubmissionState.model_fields if name != "attribution"}
    told = touches_told(row.inquiry) if row.inquiry is not None else None
    return SubmissionState.model_validate(values | {"attribution": told})


SNAPSHOT = Snapshot("submission", _snapshot_page)
