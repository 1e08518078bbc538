"""Leads that nobody could take wait, the best first, until somebody can: a timer of the worker tries them again, so a
lead goes out within seconds after somebody came back, a cap freed or working hours began."""

from datetime import datetime
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.tokens import Caller
from sqlalchemy import Integer, Select, bindparam, case, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import SYSTEM
from crm_core.deadlines.queries import had_by
from crm_core.leads import store
from crm_core.leads.handing import give_by_rules
from crm_core.leads.queries import seen_by
from crm_core.leads.tables import Lead

EVERY_S = 2
BATCH = 200
MOST_TRIED = 1000
"""Leads of one workspace in one round: what is further behind waits for the next, when these are gone."""

HIGHEST_SCORE = 1000
IS_WAITING = (
    Lead.owner_id.is_(None),
    Lead.status.in_(bindparam(None, ("new", "assigned"), expanding=True, literal_execute=True)),
)
"""Also those that went back to the pool since nobody answered them."""
BEST_FIRST = cast(case({"hot": 0, "warm": HIGHEST_SCORE}, value=Lead.temperature, else_=2 * HIGHEST_SCORE), Integer) - (
    Lead.score
)
LONGEST_FIRST = Lead.id
"""Hot before warm before cold, then by score; among equals who came first."""


def waiting_for(caller: Caller) -> Select[Lead]:
    """The leads that wait for an owner, as far as the caller may see them."""
    return seen_by(caller).where(*IS_WAITING)


async def give_out_waiting(db: Database) -> int:
    """Tries the waiting leads of every workspace; answers how many found an owner."""
    async with db.transaction(role="worker", read_only=True) as session:
        workspaces = list(await session.scalars(select(Lead.workspace_id).where(*IS_WAITING).distinct()))
    return sum([await _of_workspace(db, workspace_id) for workspace_id in workspaces])


async def _of_workspace(db: Database, workspace_id: UUID) -> int:
    given = left = 0
    while left < MOST_TRIED:
        async with db.transaction(workspace_id, role="worker") as session:
            tried, found = await _try_batch(session, workspace_id, left, clock.now())
        given, left = given + found, left + tried - found
        if tried < BATCH:
            break
    return given


async def _try_batch(session: AsyncSession, workspace_id: UUID, skipped: int, now: datetime) -> tuple[int, int]:
    """How many leads were tried, and how many of them found an owner; the others stay as they are."""
    rows = await session.scalars(
        select(Lead)
        .where(Lead.workspace_id == workspace_id, *IS_WAITING)
        .order_by(BEST_FIRST, LONGEST_FIRST)
        .offset(skipped)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    leads = list(rows)
    for lead in leads:
        session.expunge(lead)
    changes = store.Changes()
    excluded = await had_by(session, workspace_id, [lead.id for lead in leads if lead.status != "new"])
    await give_by_rules(session, workspace_id, [(lead, None) for lead in leads], changes, excluded=excluded, now=now)
    changes.changed = [lead for lead in leads if lead.owner_id is not None]
    changes.outcomes = [outcome for outcome in changes.outcomes if outcome.owner_id is not None]
    if changes.changed:
        await store.store(session, workspace_id, changes, by=SYSTEM, now=now)
    return len(leads), len(changes.changed)
