"""Rules from their rows, and the ones that apply where a workspace has none. Pure."""

from collections.abc import Mapping
from uuid import UUID

from leadkit.problems import Invalid

from crm_core.assignment.model import Pool, Rule
from crm_core.assignment.tables import AssignmentRule
from crm_core.conditions.fields import Fields
from crm_core.conditions.tree import read


def rule_from(row: AssignmentRule, fields: Fields) -> Rule | None:
    """The rule with its condition read; None where it cannot be read any more, since a field is gone."""
    try:
        condition = read(row.condition, fields)
    except Invalid:
        return None
    return Rule(
        id=row.id, key=str(row.id), condition=condition, pool=pool_from(row.pool), strategy=row.strategy,  # type: ignore[arg-type]
        weights={UUID(user): weight for user, weight in row.weights.items()}, limits=tuple(row.limits),  # type: ignore[arg-type]
        fallback=row.fallback, response=row.response,  # type: ignore[arg-type]
    )  # fmt: skip


def pool_from(told: Mapping[str, list[str]]) -> Pool:
    """The pool as it is stored."""
    return Pool(
        users=frozenset(map(UUID, told["user_ids"])), teams=frozenset(map(UUID, told["team_ids"])),
        skills=frozenset(skill.casefold() for skill in told["skills"]),
        min_level=told["min_level"], match=tuple(told["match"]),  # type: ignore[arg-type]
    )  # fmt: skip


def by_turn(team_id: UUID, why: str) -> Rule:
    """What holds when no rule has said otherwise: by turn within a team."""
    return Rule(id=team_id, key=why, pool=Pool(teams=frozenset([team_id])), fallback="queue", team_id=team_id)
