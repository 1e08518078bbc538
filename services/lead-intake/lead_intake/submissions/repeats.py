"""What is there already, for whoever need not store it again."""

from collections.abc import Sequence
from uuid import UUID

from lead_intake.driver import Connection

_NAMED = """
    SELECT dedup_key, content_hash FROM submission
    WHERE workspace_id = $1 AND source_id = $2 AND dedup_key = ANY ($3::text[])
"""


async def content_behind(
    connection: Connection, workspace_id: UUID, source_id: UUID, dedup_keys: Sequence[str]
) -> dict[str, str]:
    """The content hashes of a source's submissions that these keys name."""
    rows = await connection.fetch(_NAMED, workspace_id, source_id, dedup_keys)
    return {row["dedup_key"]: row["content_hash"] for row in rows}
