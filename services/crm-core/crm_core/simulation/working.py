"""Running simulations in the background: a worker takes one under a lease and gives its leads out on paper, batch after
batch, each committed with how far it is.

A worker that dies loses its lease, and another goes on behind the last batch: turns are kept with the simulation, and
what everybody has in hand follows from the leads that were given out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import acquire, leased
from leadkit.problems import Invalid
from sqlalchemy import ColumnElement, and_, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import users_by_id
from crm_core.access.workspaces.queries import zone_of
from crm_core.assignment.actions import Ground, Wanted, survey
from crm_core.assignment.deciding import decide
from crm_core.assignment.facts import time_of_day
from crm_core.assignment.queries import people_of
from crm_core.assignment.rule_sets import rulebook_from
from crm_core.conditions.sql import clause
from crm_core.conditions.tree import read
from crm_core.custom_fields.listing import with_custom_fields
from crm_core.leads.points import asked_facts
from crm_core.leads.queries import leads_among, open_leads_at, owners_before, told_by_arrival
from crm_core.listings import LISTINGS
from crm_core.rows import Write, fixed_row, write
from crm_core.simulation.tables import SimulatedLead, Simulation
from crm_core.simulation.tallying import Pair, count, result_of
from crm_core.simulation.walking import Held, Walk, walk_from
from crm_core.working_time.queries import calendars_of

EVERY_S = 1
BATCH = 1000
AT_ONCE = 50
"""Leads decided before the worker's other loops are heard: some 20 ms with 200 users and 50 rules."""
MOST = 1_000_000
LEASE_S = 60

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Run:
    """A simulation under way in this process: what decisions stand on, and where time is."""

    ground: Ground
    walk: Walk
    rules: frozenset[str]


async def simulate(db: Database) -> int:
    """Runs what was asked for, the oldest first; answers how many simulations came to an end."""
    async with db.transaction(role="worker", read_only=True) as session:
        rows = await session.execute(
            select(Simulation.workspace_id, Simulation.id)
            .where(Simulation.status.in_(("waiting", "running")))
            .order_by(Simulation.created_at, Simulation.id)
        )
        due = list(rows)
    ended = 0
    for workspace_id, simulation_id in due:
        holder = new_id()
        async with leased(db, _lease(simulation_id), holder, LEASE_S) as mine:
            if mine:
                ended += await _run(db, workspace_id, simulation_id, holder)
    return ended


async def _run(db: Database, workspace_id: UUID, simulation_id: UUID, holder: UUID) -> bool:
    """Goes on with one simulation; False when it was removed, or another worker took it."""
    run: Run | None = None
    while True:
        async with db.transaction(workspace_id, role="worker") as session:
            of = await _present(session, workspace_id, simulation_id)
            if of is None or not await acquire(session, _lease(simulation_id), holder, LEASE_S):
                return False
            try:
                if of.status == "waiting":
                    await _line_up(session, of)
                if run is None:
                    run = await _begun(session, of)
            except Invalid as problem:  # a field that the filter asks for is there no more
                of.status, of.error, of.finished_at = "failed", problem.detail, clock.now()
                return True
            if await _batch(session, of, run) < BATCH:
                await _end(session, of)
                return True


async def _present(session: AsyncSession, workspace_id: UUID, simulation_id: UUID) -> Simulation | None:
    """The simulation while it has not ended, locked."""
    return await session.scalar(
        select(Simulation)
        .where(
            Simulation.workspace_id == workspace_id,
            Simulation.id == simulation_id,
            Simulation.status.in_(("waiting", "running")),
        )
        .with_for_update()
    )


async def _line_up(session: AsyncSession, of: Simulation) -> None:
    """Puts the leads in the order in which their people asked; raises `Invalid` for a filter that cannot be read any
    more and for more than `MOST`."""
    listing = await with_custom_fields(session, of.workspace_id, LISTINGS["lead"])
    met = clause(read(of.condition, listing.fields), listing.columns, now=of.created_at)
    leads = told_by_arrival(of.workspace_id, of.occurred_from, of.occurred_to).where(met).subquery()
    total = await session.scalar(select(func.count()).select_from(leads)) or 0
    if total > MOST:
        raise Invalid(f"There are more than {MOST:,} leads: shorten the period or narrow the filter.")
    place = func.row_number().over(order_by=(leads.c.at, leads.c.lead_id))
    lined_up = select(literal(of.workspace_id), literal(of.id), place, *leads.c)
    names = ("workspace_id", "simulation_id", "place", "lead_id", "at", "closed_at", "was_owner_id")
    await session.execute(insert(SimulatedLead).from_select(names, lined_up))
    of.leads_total, of.status = total, "running"


