"""Keeping the rules of assignment."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.problems import FieldError, Invalid
from leadkit.tokens import Caller
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import actions as audit
from crm_core.access.teams.queries import teams_among
from crm_core.access.users.queries import users_by_id
from crm_core.assignment.actions import lock_setting
from crm_core.assignment.queries import asked_fields, rule_by_id, rules_of
from crm_core.assignment.rule_schemas import AssignmentRuleCreate, AssignmentRulePatch
from crm_core.assignment.tables import AssignmentRule, AssignmentTurn
from crm_core.conditions.fields import Fields
from crm_core.conditions.tree import read

STEP = 10
FIELDS = (
    "name", "condition", "pool", "strategy", "weights", "limits", "fallback", "response", "position", "active",
)  # fmt: skip


async def create_rule(
    session: AsyncSession, wanted: AssignmentRuleCreate, *, caller: Caller, now: datetime
) -> AssignmentRule:
    """A new rule, by default the last; raises `Invalid` for what is not there or cannot be read."""
    values = wanted.model_dump(mode="json")
    await check(session, caller.workspace, values)
    if values["position"] is None:
        last = select(func.max(AssignmentRule.position)).where(AssignmentRule.workspace_id == caller.workspace)
        values["position"] = (await session.scalar(last) or 0) + STEP
    rule = AssignmentRule(
        workspace_id=caller.workspace, id=new_id(), version=1, created_at=now, updated_at=now, **values
    )
    session.add(rule)
    await _changed(session, "create", rule.id, None, _shown(rule), caller, now)
    return rule


async def change_rule(
    session: AsyncSession,
    rule_id: UUID,
    wanted: AssignmentRulePatch,
    version: int | None,
    *,
    caller: Caller,
    now: datetime,
) -> AssignmentRule:
    """The rule by merge patch; raises `NotFound`, `Stale`, `Invalid`."""
    rule = await rule_by_id(session, caller.workspace, rule_id, lock=True)
    check_version(version, rule.version)
    before = _shown(rule)
    sent = wanted.model_dump(mode="json", include=wanted.model_fields_set)
    await check(session, caller.workspace, {**before, **sent})
    for name, value in sent.items():
        setattr(rule, name, value)
    rule.version += 1
    rule.updated_at = now
    await _changed(session, "update", rule.id, before, _shown(rule), caller, now)
    return rule


async def delete_rule(session: AsyncSession, rule_id: UUID, *, caller: Caller, now: datetime) -> None:
    """The rule goes with its turn; what it decided stays explained. Raises `NotFound`."""
    rule = await rule_by_id(session, caller.workspace, rule_id, lock=True)
    before = _shown(rule)
    await session.delete(rule)
    await _changed(session, "delete", rule_id, before, None, caller, now)
    await session.execute(
        delete(AssignmentTurn).where(AssignmentTurn.workspace_id == caller.workspace, AssignmentTurn.turn_id == rule_id)
    )


async def order_rules(
    session: AsyncSession, ids: Iterable[UUID], *, caller: Caller, now: datetime
) -> list[AssignmentRule]:
    """The rules in this order; raises `Invalid` where they are not all of them, each once."""
    wanted = list(ids)
    rows = {row.id: row for row in await session.scalars(rules_of(caller.workspace).with_for_update())}
    if sorted(wanted) != sorted(rows):
        raise Invalid.at("/ids", "must have every rule of the workspace exactly once")
    before = [str(row.id) for row in sorted(rows.values(), key=lambda row: (row.position, row.id))]
    for place, rule_id in enumerate(wanted, start=1):
        row = rows[rule_id]
        if row.position != place * STEP:
            row.position, row.version, row.updated_at = place * STEP, row.version + 1, now
    after = {"ids": list(map(str, wanted))}
    await _changed(session, "order", caller.workspace, {"ids": before}, after, caller, now)
    return [rows[rule_id] for rule_id in wanted]


async def check(session: AsyncSession, workspace_id: UUID, values: Mapping[str, Any], at: str = "") -> None:
    """Raises `Invalid` with all that a rule (as JSON) says wrong, each at its place below `at`."""
    _, fields = await asked_fields(session, workspace_id)
    named = [*values["pool"]["user_ids"], *values["weights"]]
    users = await users_by_id(session, workspace_id, list(map(UUID, named))) if named else {}
    teams = await teams_among(session, workspace_id, list(map(UUID, values["pool"]["team_ids"])))
    errors = [
        *_unknown(values["pool"]["user_ids"], users, f"{at}/pool/user_ids", "user"),
        *_unknown(values["pool"]["team_ids"], teams, f"{at}/pool/team_ids", "team"),
        *_inconsistent(values, users, at),
        *_unreadable(values["condition"], fields, f"{at}/condition"),
    ]
    if errors:
        raise Invalid("The rule is not valid.", errors=errors)


def _unknown(named: Iterable[str], known: Iterable[UUID], at: str, kind: str) -> list[FieldError]:
    there = set(map(str, known))
    return [
        FieldError(pointer=f"{at}/{index}", detail=f"There is no such {kind}.")
        for index, one in enumerate(named)
        if one not in there
    ]


def _inconsistent(values: Mapping[str, Any], users: Iterable[UUID], at: str) -> list[FieldError]:
    errors = []
    there = set(map(str, users))
    if values["weights"] and values["strategy"] != "weighted":
        errors.append(FieldError(pointer=f"{at}/weights", detail="are for the strategy weighted only"))
    errors += [
        FieldError(pointer=f"{at}/weights/{user}", detail="There is no such user.")
        for user in values["weights"]
        if user not in there
    ]
    response = values["response"]
    if response and (response["remind_before_minutes"] or 0) >= response["within_minutes"]:
        detail = "must be less than within_minutes"
        errors.append(FieldError(pointer=f"{at}/response/remind_before_minutes", detail=detail))
    return errors


def _unreadable(condition: Any, fields: Fields, at: str) -> list[FieldError]:
    try:
        read(condition, fields, at=at)
    except Invalid as error:
        return error.errors or []
    return []


async def _changed(
    session: AsyncSession,
    what: str,
    subject_id: UUID,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    caller: Caller,
    now: datetime,
) -> None:
    """Every process reads the rules anew when the revision has grown."""
    await session.flush()
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=f"assignment_rule.{what}",
        subject_type="assignment_rule", subject_id=subject_id, before=before, after=after, now=now,
    )  # fmt: skip
    setting = await lock_setting(session, caller.workspace, now)
    setting.revision += 1
    setting.updated_at = now


def _shown(rule: AssignmentRule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in FIELDS}
