"""Erasing what was said on a lead, contact or deal; that and when it was done, by whom, stays."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text, Uuid

from crm_core.activity_results.queries import names_by_key

TOLD_BY_TELEPHONY = (("call", "answered"), ("call", "missed"), ("call", "voicemail"))

# Of `data` numbers stay, such as how long a call lasted; of results those of the catalogue, and no words.
ERASE = text(
    """
    UPDATE activity SET
        subject = NULL, body = NULL, version = version + 1, updated_at = :now,
        result = (
            SELECT known.key FROM unnest(:kinds, :keys) AS known (kind, key)
            WHERE known.kind = activity.kind AND known.key = activity.result
            LIMIT 1
        ),
        data = coalesce(
            (SELECT jsonb_object_agg(key, value) FROM jsonb_each(data) WHERE jsonb_typeof(value) = 'number'), '{}'
        )
    WHERE workspace_id = :workspace_id
      AND (lead_id = ANY (:lead_ids) OR contact_id = ANY (:contact_ids) OR deal_id = ANY (:deal_ids))
    RETURNING id
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Uuid)) for name in ("lead_ids", "contact_ids", "deal_ids")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "keys")),
)


async def erase_activities(
    session: AsyncSession,
    workspace_id: UUID,
    *,
    lead_ids: Sequence[UUID],
    contact_ids: Sequence[UUID],
    deal_ids: Sequence[UUID],
    now: datetime,
) -> list[UUID]:
    """Empties the activities on these; answers which they were."""
    of = {"lead_ids": list(lead_ids), "contact_ids": list(contact_ids), "deal_ids": list(deal_ids)}
    known = {*TOLD_BY_TELEPHONY, *await names_by_key(session, workspace_id)}
    kept = {"kinds": [kind for kind, _ in known], "keys": [key for _, key in known]}
    rows = await session.execute(ERASE, {"workspace_id": workspace_id, "now": now, **of, **kept})
    return list(rows.scalars())
