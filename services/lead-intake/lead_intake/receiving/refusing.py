"""Requests that could not be proved authentic: kept sealed for a while, since a mistyped secret must not cost leads."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import orjson
from leadkit.db import driver_of
from leadkit.ids import new_id
from leadkit.problems import Conflict, NotFound
from leadkit.sealing import Sealer
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.providers import provider_named
from lead_intake.providers.base import WireRequest
from lead_intake.receiving.certificates import Certificates
from lead_intake.receiving.tables import Refused
from lead_intake.sources.queries import source_by_id, source_views
from lead_intake.sources.rules import page_allowed
from lead_intake.submissions.reading import read_receipt
from lead_intake.submissions.storing import store

PURPOSE = "refused requests"
KEPT_A_SOURCE = 1000
KEPT_FOR = timedelta(days=7)

Reason = Literal["signature", "origin"]


class StillNotAuthentic(Conflict):
    """The request does not verify with the present settings of its source either."""

    code = "still-not-authentic"
    title = "The request does not verify with the source's present secret"


async def refuse(
    session: AsyncSession, request: WireRequest, reason: Reason, sealer: Sealer, *, workspace_id: UUID, source_id: UUID
) -> None:
    """Keeps the request as it came; the oldest past the thousandth of its source goes."""
    session.add(
        Refused(
            workspace_id=workspace_id,
            id=new_id(),
            source_id=source_id,
            reason=reason,
            method=request.method,
            size=len(request.body),
            sealed=sealer.seal(_packed(request)),
            received_at=request.received_at,
        )
    )
    await session.flush()
    newest = (
        select(Refused.id)
        .where(Refused.workspace_id == workspace_id, Refused.source_id == source_id)
        .order_by(Refused.received_at.desc(), Refused.id.desc())
    )
    surplus = list(await session.scalars(newest.offset(KEPT_A_SOURCE)))
    if surplus:
        await session.execute(delete(Refused).where(Refused.workspace_id == workspace_id, Refused.id.in_(surplus)))


def refused_of(
    workspace_id: UUID, *, source_id: UUID | None, received_from: datetime | None, received_to: datetime | None
) -> Select[Refused]:
    """The statement for a list of refused requests."""
    statement = select(Refused).where(Refused.workspace_id == workspace_id)
    if source_id is not None:
        statement = statement.where(Refused.source_id == source_id)
    if received_from is not None:
        statement = statement.where(Refused.received_at >= received_from)
    return statement if received_to is None else statement.where(Refused.received_at < received_to)


async def replay_refused(
    session: AsyncSession,
    refused_id: UUID,
    sealer: Sealer,
    secrets: Sealer,
    certificates: Certificates,
    *,
    workspace_id: UUID,
    now: datetime,
) -> list[UUID]:
    """Verifies with the present settings, its age measured when it came, and takes it in as the door would have.

    Raises `NotFound`, or `StillNotAuthentic`; then it stays where it is.
    """
    row = await session.scalar(
        select(Refused).where(Refused.workspace_id == workspace_id, Refused.id == refused_id).with_for_update()
    )
    if row is None:
        raise NotFound("There is no such refused request.")
    request = _unpacked(sealer.open(row.sealed), row.received_at)
    source = await source_by_id(session, workspace_id, row.source_id)
    view = (await source_views(session, workspace_id, [row.source_id], secrets))[row.source_id]
    provider = provider_named(view.provider)
    held_against = await certificates.beside(provider, request, view)
    welcome = page_allowed(request.headers, source.allowed_origins)
    if not welcome or not provider.verify(request, held_against):
        raise StillNotAuthentic
    receipt = read_receipt(request, view, provider, request_id=None)
    await store(await driver_of(session), workspace_id, [receipt], now=now)
    await session.delete(row)
    return receipt.submission_ids


async def forget_refused(session: AsyncSession, *, now: datetime) -> None:
    """Deletes what is older than a week, of all workspaces (role worker)."""
    await session.execute(delete(Refused).where(Refused.received_at < now - KEPT_FOR))


def _packed(request: WireRequest) -> bytes:
    head = orjson.dumps([request.method, request.rest, request.query, dict(request.headers), request.address])
    return head + b"\n" + request.body


def _unpacked(content: bytes, received_at: datetime) -> WireRequest:
    head, _, body = content.partition(b"\n")
    method, rest, query, headers, address = orjson.loads(head)
    return WireRequest(method, rest, query, headers, body, received_at, address)
