"""`submission.recorded`: told at every change of a submission's status, in the transaction of the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from leadkit.contracts.common import written
from leadkit.ids import new_id

from lead_intake.driver import Connection

SUBMISSION_RECORDED = "submission.recorded"

_INSERT = f"""
    INSERT INTO outbox (workspace_id, event_id, type, subject, data, request_id, traceparent, at)
    SELECT $1, happened.event_id, '{SUBMISSION_RECORDED}', happened.subject, happened.data::jsonb, happened.request_id,
           NULL, $2
    FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[]) AS happened (event_id, subject, data, request_id)
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the event tells (`SubmissionState`); `attribution` is JSON as stored."""

    id: UUID
    version: int
    source_id: UUID
    channel: str
    provider: str
    status: str
    reason: str | None
    attribution: str | None
    occurred_at: datetime
    received_at: datetime
    result: str | None = None
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None

    def as_json(self) -> str:
        """The event's data; the attribution goes in as it is, unparsed."""
        return orjson.dumps(
            {
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
                "attribution": orjson.Fragment(self.attribution) if self.attribution else None,
                "occurred_at": written(self.occurred_at),
                "received_at": written(self.received_at),
            },
            default=str,  # the driver's ids are of a class of its own
        ).decode()


async def tell(
    connection: Connection,
    workspace_id: UUID,
    recorded: Sequence[Recorded],
    *,
    now: datetime,
    request_ids: Sequence[str | None] | None = None,
) -> None:
    """Adds an event for each to the transaction, in one statement."""
    if not recorded:
        return
    await connection.execute(
        _INSERT,
        workspace_id,
        now,
        [new_id() for _ in recorded],
        [one.id for one in recorded],
        [one.as_json() for one in recorded],
        request_ids or [None] * len(recorded),
    )
