"""An interest becomes more when the same visitor leaves a contact: the two are linked, and what the interest knew of
the visitor's first touch and wish goes with the contact."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.driver import Connection
from lead_intake.normalising.report import Line
from lead_intake.submissions.drafts import SubmissionDraft
from lead_intake.submissions.events import attribution_told
from lead_intake.submissions.tables import InterestClient

REMEMBERED_FOR = timedelta(days=180)
BELIEVED_S = 1.0
"""For so long a workspace that had no interests is not asked again: nobody is quicker from an interest to a contact."""

_without_interests: dict[UUID, float] = {}
"""Until when (monotonic) this process believes it of a workspace: most batches then need no statement."""

_ANY = "SELECT EXISTS (SELECT FROM interest_client WHERE workspace_id = $1)"

_EARLIER = """
    SELECT interest.client, submission.id, submission.inquiry::text AS inquiry, submission.received_at
    FROM interest_client AS interest
    JOIN submission ON submission.workspace_id = interest.workspace_id AND submission.id = interest.submission_id
    WHERE interest.workspace_id = $1 AND interest.client = ANY ($2::text[]) AND interest.seen_at > $3
      AND submission.status = 'interest'
    ORDER BY submission.received_at, submission.id
"""
_KEEP = """
    INSERT INTO interest_client (workspace_id, client, submission_id, seen_at)
    SELECT $1, client, submission_id, seen_at
    FROM unnest($2::text[], $3::uuid[], $4::timestamptz[]) AS seen (client, submission_id, seen_at)
    ON CONFLICT DO NOTHING
"""
_LINK = """
    UPDATE submission SET upgraded_to = link.upgraded_to, version = submission.version + 1, updated_at = $2
    FROM unnest($3::uuid[], $4::uuid[]) AS link (id, upgraded_to)
    WHERE submission.workspace_id = $1 AND submission.id = link.id AND submission.upgraded_to IS NULL
"""


async def carry_interests(
    connection: Connection, workspace_id: UUID, drafts: Sequence[SubmissionDraft], *, now: datetime
) -> dict[UUID, UUID]:
    """Gives contacts what earlier interests of the same visitors knew; the interests (id) with their contact's id."""
    known = [draft for draft in drafts if draft.clients and draft.status == "ready"]
    if not known or not await _has_interests(connection, workspace_id):
        return {}
    wanted = {draft.source.hashed(client): draft for draft in known for client in draft.clients}
    rows = await connection.fetch(_EARLIER, workspace_id, list(wanted), now - REMEMBERED_FOR)
    links: dict[UUID, UUID] = {}
    for row in rows:
        draft = wanted[row["client"]]
        if row["id"] not in links and row["id"] != draft.id and row["received_at"] <= draft.received_at:
            links[row["id"]] = draft.id
            _carry(draft, orjson.loads(row["inquiry"]))
    return links


async def link_interests(
    connection: Connection,
    workspace_id: UUID,
    stored: Iterable[SubmissionDraft],
    links: dict[UUID, UUID],
    *,
    now: datetime,
) -> None:
    """Remembers new interests by their visitors, and marks those that became a contact that was stored."""
    known, contacts = [], set()
    for draft in stored:
        if draft.status == "interest":
            known += [(draft.source.hashed(one), draft.id, draft.received_at) for one in draft.clients]
        elif draft.status == "ready":
            contacts.add(draft.id)
    if known:
        _without_interests.pop(workspace_id, None)
        await connection.execute(_KEEP, workspace_id, *[list(column) for column in zip(*sorted(known), strict=True)])
    made = sorted((interest, contact) for interest, contact in links.items() if contact in contacts)
    if made:
        await connection.execute(_LINK, workspace_id, now, *[list(column) for column in zip(*made, strict=True)])


async def forget_interests(session: AsyncSession, *, now: datetime) -> None:
    """Deletes by what long past interests would be found, of all workspaces (role worker)."""
    await session.execute(delete(InterestClient).where(InterestClient.seen_at < now - REMEMBERED_FOR))


async def _has_interests(connection: Connection, workspace_id: UUID) -> bool:
    if _without_interests.get(workspace_id, 0.0) > time.monotonic():
        return False
    has: bool = await connection.fetchval(_ANY, workspace_id)
    if not has:
        _without_interests[workspace_id] = time.monotonic() + BELIEVED_S
    return has


def _carry(draft: SubmissionDraft, interest: dict[str, Any]) -> None:
    """The earliest interest decides; what the contact says itself stays."""
    inquiry: dict[str, Any] = orjson.loads(draft.inquiry or "{}")
    report: list[Line] = orjson.loads(draft.report or "[]")
    attribution, rule = inquiry["attribution"], f"earlier interest {interest['id']}"
    first = interest["attribution"].get("first") or interest["attribution"].get("last")
    if first and not attribution.get("first"):
        attribution["first"] = first
        draft.attribution = attribution_told(inquiry)
        report.append(("attribution/first", first.get("source"), None, rule, None))
    if interest.get("product") and not inquiry.get("product"):
        inquiry["product"] = interest["product"]
        report.append(("product", interest["product"], None, rule, None))
    draft.inquiry, draft.report = orjson.dumps(inquiry), orjson.dumps(report)
