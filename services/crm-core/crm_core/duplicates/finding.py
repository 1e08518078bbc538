"""Comparing a card with those that may be like it, and remembering which pairs are."""

from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.companies.likeness import COMPANIES
from crm_core.contacts.likeness import CONTACTS
from crm_core.duplicates.candidates import Source, candidates
from crm_core.duplicates.rules import LEAST, score_of, signs
from crm_core.duplicates.suggesting import suggestion
from crm_core.leads.likeness import LEADS
from crm_core.rows import Write, write

SOURCES: tuple[Source, ...] = (LEADS, CONTACTS, COMPANIES)
"""Everything that is compared with its like."""

FREE_MAIL = Path(__file__).with_name("free_mail_domains.txt")


@cache
def free_mail_domains() -> frozenset[str]:
    """The domains where anybody has an address."""
    lines = (line.strip().lower() for line in FREE_MAIL.read_text().splitlines())
    return frozenset(line for line in lines if line and not line.startswith("#"))


def source_of(entity: str) -> Source:
    """The source of this kind."""
    return next(one for one in SOURCES if one.entity == entity)


async def look_for_duplicates(
    session: AsyncSession, source: Source, workspace_id: UUID, row_id: UUID, *, now: datetime
) -> None:
    """Suggests each other card that is like this one, once: a pair that is known, or was refused, stays as it is."""
    mine = (await source.profiles(session, workspace_id, [row_id])).get(row_id)
    if mine is None:
        return
    free = free_mail_domains()
    ids = await candidates(session, source, workspace_id, row_id, mine, free) - {row_id}
    others = await source.profiles(session, workspace_id, ids) if ids else {}
    rows = []
    for other_id, other in others.items():
        found = signs(mine, other, free=free, of_companies=source.entity == "company")
        if score_of(found) >= LEAST:
            rows.append(suggestion(workspace_id, source.entity, row_id, other_id, found, now=now))
    await write(session, [Write(rows, "insert_new")])
