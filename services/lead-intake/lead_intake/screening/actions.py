"""What only the database can tell of a batch: proofs of work used twice, and words that many people sent. Nothing is
asked unless a draft of the batch gives reason to."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.driver import Connection
from lead_intake.screening.memory import WITHIN, Said
from lead_intake.screening.tables import SaidText, SpentProof

SPENT_KEPT_FOR = timedelta(days=1)
"""Far longer than a proof is valid."""

_SPEND = """
    INSERT INTO spent_proof (workspace_id, proof, submission_id, spent_at)
    SELECT $1, proof, submission_id, $2 FROM unnest($3::text[], $4::uuid[]) AS used (proof, submission_id)
    ON CONFLICT (workspace_id, proof) DO NOTHING
"""
_SPENT_ON = "SELECT proof, submission_id FROM spent_proof WHERE workspace_id = $1 AND proof = ANY ($2::text[])"

_SAY = """
    INSERT INTO said_text (workspace_id, source_id, text, person, said_at)
    SELECT $1, source_id, text, person, $2
    FROM unnest($3::uuid[], $4::text[], $5::text[]) AS said (source_id, text, person)
    ON CONFLICT (workspace_id, source_id, text, person) DO UPDATE SET said_at = excluded.said_at
"""
_PEOPLE = """
    SELECT source_id, text, count(*) AS people FROM said_text
    WHERE workspace_id = $1 AND source_id = ANY ($2::uuid[]) AND text = ANY ($3::text[]) AND said_at > $4
    GROUP BY source_id, text
"""


async def spend(connection: Connection, workspace_id: UUID, proofs: Mapping[UUID, str], *, now: datetime) -> set[UUID]:
    """Uses the proofs (by submission) and answers the submissions whose proof another one had used before."""
    first: dict[str, UUID] = {}
    for submission_id, proof in proofs.items():
        first.setdefault(proof, submission_id)
    ordered = sorted(first)
    await connection.execute(_SPEND, workspace_id, now, ordered, [first[proof] for proof in ordered])
    rows = await connection.fetch(_SPENT_ON, workspace_id, ordered)
    spent_on = {row["proof"]: row["submission_id"] for row in rows}
    return {submission_id for submission_id, proof in proofs.items() if spent_on.get(proof) != submission_id}


async def people_who_said(
    connection: Connection, workspace_id: UUID, said: Sequence[Said], *, now: datetime
) -> dict[tuple[UUID, str], int]:
    """How many people have sent each text to its source within a day, whichever process heard them."""
    rows = sorted({(one.source_id, one.text, person) for one in said for person in one.people})
    await connection.execute(_SAY, workspace_id, now, *[list(column) for column in zip(*rows, strict=True)])
    sources, texts = {one.source_id for one in said}, {one.text for one in said}
    counted = await connection.fetch(_PEOPLE, workspace_id, list(sources), list(texts), now - WITHIN)
    return {(row["source_id"], row["text"]): row["people"] for row in counted}


async def forget_signs(session: AsyncSession, *, now: datetime) -> None:
    """Deletes proofs and texts that no longer count, of all workspaces (role worker)."""
    await session.execute(delete(SpentProof).where(SpentProof.spent_at < now - SPENT_KEPT_FOR))
    await session.execute(delete(SaidText).where(SaidText.said_at < now - WITHIN))
