"""What people and other systems do with submissions: hand in, read again, put into spam and out of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.bulk import BulkResult, refused, validated
from leadkit.db import driver_of
from leadkit.ids import new_id
from leadkit.problems import Conflict, Invalid, Problem
from leadkit.sealing import Sealer
from leadkit.telemetry import request_id
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.driver import Connection
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView
from lead_intake.sources.queries import source_views
from lead_intake.submissions import canonical
from lead_intake.submissions.drafts import Receipt
from lead_intake.submissions.events import recorded, tell
from lead_intake.submissions.gathering import Gathered, gather, raws_of
from lead_intake.submissions.queries import Found, submission_by_id
from lead_intake.submissions.reading import read_receipt
from lead_intake.submissions.rules import MARKED, SPAMMABLE, may_be_released
from lead_intake.submissions.schemas import SubmissionCreate
from lead_intake.submissions.storing import store


class NotReplayable(Conflict):
    """Its raw requests are gone."""

    code = "not-replayable"
    title = "The raw requests of the submission have been removed"


class NotSpam(Conflict):
    """Only spam can be released."""

    code = "not-spam"
    title = "The submission is not in spam"


class TooLateForSpam(Conflict):
    """What crm-core has, or what is a repeat, is not put into spam."""

    code = "too-late-for-spam"
    title = "The submission can no longer be put into spam"


async def hand_in(
    session: AsyncSession, wish: SubmissionCreate, sealer: Sealer, *, workspace_id: UUID, now: datetime
) -> UUID:
    """Stores one inquiry from another system; the first one's id for a repeat. Raises `Invalid` for its source."""
    (result,) = await hand_in_each(session, [wish.model_dump()], sealer, workspace_id=workspace_id, now=now)
    if result.id is None:
        raise _no_such_source()
    return result.id


async def hand_in_each(
    session: AsyncSession, items: Sequence[Any], sealer: Sealer, *, workspace_id: UUID, now: datetime
) -> list[BulkResult]:
    """Stores the valid ones together; each item's answer in the order of the items."""
    results: dict[int, BulkResult] = {}
    wishes: dict[int, SubmissionCreate] = {}
    for index, item in enumerate(items):
        try:
            wishes[index] = validated(item, SubmissionCreate)
        except Problem as problem:
            results[index] = refused(index, problem)
    views = await source_views(session, workspace_id, {wish.source_id for wish in wishes.values()}, sealer)
    receipts: dict[int, Receipt] = {}
    for index, wish in wishes.items():
        if wish.source_id in views:
            receipts[index] = _receipt(wish, views[wish.source_id], now=now)
        else:
            results[index] = refused(index, _no_such_source())
    await store(await driver_of(session), workspace_id, list(receipts.values()), now=now)
    for index, receipt in receipts.items():
        results[index] = BulkResult(index=index, status=201, id=receipt.submission_ids[0], problem=None)
    return [results[index] for index in range(len(items))]


def _receipt(wish: SubmissionCreate, source: SourceView, *, now: datetime) -> Receipt:
    """The inquiry as a receipt, ready to be stored with others."""
    inquiry = wish.model_dump(mode="json")
    inquiry |= {"id": str(wish.id or new_id()), "channel": source.channel, "provider": source.provider}
    request = canonical.packed(inquiry, now=now)
    receipt = read_receipt(
        request, source, provider_named(source.provider), request_id=request_id.get(), form="canonical"
    )
    for draft in receipt.drafts:
        if wish.id is not None and draft.window is not None:
            draft.dedup_key, draft.window = f"given:{wish.id}", None
    return receipt


def _no_such_source() -> Invalid:
    return Invalid.at("/source_id", "there is no such source")


async def replay(
    session: AsyncSession, submission_id: UUID, sealer: Sealer, *, workspace_id: UUID, now: datetime
) -> None:
    """Reads the submission again from raw, as its source is set now, and lets it be delivered; raises `NotFound`,
    `NotReplayable`.

    Nothing is verified again: only what was once accepted is replayed. A duplicate stays one.
    """
    row = await submission_by_id(session, workspace_id, submission_id, lock=True)
    source = (await source_views(session, workspace_id, [row.source_id], sealer))[row.source_id]
    connection = await driver_of(session)
    if row.status == "unreadable":
        await _take_in_the_rest(connection, workspace_id, row.id, source, now=now)
    if not await raws_of(connection, workspace_id, [row.id]):
        raise NotReplayable
    await gather(connection, workspace_id, {row.id: source}, now=now, replayed=True)


async def replay_each(
    session: AsyncSession,
    found: Sequence[Found],
    sealer: Sealer,
    *,
    workspace_id: UUID,
    now: datetime,
    sparing: bool = True,
) -> Gathered:
    """Reads many again, with a handful of statements. `sparing`: what crm-core has as it is, and what a person put
    into spam, is left alone."""
    views = await source_views(session, workspace_id, {one.source_id for one in found}, sealer)
    connection = await driver_of(session)
    for one in found:
        if one.status == "unreadable":
            await _take_in_the_rest(connection, workspace_id, one.id, views[one.source_id], now=now)
    sources = {one.id: views[one.source_id] for one in found}
    return await gather(connection, workspace_id, sources, now=now, replayed=True, sparing=sparing)


async def _take_in_the_rest(
    connection: Connection, workspace_id: UUID, submission_id: UUID, source: SourceView, *, now: datetime
) -> None:
    """A request that could not be read made one submission; now it may turn out to hold several."""
    for raw in (await raws_of(connection, workspace_id, [submission_id])).get(submission_id, []):
        receipt = read_receipt(
            raw.request, source, provider_named(source.provider), request_id=request_id.get(), form=raw.form
        )
        receipt.raw_id, receipt.request = str(raw.id), raw.request
        del receipt.drafts[:1]
        await store(connection, workspace_id, [receipt], now=now)


async def release(
    session: AsyncSession, submission_id: UUID, sealer: Sealer, *, workspace_id: UUID, now: datetime
) -> None:
    """Out of spam, for good: screening does not put it back. Raises `NotFound`, `NotSpam`, `NotReplayable`."""
    row = await submission_by_id(session, workspace_id, submission_id, lock=True)
    if not may_be_released(row.status, row.reason):
        raise NotSpam(f"Its status is {row.status}.")
    row.released = True
    await session.flush()
    await replay(session, submission_id, sealer, workspace_id=workspace_id, now=now)


async def give_reason(
    session: AsyncSession, submission_id: UUID, *, before: str, reason: str, workspace_id: UUID, now: datetime
) -> None:
    """Another reason for the same status, if it still has the one `before`. Raises `NotFound`."""
    row = await submission_by_id(session, workspace_id, submission_id, lock=True)
    if row.reason != before:
        return
    row.reason = reason
    row.version += 1
    row.updated_at = now
    await session.flush()
    await tell(await driver_of(session), workspace_id, [recorded(row)], now=now)


async def mark_spam(session: AsyncSession, submission_id: UUID, *, workspace_id: UUID, now: datetime) -> None:
    """Into spam, by hand. Raises `NotFound`, `TooLateForSpam`."""
    row = await submission_by_id(session, workspace_id, submission_id, lock=True)
    if row.status not in SPAMMABLE:
        raise TooLateForSpam(f"Its status is {row.status}.")
    row.status, row.reason, row.released = "spam", MARKED, False
    row.version += 1
    row.updated_at = now
    await session.flush()
    await tell(await driver_of(session), workspace_id, [recorded(row)], now=now)
