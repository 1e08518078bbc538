"""A set of rules as one piece of JSON: what is tried in a preview, and what a simulation keeps, so that it tries the
same from its first lead to its last, whoever changes rules meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from leadkit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.assignment.queries import IN_ORDER, Rulebook, asked_fields, rules_of
from crm_core.assignment.reading import rule_from
from crm_core.assignment.rule_schemas import AssignmentRuleCreate
from crm_core.assignment.ruling import check
from crm_core.assignment.tables import AssignmentRule

KEPT = ("name", "condition", "pool", "strategy", "weights", "limits", "fallback", "response")


async def written_set(
    session: AsyncSession, workspace_id: UUID, drafts: Sequence[AssignmentRuleCreate] | None
) -> list[dict[str, Any]]:
    """The active ones of these drafts in their order, or without drafts the rules that hold; raises `Invalid`."""
    if drafts is None:
        rows = await session.scalars(rules_of(workspace_id, active=True).order_by(*IN_ORDER))
        return [{"id": str(row.id), **{name: getattr(row, name) for name in KEPT}} for row in rows]
    told = [draft.model_dump(mode="json") for draft in drafts]
    for place, one in enumerate(told):
        await check(session, workspace_id, one, at=f"/rules/{place}")
    places = [place if one["position"] is None else one["position"] for place, one in enumerate(told)]
    ordered = [one for _, one in sorted(zip(places, told, strict=True), key=lambda pair: pair[0]) if one["active"]]
    return [{"id": str(new_id()), **{name: one[name] for name in KEPT}} for one in ordered]


async def rulebook_from(session: AsyncSession, workspace_id: UUID, told: Sequence[Mapping[str, Any]]) -> Rulebook:
    """The set as a rulebook that nobody keeps, without rules that ask for a field that is gone."""
    custom, fields = await asked_fields(session, workspace_id)
    rows = [AssignmentRule(**{**one, "id": UUID(one["id"])}) for one in told]
    return Rulebook(0, [rule for row in rows if (rule := rule_from(row, fields)) is not None], custom)
