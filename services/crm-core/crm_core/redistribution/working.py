"""Handing leads over in the background, batch after batch, each committed with how far it is.

A batch locks its redistribution, so several workers only take turns, and one that dies leaves nothing half done."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.problems import Invalid
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner
from crm_core.access.users.queries import users_by_id
from crm_core.conditions.sql import clause
from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.leads import store
from crm_core.leads.handing import give_by_rules, give_to
from crm_core.leads.lifecycle import Step
from crm_core.leads.queries import open_lead_ids
from crm_core.leads.rules import OPEN
from crm_core.listings import LISTINGS
from crm_core.redistribution.queries import leads_of
from crm_core.redistribution.tables import RedistributedLead, Redistribution
from crm_core.rows import Write, fixed_row

EVERY_S = 1
BATCH = 200
IN_WORK = ("waiting", "running", "undoing")

log = structlog.get_logger()


async def redistribute(db: Database) -> int:
    """Does what was asked for, the oldest first; answers how many redistributions came to an end."""
    async with db.transaction(role="worker", read_only=True) as session:
        rows = await session.execute(
            select(Redistribution.workspace_id, Redistribution.id)
            .where(Redistribution.status.in_(IN_WORK))
            .order_by(Redistribution.created_at, Redistribution.id)
        )
        due = list(rows)
    for workspace_id, redistribution_id in due:
        while await _batch(db, workspace_id, redistribution_id):
            pass
    return len(due)


async def _batch(db: Database, workspace_id: UUID, redistribution_id: UUID) -> bool:
    """The next leads; False when none are left, or another worker is at it."""
    async with db.transaction(workspace_id, role="worker") as session:
        of = await session.scalar(
            select(Redistribution)
            .where(
                Redistribution.workspace_id == workspace_id,
                Redistribution.id == redistribution_id,
                Redistribution.status.in_(IN_WORK),
            )
            .with_for_update(skip_locked=True)
        )
        if of is None:
            return False
        now = clock.now()
        try:
            dealt_with = await (_put_back if of.status == "undoing" else _hand_over)(session, of, now)
        except Invalid as problem:  # a field that it asks for is there no more
            of.status, of.error, of.finished_at = "failed", problem.detail, now
            return False
        if dealt_with < BATCH:
            of.status, of.finished_at = "undone" if of.status == "undoing" else "done", now
            log.info("redistributed", workspace_id=str(workspace_id), id=str(of.id), status=of.status, moved=of.moved)
        return dealt_with == BATCH


async def _hand_over(session: AsyncSession, of: Redistribution, now: datetime) -> int:
    """Gives the next leads out by the rules, not to whom they are taken from; answers how many it looked at."""
    asked = await _asked(session, of, now)
    if of.status == "waiting":
        of.status = "running"
        of.leads_total = await session.scalar(select(func.count()).select_from(asked.subquery())) or 0
    key = LISTINGS["lead"].key
    ids = list(await session.scalars(asked.where(key > of.after).order_by(key).limit(BATCH)))
    leads = [
        lead
        for lead in await store.lock_leads(session, of.workspace_id, ids)
        if lead.status in OPEN and of.user_id in (None, lead.owner_id)
    ]
    before = {lead.id: Owner(lead.owner_id, lead.team_id) for lead in leads}
    changes = store.Changes()
    excluded = {lead.id: frozenset([of.user_id]) for lead in leads} if of.user_id else {}
    given = [(lead, None) for lead in leads]
    await give_by_rules(session, of.workspace_id, given, changes, excluded=excluded, now=now)
    changes.changed = [lead for lead in leads if lead.owner_id != before[lead.id].owner_id]
    moved = {lead.id for lead in changes.changed}
    changes.outcomes = [outcome for outcome in changes.outcomes if outcome.lead_id in moved]
    changes.also.append(Write([_row(of, lead, before[lead.id]) for lead in leads], "insert_new"))
    await store.store(session, of.workspace_id, changes, by=of.created_by, now=now)
    of.after, of.leads_done, of.moved = ids[-1] if ids else of.after, of.leads_done + len(ids), of.moved + len(moved)
    return len(ids)


async def _put_back(session: AsyncSession, of: Redistribution, now: datetime) -> int:
    """Gives the next leads back to whom they were taken from, unless they have gone on since, or that person is away
    for good."""
    moved = leads_of(of.workspace_id, of.id).where(RedistributedLead.result == "moved")
    place = RedistributedLead.lead_id
    rows = list(await session.scalars(moved.where(place > of.after).order_by(place).limit(BATCH)))
    leads = {lead.id: lead for lead in await store.lock_leads(session, of.workspace_id, [row.lead_id for row in rows])}
    users = await users_by_id(session, of.workspace_id, [row.from_owner_id for row in rows if row.from_owner_id])
    changes = store.Changes()
    step = Step(by=of.created_by, at=now, now=now, by_rules=True)
    for row in rows:
        lead = leads.get(row.lead_id)
        same = lead is not None and lead.status in OPEN and lead.owner_id == row.to_owner_id
        if lead is None or not same or row.from_owner_id is None or not users[row.from_owner_id].active:
            row.result = "kept"
            continue
        row.result = "put_back"
        give_to(lead, Owner(row.from_owner_id, row.from_team_id), changes, step)
        changes.changed.append(lead)
    await session.flush()
    await store.store(session, of.workspace_id, changes, by=of.created_by, now=now)
    of.after, of.put_back = rows[-1].lead_id if rows else of.after, of.put_back + len(changes.changed)
    return len(rows)


async def _asked(session: AsyncSession, of: Redistribution, now: datetime) -> Select[UUID]:
    """The ids of the leads it is about; raises `Invalid` for a condition that cannot be read any more."""
    listing = await with_custom_fields(session, of.workspace_id, LISTINGS["lead"])
    met = clause(read(of.condition, listing.fields), listing.columns, now=now)
    return open_lead_ids(of.workspace_id, owner_id=of.user_id, team_id=of.team_id).where(met)


def _row(of: Redistribution, lead: Any, before: Owner) -> RedistributedLead:
    return fixed_row(
        RedistributedLead, workspace_id=of.workspace_id, redistribution_id=of.id, lead_id=lead.id,
        from_owner_id=before.owner_id, from_team_id=before.team_id, to_owner_id=lead.owner_id,
        result="moved" if lead.owner_id != before.owner_id else "stayed",
    )  # fmt: skip