async def _begun(session: AsyncSession, of: Simulation) -> Run:
    """The simulation as of the last lead that was given out, or of the beginning of the period."""
    done = await session.execute(
        select(SimulatedLead.owner_id, SimulatedLead.at, SimulatedLead.closed_at)
        .where(_of(of), SimulatedLead.place <= of.leads_done)
        .order_by(SimulatedLead.place)
    )
    rows = list(done)
    at = rows[-1].at if rows else of.occurred_from
    rulebook = await rulebook_from(session, of.workspace_id, of.rules)
    ground = await survey(session, of.workspace_id, (), rulebook=rulebook, now=at)
    counted = [one.id for one in ground.people.values() if rulebook.counts_open or one.open_cap is not None]
    before = await open_leads_at(session, of.workspace_id, of.occurred_from, counted) if counted else []
    walk = walk_from(
        at,
        people=ground.people,
        calendars=dict(await calendars_of(session, of.workspace_id, list(ground.people))),
        turns={UUID(turn): {UUID(user): given for user, given in counts.items()} for turn, counts in of.turns.items()},
        held=[
            *(Held(owner_id, None, closed_at) for owner_id, closed_at in before),
            *(Held(row.owner_id, row.at, row.closed_at) for row in rows if row.owner_id is not None),
        ],
        zone=await zone_of(session, of.workspace_id),
    )
    return Run(ground, walk, frozenset(rule["id"] for rule in of.rules))


async def _batch(session: AsyncSession, of: Simulation, run: Run) -> int:
    """Gives out the next leads on paper; answers how many."""
    rows = list(
        await session.scalars(
            select(SimulatedLead)
            .where(_of(of), SimulatedLead.place > of.leads_done)
            .order_by(SimulatedLead.place)
            .limit(BATCH)
        )
    )
    wanted = await _wanted(session, of, run, [row.lead_id for row in rows])
    tally = {rule: list(counts) for rule, counts in of.tally.items()}
    written = []
    for place, row in enumerate(rows):
        if place % AT_ONCE == 0:
            await asyncio.sleep(0)
        written.append(_given(row, wanted.get(row.lead_id), run, tally))
    session.expunge_all()
    await write(session, [Write(written, "update")])
    session.add(of)
    of.tally = tally
    of.turns = {str(turn): {str(user): given for user, given in counts.items()}
                for turn, counts in run.walk.state.turns.items()}  # fmt: skip
    of.leads_done += len(rows)
    return len(rows)


async def _wanted(session: AsyncSession, of: Simulation, run: Run, ids: Sequence[UUID]) -> dict[UUID, Wanted]:
    """The leads as they are now, without the owner they have, and with whoever had the person's lead before."""
    leads = await leads_among(session, of.workspace_id, ids)
    known = [lead.id for lead in leads.values() if lead.repeat]
    owners = await owners_before(session, of.workspace_id, known) if known else {}
    if strangers := set(owners.values()) - set(run.ground.people):  # such as left; the team they were of still counts
        at = run.walk.state.now
        people = await people_of(session, of.workspace_id, strangers, now=at)
        run.ground.people.update({user: people[user] for user in strangers if user in people})
    return {
        lead.id: Wanted(
            lead_id=lead.id, previous_owner_id=owners.get(lead.id), facts=partial(asked_facts, lead),
            custom=lead.custom,
        )
        for lead in leads.values()
    }  # fmt: skip


def _given(row: SimulatedLead, wanted: Wanted | None, run: Run, tally: dict[str, list[int]]) -> SimulatedLead:
    """The lead's row with who would get it; nobody gets one that is not there any more."""
    owner_id = rule_id = None
    if wanted is not None:
        run.walk.go_to(row.at)
        state = run.walk.state
        asked = run.ground.asked(wanted, time_of_day(state.now))
        decision = decide(state, run.ground.rules_for(wanted), asked)
        count(tally, run.rules, decision.tried)
        owner_id = decision.owner_id
        if owner_id is not None:
            run.walk.will_close(owner_id, row.closed_at)
        if decision.rule is not None and decision.rule.key in run.rules:
            rule_id = decision.rule.id
    return fixed_row(
        SimulatedLead, workspace_id=row.workspace_id, simulation_id=row.simulation_id, place=row.place,
        lead_id=row.lead_id, at=row.at, closed_at=row.closed_at, was_owner_id=row.was_owner_id, owner_id=owner_id,
        rule_id=rule_id,
    )  # fmt: skip


async def _end(session: AsyncSession, of: Simulation) -> None:
    """Sums up."""
    sums = await session.execute(
        select(SimulatedLead.was_owner_id, SimulatedLead.owner_id, func.count())
        .where(_of(of))
        .group_by(SimulatedLead.was_owner_id, SimulatedLead.owner_id)
    )
    pairs = [Pair(*row) for row in sums]
    users = {user for pair in pairs for user in (pair.owner_id, pair.was_owner_id) if user is not None}
    names = {user.id: user.name for user in (await users_by_id(session, of.workspace_id, list(users))).values()}
    of.result = result_of(pairs, of.tally, of.rules, names)
    of.status, of.finished_at = "done", clock.now()
    log.info("simulated", workspace_id=str(of.workspace_id), id=str(of.id), leads=of.leads_done)


def _of(simulation: Simulation) -> ColumnElement[bool]:
    return and_(SimulatedLead.workspace_id == simulation.workspace_id, SimulatedLead.simulation_id == simulation.id)


def _lease(simulation_id: UUID) -> str:
    return f"simulation {simulation_id}"
