"""Reading rules, the people who may get leads, and why a lead has its owner; every query names its workspace. Rules
are kept by process and revision, so a batch costs one look-up."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from leadkit.problems import NotFound
from sqlalchemy import ARRAY, DateTime, Select, Uuid, and_, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import assignable, users_by_id
from crm_core.assignment.facts import FIELDS
from crm_core.assignment.model import Person, Rule
from crm_core.assignment.reading import rule_from
from crm_core.assignment.tables import AssignmentExplanation, AssignmentRule, AssignmentSetting, AssignmentTurn
from crm_core.conditions.fields import Fields
from crm_core.custom_fields.listing import asked_about
from crm_core.custom_fields.queries import fields_of
from crm_core.custom_fields.rules import FieldInfo
from crm_core.leads.queries import open_leads_of
from crm_core.working_time.queries import calendars_among
from crm_core.working_time.rules import Calendar, unavailable

MOST_KEPT = 1000
TIME = DateTime(timezone=True)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The active rules of a workspace in their order, as of a revision, and its own fields that they may ask about."""

    revision: int
    rules: Sequence[Rule] = ()
    custom: Sequence[FieldInfo] = ()

    @property
    def counts_open(self) -> bool:
        """Whether a rule needs to know how many leads everybody has open."""
        return any(rule.strategy == "least_open" for rule in self.rules)


NO_RULES = Rulebook(0)
_known: dict[UUID, Rulebook] = {}


async def rulebook_of(session: AsyncSession, workspace_id: UUID) -> Rulebook:
    """The rules that hold in the workspace at present."""
    revision = await session.scalar(
        select(AssignmentSetting.revision).where(AssignmentSetting.workspace_id == workspace_id)
    )
    if not revision:
        return NO_RULES
    known = _known.get(workspace_id)
    if known is not None and known.revision == revision:
        return known
    custom, fields = await asked_fields(session, workspace_id)
    rows = await session.scalars(rules_of(workspace_id, active=True).order_by(*IN_ORDER))
    rules = [rule for row in rows if (rule := rule_from(row, fields)) is not None]
    if len(_known) >= MOST_KEPT:
        _known.clear()
    _known[workspace_id] = Rulebook(revision, rules, custom)
    return _known[workspace_id]


IN_ORDER = (AssignmentRule.position, AssignmentRule.id)


def rules_of(workspace_id: UUID, *, active: bool | None = None) -> Select[AssignmentRule]:
    """The workspace's rules, or only the (in)active ones."""
    statement = select(AssignmentRule).where(AssignmentRule.workspace_id == workspace_id)
    return statement if active is None else statement.where(AssignmentRule.active == active)


async def rule_by_id(session: AsyncSession, workspace_id: UUID, rule_id: UUID, *, lock: bool = False) -> AssignmentRule:
    """The rule; raises `NotFound`."""
    statement = select(AssignmentRule).where(AssignmentRule.workspace_id == workspace_id, AssignmentRule.id == rule_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such rule.")
    return found


async def asked_fields(session: AsyncSession, workspace_id: UUID) -> tuple[Sequence[FieldInfo], Fields]:
    """The workspace's own fields of leads, and with them all that conditions of its rules may ask about."""
    custom = list((await fields_of(session, workspace_id, "lead")).values())
    return custom, FIELDS.and_more(*asked_about(custom))


async def people_of(
    session: AsyncSession, workspace_id: UUID, also: Collection[UUID], *, now: datetime
) -> dict[UUID, Person]:
    """Everybody who may get leads, and `also` these users whoever they are, by id in a stable order."""
    rows = await assignable(session, workspace_id, also)
    calendars = await calendars_among(session, workspace_id, rows)
    return {row_id: _person(row, calendars[row_id], now) for row in rows if (row_id := UUID(int=row.id.int))}


def _person(row: Any, calendar: Calendar, now: datetime) -> Person:
    here = now.astimezone(calendar.zone)
    return Person(
        id=UUID(int=row.id.int), team_id=row.team_id, role=row.role, active=row.active, level=row.level,
        skills=_folded(row.skills), languages=_folded(row.languages), regions=_folded(row.regions),
        away=unavailable(calendar, now),
        daily_cap=row.daily_cap, open_cap=row.open_cap, day_began=datetime.combine(here, time(), here.tzinfo),
    )  # fmt: skip


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words)


