"""`submission.recorded`: told at every change of a submission's status, in the transaction of the change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from leadkit.contracts.touches import outgoing_touches
from leadkit.ids import new_id_text

from lead_intake.driver import Connection, as_is, document
from lead_intake.submissions.tables import Submission

SUBMISSION_RECORDED = "submission.recorded"

_INSERT = f"""
    INSERT INTO outbox (workspace_id, event_id, type, subject, data, request_id, traceparent, at)
    SELECT $1, event_id, '{SUBMISSION_RECORDED}', subject, data, request_id, NULL, $2
    FROM jsonb_to_recordset(convert_from($3, 'UTF8')::jsonb)
        AS happened (event_id uuid, subject uuid, data jsonb, request_id text)
"""


def touches_told(inquiry: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """The attribution of an inquiry, of its values or its parsed JSON, as events tell it."""
    attribution = inquiry.get("attribution") or {}
    return outgoing_touches(attribution.get("first"), attribution.get("last"))


def attribution_told(inquiry: Mapping[str, Any] | None) -> bytes | None:
    """The same in JSON; many inquiries come without any."""
    if inquiry is None:
        return None
    return orjson.dumps(touches_told(inquiry), option=orjson.OPT_UTC_Z)


@dataclass(slots=True)
class Recorded:
    """What the event tells (`SubmissionState`); `attribution` is JSON, as `attribution_told` makes it."""

    id: UUID
    version: int
    source_id: UUID
    channel: str
    provider: str
    status: str
    reason: str | None
    attribution: bytes | None
    occurred_at: datetime
    received_at: datetime
    result: str | None = None
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None

    def data(self) -> dict[str, object]:
        """The event's data; the attribution goes in as it is, unparsed."""
        return {
            "id": self.id,
            "version": self.version,
            "source_id": self.source_id,
            "channel": self.channel,
            "provider": self.provider,
            "status": self.status,
            "reason": self.reason,
            "result": self.result,
            "lead_id": self.lead_id,
            "contact_id": self.contact_id,
            "deal_id": self.deal_id,
            "attribution": as_is(self.attribution),
            "occurred_at": self.occurred_at,
            "received_at": self.received_at,
        }


async def tell(
    connection: Connection,
    workspace_id: UUID,
    states: Sequence[Recorded],
    *,
    now: datetime,
    request_ids: Sequence[str | None] | None = None,
) -> None:
    """Adds an event for each to the transaction, in one statement."""
    if not states:
        return
    rows = [
        {"event_id": new_id_text(), "subject": one.id, "data": one.data(), "request_id": request_id}
        for one, request_id in zip(states, request_ids or [None] * len(states), strict=True)
    ]
    await connection.execute(_INSERT, workspace_id, now, document(rows))


def recorded(row: Submission) -> Recorded:
    """A row as the event tells it."""
    return Recorded(
        row.id, row.version, row.source_id, row.channel, row.provider, row.status, row.reason,
        attribution_told(row.inquiry), row.occurred_at, row.received_at,
        row.result, row.lead_id, row.contact_id, row.deal_id,
    )  # fmt: skip
