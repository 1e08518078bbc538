"""Giving out leads by the rules, set-based, and remembering why: a batch takes a handful of statements, whatever its
size."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.ids import new_id_text
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.teams.queries import default_team
from crm_core.access.workspaces.queries import zone_of
from crm_core.assignment.deciding import State, decide, text_of
from crm_core.assignment.facts import time_of_day
from crm_core.assignment.model import Asked, Decision, Person, Rule
from crm_core.assignment.queries import Rulebook, count_up, people_of, rulebook_of, turns_of
from crm_core.assignment.reading import by_turn
from crm_core.assignment.tables import AssignmentExplanation, AssignmentSetting, AssignmentTurn
from crm_core.custom_fields.rules import facts_of as custom_facts
from crm_core.rows import Write, fixed_row


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A lead that needs an owner, not among `excluded`. `facts` is only asked where there are rules. Where none of them
    decides it goes by turn: in `team_id` if one was named, else where the person's previous owner is."""

    lead_id: UUID
    team_id: UUID | None = None
    previous_owner_id: UUID | None = None
    excluded: frozenset[UUID] = frozenset()
    facts: Callable[[], Mapping[str, Any]] = dict
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Who got it (None: it waits in the team's queue), the rules that were tried, in order, and what response the one
    that decided expects."""

    lead_id: UUID
    team_id: UUID | None
    owner_id: UUID | None
    rules: Sequence[Mapping[str, Any]]
    rule_id: UUID | None = None
    response: Mapping[str, Any] | None = None


class Handed(NamedTuple):
    """Who got what, in the order asked, and the turns that moved."""

    outcomes: list[Outcome]
    moved: set[UUID]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """All that decisions about a batch stand on, but for the counts. `now` is in the workspace's zone where there are
    rules, which may ask for the time of day."""

    rulebook: Rulebook
    people: dict[UUID, Person]
    default_team: UUID | None
    now: datetime

    def rules_for(self, lead: Wanted) -> Sequence[Rule]:
        """The workspace's rules, and after them the turn within a team."""
        owner = self.people.get(lead.previous_owner_id) if lead.previous_owner_id else None
        if lead.team_id is not None:
            return [*self.rulebook.rules, by_turn(lead.team_id, "named_team")]
        if owner is not None and owner.team_id is not None:
            return [*self.rulebook.rules, by_turn(owner.team_id, "previous_owner_team")]
        if self.default_team is not None:
            return [*self.rulebook.rules, by_turn(self.default_team, "default_team")]
        return self.rulebook.rules

    def decide(self, wanted: Sequence[Wanted], turns: dict[UUID, dict[UUID, int]]) -> "Handed":
        """Decides about one lead after the other, and moves the counts of those who get them."""
        state = State(people=self.people, turns=turns, now=self.now)
        clock = time_of_day(self.now)
        decided = [(one, decide(state, self.rules_for(one), self.asked(one, clock))) for one in wanted]
        return Handed([_outcome(one.lead_id, decision) for one, decision in decided], state.moved)

    def asked(self, lead: Wanted, clock: Mapping[str, Any]) -> Asked:
        """The lead as rules see it at this time of day."""
        facts: Mapping[str, Any] = {}
        if self.rulebook.rules:
            facts = {**lead.facts(), **custom_facts(self.rulebook.custom, lead.custom), **clock}
        return Asked(
            facts=facts, team_id=lead.team_id, previous_owner_id=lead.previous_owner_id, excluded=lead.excluded
        )


async def hand_out(
    session: AsyncSession, workspace_id: UUID, wanted: Sequence[Wanted], *, now: datetime
) -> tuple[list[Outcome], list[Write]]:
    """An owner for each lead by the rules, in the order asked, and what is to be written with it: whose turn is next.

    Locks the giving out of leads in the workspace until the transaction ends: after every other lock, then write
    soon."""
    if not wanted:
        return [], []
    ground = await survey(session, workspace_id, wanted, now=now)
    await lock_setting(session, workspace_id, now)
    turns = await turns_of(session, workspace_id)
    known = set(turns)
    await count_up(session, workspace_id, ground.people, every_open=ground.rulebook.counts_open)
    handed = ground.decide(wanted, turns)
    rows = [_turn(workspace_id, turn_id, turns[turn_id], now) for turn_id in sorted(handed.moved)]
    old, new = [row for row in rows if row.turn_id in known], [row for row in rows if row.turn_id not in known]
    return handed.outcomes, [Write(old, "update"), Write(new)]


async def survey(
    session: AsyncSession,
    workspace_id: UUID,
    wanted: Sequence[Wanted],
    *,
    rulebook: Rulebook | None = None,
    now: datetime,
) -> Ground:
    """Reads what decisions stand on, without a lock; `rulebook` instead of the one that holds."""
    rulebook = rulebook or await rulebook_of(session, workspace_id)
    named = {user for rule in rulebook.rules for user in rule.pool.users}
    owners = {one.previous_owner_id for one in wanted if one.previous_owner_id is not None}
    return Ground(
        rulebook=rulebook,
        people=await people_of(session, workspace_id, named | owners, now=now),
        default_team=await default_team(session, workspace_id),
        now=now.astimezone(await zone_of(session, workspace_id)) if rulebook.rules else now,
    )


def explanations(workspace_id: UUID, outcomes: Sequence[Outcome], *, by: str, now: datetime) -> Write:
    """Why each lead got its owner, to be written with the lead."""
    rows = [
        fixed_row(
            AssignmentExplanation, workspace_id=workspace_id, id=new_id_text(), lead_id=outcome.lead_id, at=now, by=by,
            team_id=outcome.team_id, owner_id=outcome.owner_id, rules=outcome.rules,
        )
        for outcome in outcomes
    ]  # fmt: skip
    return Write(rows)


def without_rules(lead_id: UUID, why: str, *, owner_id: UUID | None, team_id: UUID | None) -> Outcome:
    """The outcome where no rule was asked; `why` says in explanations what was done: one of `words.UNRULED`."""
    rule = {
        "rule": why, "met": True, "team_id": text_of(team_id), "candidates": [str(owner_id)] if owner_id else [],
        "winner": text_of(owner_id),
    }  # fmt: skip
    return Outcome(lead_id=lead_id, team_id=team_id, owner_id=owner_id, rules=[rule])


async def lock_setting(session: AsyncSession, workspace_id: UUID, now: datetime) -> AssignmentSetting:
    """Makes everybody else who gives out leads of the workspace, or changes its rules, wait for this transaction."""
    locked = (
        select(AssignmentSetting)
        .where(AssignmentSetting.workspace_id == workspace_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    setting = await session.scalar(locked)
    if setting is None:
        first = {"workspace_id": workspace_id, "revision": 0, "updated_at": now}
        await session.execute(insert(AssignmentSetting).values(first).on_conflict_do_nothing())
        setting = await session.scalar(locked)
    assert setting is not None
    return setting


def _turn(workspace_id: UUID, turn_id: UUID, given: Mapping[UUID, int], now: datetime) -> AssignmentTurn:
    counts = {str(user): count for user, count in given.items()}
    return fixed_row(AssignmentTurn, workspace_id=workspace_id, turn_id=turn_id, given=counts, updated_at=now)


def _outcome(lead_id: UUID, decision: Decision) -> Outcome:
    rule = decision.rule
    return Outcome(
        lead_id=lead_id, team_id=decision.team_id, owner_id=decision.owner_id, rules=decision.tried,
        rule_id=rule.id if rule else None, response=rule.response if rule else None,
    )  # fmt: skip
