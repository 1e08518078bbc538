"""Giving out leads by turn, set-based, and remembering why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.ids import new_id_text
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.teams.queries import default_team
from crm_core.access.users.queries import active_members, users_by_id
from crm_core.assignment.rules import distribute, present_counts
from crm_core.assignment.tables import AssignmentExplanation, AssignmentTurn
from crm_core.rows import Write, fixed_row


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A lead that needs an owner: in `team_id` if one was named, else where the person's previous owner is."""

    lead_id: UUID
    team_id: UUID | None = None
    previous_owner_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Who got it (None: it waits in the team's queue), and the rules that were tried, in order."""

    lead_id: UUID
    team_id: UUID | None
    owner_id: UUID | None
    rules: list[dict[str, Any]]


class Handed(NamedTuple):
    """Who got what, and whose turn is next in the teams, locked and still to be written."""

    outcomes: list[Outcome]
    turns: Write


async def hand_out(session: AsyncSession, workspace_id: UUID, wanted: Sequence[Wanted], *, now: datetime) -> Handed:
    """An owner for each lead, by turn within its team; the outcomes keep the order.

    Locks the turns of the teams, in order, until the transaction ends: after every other lock, then write soon."""
    if not wanted:
        return Handed([], Write([]))
    teams = await _teams(session, workspace_id, wanted)
    due = Counter(team for team, _ in teams if team is not None)
    members = {
        team_id: [user.id for user in await active_members(session, workspace_id, team_id)] for team_id in sorted(due)
    }
    turns = await _locked_turns(session, workspace_id, sorted(due), now)
    owners: dict[UUID, list[UUID]] = {}
    for team_id, turn in turns.items():
        counts = present_counts({UUID(user): count for user, count in turn.given.items()}, members[team_id])
        owners[team_id], counts = distribute(counts, due[team_id])
        owners[team_id].reverse()
        turn.given, turn.updated_at = {str(user): count for user, count in counts.items()}, now
    outcomes = [
        _outcome(lead, team, why, members.get(team, []) if team else [], owners.get(team) if team else None)
        for lead, (team, why) in zip(wanted, teams, strict=True)
    ]
    return Handed(outcomes, Write(list(turns.values()), "update"))


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


def by_hand(lead_id: UUID, *, owner_id: UUID, team_id: UUID | None) -> Outcome:
    """The outcome when a person named the owner."""
    rule = {"rule": "by_hand", "team_id": _text(team_id), "candidates": [str(owner_id)], "winner": str(owner_id)}
    return Outcome(lead_id=lead_id, team_id=team_id, owner_id=owner_id, rules=[rule])


async def _teams(session: AsyncSession, workspace_id: UUID, wanted: Sequence[Wanted]) -> list[tuple[UUID | None, str]]:
    """Each lead's team and the rule that named it."""
    previous = {one.previous_owner_id for one in wanted if one.team_id is None and one.previous_owner_id}
    users = await users_by_id(session, workspace_id, list(previous)) if previous else {}
    fallback = await default_team(session, workspace_id)
    teams: list[tuple[UUID | None, str]] = []
    for one in wanted:
        owner = users.get(one.previous_owner_id) if one.previous_owner_id else None
        if one.team_id is not None:
            teams.append((one.team_id, "named_team"))
        elif owner is not None and owner.team_id is not None:
            teams.append((owner.team_id, "previous_owner_team"))
        else:
            teams.append((fallback, "default_team"))
    return teams


async def _locked_turns(
    session: AsyncSession, workspace_id: UUID, teams: Sequence[UUID], now: datetime
) -> Mapping[UUID, AssignmentTurn]:
    missing = [{"workspace_id": workspace_id, "team_id": team, "given": {}, "updated_at": now} for team in teams]
    if not missing:
        return {}
    await session.execute(insert(AssignmentTurn).values(missing).on_conflict_do_nothing())
    turns = await session.scalars(
        select(AssignmentTurn)
        .where(AssignmentTurn.workspace_id == workspace_id, AssignmentTurn.team_id.in_(teams))
        .order_by(AssignmentTurn.team_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {turn.team_id: turn for turn in turns}
    for turn in found.values():
        session.expunge(turn)  # written by whoever asked for the owners
    return found


def _outcome(lead: Wanted, team: UUID | None, why: str, members: Sequence[UUID], owners: list[UUID] | None) -> Outcome:
    owner = owners.pop() if owners else None
    rule = {
        "rule": why,
        "strategy": "round_robin",
        "team_id": _text(team),
        "candidates": [str(user) for user in members],
        "winner": _text(owner),
    }
    return Outcome(lead_id=lead.lead_id, team_id=team, owner_id=owner, rules=[rule])


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
