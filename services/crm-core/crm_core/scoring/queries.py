"""Reading how a workspace scores; what was read is kept by process and revision, so a batch costs one look-up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from leadkit.problems import Invalid, NotFound
from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.conditions.fields import Fields
from crm_core.conditions.tree import each_test, read
from crm_core.custom_fields.listing import asked_about
from crm_core.custom_fields.queries import custom_fields_of
from crm_core.custom_fields.rules import FieldInfo, TypeName
from crm_core.scoring.defaults import DEFAULT_MODEL
from crm_core.scoring.facts import FIELDS
from crm_core.scoring.rules import Model, Question, Rule
from crm_core.scoring.tables import QualificationQuestion, ScoringRule, ScoringSetting

MOST_KEPT = 1000
_known: dict[UUID, Model] = {}
"""By workspace, of the revision that it says."""


async def model_of(session: AsyncSession, workspace_id: UUID) -> Model:
    """How the workspace scores at present."""
    setting = (
        await session.execute(
            select(ScoringSetting.revision, ScoringSetting.warm_from, ScoringSetting.hot_from).where(
                ScoringSetting.workspace_id == workspace_id
            )
        )
    ).first()
    if setting is None:
        return DEFAULT_MODEL
    known = _known.get(workspace_id)
    if known is not None and known.revision == setting.revision:
        return known
    defined = await _custom_fields(session, workspace_id, active=None)
    readable = FIELDS.and_more(*asked_about(replace(one, choices=()) for one in defined))
    rules = [rule_from(row, readable) for row in await session.scalars(rules_of(workspace_id, active=True))]
    asked_of = {test.field.name for rule in rules for test in each_test(rule.condition)}
    asked = questions_of(workspace_id, active=True).order_by(QualificationQuestion.position, QualificationQuestion.id)
    questions = [
        Question(row.id, row.key, row.name, row.type, row.points, row.choices) for row in await session.scalars(asked)
    ]
    custom = [one for one in defined if one.name in asked_of]
    model = Model(rules, questions, setting.warm_from, setting.hot_from, setting.revision, custom)
    if len(_known) >= MOST_KEPT:
        _known.clear()
    _known[workspace_id] = model
    return model


async def fields_to_ask(session: AsyncSession, workspace_id: UUID) -> Fields:
    """All that conditions of the workspace's rules may ask about: its own fields of leads among them."""
    return FIELDS.and_more(*asked_about(await _custom_fields(session, workspace_id, active=True)))


async def _custom_fields(session: AsyncSession, workspace_id: UUID, *, active: bool | None) -> list[FieldInfo]:
    rows = await session.scalars(custom_fields_of(workspace_id, entity="lead", active=active))
    return [FieldInfo(key=row.key, type=cast(TypeName, row.type), choices=row.choices) for row in rows]


def rule_from(row: ScoringRule, fields: Fields) -> Rule:
    """The rule with its condition read; one that cannot be read any more (a field is gone) gives nothing."""
    try:
        condition = read(row.condition, fields)
        points = row.points
    except Invalid:
        condition, points = read(None, FIELDS), 0
    return Rule(row.id, row.name, condition, points, row.per, row.beyond, row.at_most)


def rules_of(workspace_id: UUID, *, active: bool | None = None) -> Select[ScoringRule]:
    """The workspace's rules in their order, or only the (in)active ones."""
    statement = select(ScoringRule).where(ScoringRule.workspace_id == workspace_id)
    statement = statement if active is None else statement.where(ScoringRule.active == active)
    return statement.order_by(ScoringRule.position, ScoringRule.id)


def questions_of(workspace_id: UUID, *, active: bool | None = None) -> Select[QualificationQuestion]:
    """The workspace's questions, or only the (in)active ones."""
    statement = select(QualificationQuestion).where(QualificationQuestion.workspace_id == workspace_id)
    return statement if active is None else statement.where(QualificationQuestion.active == active)


async def questions_by_key(session: AsyncSession, workspace_id: UUID) -> dict[str, QualificationQuestion]:
    """The active questions by key."""
    return {row.key: row for row in await session.scalars(questions_of(workspace_id, active=True))}


async def rule_by_id(session: AsyncSession, workspace_id: UUID, rule_id: UUID, *, lock: bool = False) -> ScoringRule:
    """The rule; raises `NotFound`."""
    wanted = select(ScoringRule).where(ScoringRule.workspace_id == workspace_id, ScoringRule.id == rule_id)
    found = await session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("There is no such scoring rule.")
    return found


async def question_by_id(
    session: AsyncSession, workspace_id: UUID, question_id: UUID, *, lock: bool = False
) -> QualificationQuestion:
    """The question; raises `NotFound`."""
    wanted = questions_of(workspace_id).where(QualificationQuestion.id == question_id)
    found = await session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("There is no such question.")
    return found


async def settings_due(
    session: AsyncSession, workspace_id: UUID | None, *, before: datetime
) -> Sequence[ScoringSetting]:
    """The settings (of one workspace: locked, unless another worker has it) whose leads are still to be scored, or were
    all scored `before`."""
    due = or_(ScoringSetting.finished_at.is_(None), ScoringSetting.finished_at < before)
    wanted = select(ScoringSetting).where(due)
    if workspace_id is not None:
        wanted = wanted.where(ScoringSetting.workspace_id == workspace_id).with_for_update(skip_locked=True)
    return list(await session.scalars(wanted))
