"""Setting how a workspace scores. Every change raises the revision, by which the worker scores open leads anew."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.problems import Conflict, Invalid
from leadkit.tokens import Caller
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.conditions.tree import read
from crm_core.rows import fixed_row, insert_rows
from crm_core.scoring import queries
from crm_core.scoring.defaults import DEFAULT_RULES, name_of
from crm_core.scoring.rules import HOT_FROM, WARM_FROM
from crm_core.scoring.schemas import QuestionCreate, QuestionPatch, ScoringPatch, ScoringRuleCreate, ScoringRulePatch
from crm_core.scoring.tables import QualificationQuestion, ScoringRule, ScoringSetting
from crm_core.uniqueness import unique

STEP = 10
RULE_FIELDS = ("name", "condition", "points", "per", "beyond", "at_most", "position", "active")
QUESTION_FIELDS = ("name", "points", "choices", "position", "active")


class QuestionKeyTaken(Conflict):
    """Another question of the workspace has this key."""

    code = "question-key-taken"
    title = "Another question has this key"


async def setting_of(session: AsyncSession, workspace_id: UUID, *, now: datetime) -> ScoringSetting:
    """How the workspace scores, locked; it gets the default rules the first time that it is asked for."""
    workspace = await existing_workspace(session, workspace_id)
    begun = {
        "workspace_id": workspace_id, "version": 1, "warm_from": WARM_FROM, "hot_from": HOT_FROM, "revision": 1,
        "begun_at": now, "scored": 0, "finished_at": now, "updated_at": now,
    }  # fmt: skip
    made = await session.execute(
        upsert(ScoringSetting).values(begun).on_conflict_do_nothing().returning(ScoringSetting.version)
    )
    if made.first() is not None:
        await insert_rows(session, [
            fixed_row(
                ScoringRule, workspace_id=workspace_id, id=new_id(), version=1, name=name_of(one, workspace.language),
                condition=one.condition, points=one.points, per=one.per, beyond=one.beyond, at_most=one.at_most,
                position=place * STEP, active=True, created_at=now, updated_at=now,
            )
            for place, one in enumerate(DEFAULT_RULES, start=1)
        ])  # fmt: skip
    setting = await session.scalar(
        select(ScoringSetting).where(ScoringSetting.workspace_id == workspace_id).with_for_update()
    )
    assert setting is not None
    return setting


async def change_setting(
    session: AsyncSession, wanted: ScoringPatch, version: int | None, *, caller: Caller, now: datetime
) -> ScoringSetting:
    """The thresholds by merge patch; raises `Invalid` where warm would not be below hot."""
    setting = await setting_of(session, caller.workspace, now=now)
    check_version(version, setting.version)
    before = {"warm_from": setting.warm_from, "hot_from": setting.hot_from}
    after = {**before, **wanted.model_dump(exclude_unset=True)}
    if after["warm_from"] >= after["hot_from"]:
        raise Invalid.at("/warm_from", "must be below hot_from")
    setting.warm_from, setting.hot_from = after["warm_from"], after["hot_from"]
    setting.version += 1
    _anew(setting, now)
    await _recorded(session, "scoring.update", setting.workspace_id, before, after, caller, now)
    return setting


async def create_rule(
    session: AsyncSession, wanted: ScoringRuleCreate, *, caller: Caller, now: datetime
) -> ScoringRule:
    """A new rule, by default the last; raises `Invalid` for a condition that cannot be read."""
    setting = await setting_of(session, caller.workspace, now=now)
    read(wanted.condition, await queries.fields_to_ask(session, caller.workspace), at="/condition")
    values = wanted.model_dump(exclude={"position"})
    position = wanted.position
    if position is None:
        position = await _last(session, ScoringRule, caller.workspace) + STEP
    rule = ScoringRule(
        workspace_id=caller.workspace, id=new_id(), version=1, position=position, active=True, created_at=now,
        updated_at=now, **values,
    )  # fmt: skip
    session.add(rule)
    _anew(setting, now)
    await _recorded(session, "scoring_rule.create", rule.id, None, _shown(rule, RULE_FIELDS), caller, now)
    return rule


async def change_rule(
    session: AsyncSession,
    rule_id: UUID,
    wanted: ScoringRulePatch,
    version: int | None,
    *,
    caller: Caller,
    now: datetime,
) -> ScoringRule:
    """The rule by merge patch; raises `NotFound`, `Stale`, `Invalid`."""
    setting = await setting_of(session, caller.workspace, now=now)
    rule = await queries.rule_by_id(session, caller.workspace, rule_id, lock=True)
    check_version(version, rule.version)
    read(wanted.condition, await queries.fields_to_ask(session, caller.workspace), at="/condition")
    await _change(session, "scoring_rule", rule, wanted.model_dump(exclude_unset=True), RULE_FIELDS, caller, now)
    _anew(setting, now)
    return rule


async def create_question(
    session: AsyncSession, wanted: QuestionCreate, *, caller: Caller, now: datetime
) -> QualificationQuestion:
    """A new question, by default the last; raises `QuestionKeyTaken`, or `Invalid` for choices that do not fit."""
    setting = await setting_of(session, caller.workspace, now=now)
    if (wanted.type == "choice") is not bool(wanted.choices):
        raise Invalid.at("/choices", "are needed for the type choice, and for no other")
    values = wanted.model_dump(exclude={"position"})
    position = wanted.position
    if position is None:
        position = await _last(session, QualificationQuestion, caller.workspace) + STEP
    question = QualificationQuestion(
        workspace_id=caller.workspace, id=new_id(), version=1, position=position, active=True, created_at=now,
        updated_at=now, **values,
    )  # fmt: skip
    async with unique(session, QuestionKeyTaken()):
        session.add(question)
    _anew(setting, now)
    shown = _shown(question, ("key", "type", *QUESTION_FIELDS))
    await _recorded(session, "qualification_question.create", question.id, None, shown, caller, now)
    return question


async def change_question(
    session: AsyncSession,
    question_id: UUID,
    wanted: QuestionPatch,
    version: int | None,
    *,
    caller: Caller,
    now: datetime,
) -> QualificationQuestion:
    """The question by merge patch; raises `NotFound`, `Stale`, `Invalid`."""
    setting = await setting_of(session, caller.workspace, now=now)
    question = await queries.question_by_id(session, caller.workspace, question_id, lock=True)
    check_version(version, question.version)
    sent = wanted.model_dump(exclude_unset=True)
    if "choices" in sent and (question.type == "choice") is not bool(sent["choices"]):
        raise Invalid.at("/choices", "are needed for the type choice, and for no other")
    await _change(session, "qualification_question", question, sent, QUESTION_FIELDS, caller, now)
    _anew(setting, now)
    return question


def begin_again(setting: ScoringSetting, now: datetime) -> None:
    """All open leads are to be scored once more: time alone has changed what they get."""
    setting.begun_at, setting.scored_to, setting.scored, setting.finished_at = now, None, 0, None


def _anew(setting: ScoringSetting, now: datetime) -> None:
    setting.revision += 1
    setting.updated_at = now
    begin_again(setting, now)


async def _change(
    session: AsyncSession,
    kind: str,
    row: ScoringRule | QualificationQuestion,
    sent: Mapping[str, Any],
    fields: tuple[str, ...],
    caller: Caller,
    now: datetime,
) -> None:
    before = _shown(row, fields)
    for name, value in sent.items():
        setattr(row, name, value)
    row.version += 1
    row.updated_at = now
    await _recorded(session, f"{kind}.update", row.id, before, _shown(row, fields), caller, now)


async def _last(session: AsyncSession, table: Any, workspace_id: UUID) -> int:
    return await session.scalar(select(func.max(table.position)).where(table.workspace_id == workspace_id)) or 0


async def _recorded(
    session: AsyncSession,
    action: str,
    subject_id: UUID,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    caller: Caller,
    now: datetime,
) -> None:
    await session.flush()
    await audit.record(
        session, workspace_id=caller.workspace, by=caller.subject, action=action,
        subject_type=action.partition(".")[0], subject_id=subject_id, before=before, after=after, now=now,
    )  # fmt: skip


def _shown(row: ScoringRule | QualificationQuestion, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields}