async def count_up(
    session: AsyncSession, workspace_id: UUID, people: Mapping[UUID, Person], *, every_open: bool
) -> None:
    """Sets what the people with caps were given on their day and have open; with `every_open` what everybody has."""
    counted = [one.id for one in people.values() if every_open or one.open_cap is not None]
    if counted:
        for owner_id, count in (await open_leads_of(session, workspace_id, counted)).items():
            people[owner_id].open = count
    capped = [one for one in people.values() if one.daily_cap is not None]
    if not capped:
        return
    day = (
        func.unnest(cast([one.id for one in capped], ARRAY(Uuid)), cast([one.day_began for one in capped], ARRAY(TIME)))
        .table_valued("user_id", "began")
        .render_derived("day")
    )
    given = await session.execute(
        select(AssignmentExplanation.owner_id, func.count())
        .join(day, and_(AssignmentExplanation.owner_id == day.c.user_id, AssignmentExplanation.at >= day.c.began))
        .where(AssignmentExplanation.workspace_id == workspace_id)
        .group_by(AssignmentExplanation.owner_id)
    )
    for user_id, count in given:
        if user_id is not None:
            people[user_id].today = count


async def last_explanations_of(
    session: AsyncSession, workspace_id: UUID, lead_ids: Sequence[UUID]
) -> dict[UUID, AssignmentExplanation]:
    """The last assignment of each of these leads, by lead."""
    found = await session.scalars(
        select(AssignmentExplanation)
        .where(AssignmentExplanation.workspace_id == workspace_id, AssignmentExplanation.lead_id.in_(lead_ids))
        .order_by(AssignmentExplanation.lead_id, AssignmentExplanation.id.desc())
        .ext(distinct_on(AssignmentExplanation.lead_id))
    )
    return {row.lead_id: row for row in found}


async def given_since(session: AsyncSession, workspace_id: UUID, user_id: UUID, since: datetime) -> int:
    """How many leads the user was given since then, as daily caps count them."""
    found = await session.scalar(
        select(func.count()).where(
            AssignmentExplanation.workspace_id == workspace_id, AssignmentExplanation.owner_id == user_id,
            AssignmentExplanation.at >= since,
        )
    )  # fmt: skip
    return found or 0


async def names_in(
    session: AsyncSession, workspace_id: UUID, explained: Iterable[Sequence[Mapping[str, Any]]]
) -> dict[str, str]:
    """What the users and rules in these explanations are called, by id."""
    entries = [entry for tried in explained for entry in tried]
    rules = {rule for entry in entries if (rule := _id(entry["rule"].partition(":")[0])) is not None}
    users = {
        UUID(user)
        for entry in entries
        for some in (entry.get("candidates", ()), *entry.get("skipped", {}).values())
        for user in some
    }
    named = {str(user.id): user.name for user in (await users_by_id(session, workspace_id, list(users))).values()}
    if rules:
        rows = await session.execute(
            select(AssignmentRule.id, AssignmentRule.name).where(
                AssignmentRule.workspace_id == workspace_id, AssignmentRule.id.in_(rules)
            )
        )
        named |= {str(rule_id): name for rule_id, name in rows}
    return named


def _id(text: str) -> UUID | None:
    """The id of a rule; the turns within teams are named by words."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def turns_of(session: AsyncSession, workspace_id: UUID) -> dict[UUID, dict[UUID, int]]:
    """How many leads each turn of the workspace gave to whom."""
    rows = await session.execute(
        select(AssignmentTurn.turn_id, AssignmentTurn.given).where(AssignmentTurn.workspace_id == workspace_id)
    )
    return {UUID(int=turn_id.int): {UUID(user): count for user, count in given.items()} for turn_id, given in rows}


async def explanations_of(session: AsyncSession, workspace_id: UUID, lead_id: UUID) -> list[AssignmentExplanation]:
    """Every assignment of a lead with its reasons, the latest first."""
    found = await session.scalars(
        select(AssignmentExplanation)
        .where(AssignmentExplanation.workspace_id == workspace_id, AssignmentExplanation.lead_id == lead_id)
        .order_by(AssignmentExplanation.id.desc())
    )
    return list(found)
