"""Noting, changing and completing activities; for inquiries many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.ids import new_id
from leadkit.merge_patch import changes, merged
from leadkit.outbox import publish
from leadkit.problems import Conflict, Forbidden, Invalid, Problem
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.history import moment_of
from crm_core.access.ownership import named_owner
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.activities import queries, rules
from crm_core.activities.beginning import Surroundings, draft
from crm_core.activities.next_steps import note_next_steps
from crm_core.activities.queries import event_of
from crm_core.activities.schemas import ActivityComplete, ActivityCreate, ActivityPatch
from crm_core.activities.tables import Activity
from crm_core.activity_results.queries import offered
from crm_core.activity_results.rules import Offered, meant
from crm_core.leads.responses import note_first_response
from crm_core.rows import fixed_row, insert_rows, put
from crm_core.storable import check_storable

COLUMNS = tuple(Activity.__table__.columns.keys())
NOTED = ("kind", "direction", "lead_id", "contact_id", "deal_id", "owner_id", "inquiry_id", "due_at", "completed_at")
PLANNED = ("due_at", "remind_before_minutes")
NEVER_NULL = ("owner_id", "data")


class AlreadyCompleted(Conflict):
    """Completing needs an open activity."""

    code = "already-completed"
    title = "The activity is completed already"


class ActivityKept(Conflict):
    """What an inquiry or a telephone exchange told stays."""

    code = "activity-kept"
    title = "It came by itself and stays in the history"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewActivity:
    """An activity that another slice makes; its id is known beforehand."""

    id: UUID
    kind: rules.Kind
    direction: rules.Direction | None = None
    lead_id: UUID | None = None
    contact_id: UUID | None = None
    deal_id: UUID | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    inquiry_id: UUID | None = None
    subject: str | None = None
    body: str | None = None
    due_at: datetime | None = None
    completed_at: datetime | None = None
    result: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """What a later revision of an inquiry tells of its activity, such as the recording of a call."""

    activity_id: UUID
    subject: str | None
    body: str | None
    result: str | None
    data: Mapping[str, Any]


async def record_many(
    session: AsyncSession,
    rows: Sequence[NewActivity],
    *,
    workspace_id: UUID,
    by: str,
    language: str,
    now: datetime,
) -> None:
    """Notes a batch with a handful of statements; each missed call among it gets a task to call back, due soon."""
    tasks = [call_back(row, language=language, now=now) for row in rows if _is_missed(row)]
    made = [_stored(row, workspace_id, by=by, now=now) for row in (*rows, *tasks)]
    await _store(session, workspace_id, made, by=by, now=now)


async def revise_many(
    session: AsyncSession,
    revisions: Sequence[Revision],
    *,
    workspace_id: UUID,
    by: str,
    language: str,
    now: datetime,
) -> None:
    """Brings activities up to the latest revisions of their inquiries; ids that are not there are left out. A call
    that turns out to have been missed gets its task to call back; with one that was answered after all that is done."""
    told = {revision.activity_id: revision for revision in revisions}
    rows = await queries.locked(session, workspace_id, list(told))
    before = {row.id: _seen(row) for row in rows}
    answered = {row.id for row in rows if not _is_missed(row)}
    for row in rows:
        revision = told[row.id]
        row.subject, row.body, row.result = revision.subject, revision.body, revision.result
        row.data = row.data | dict(revision.data)
        row.version += 1
        row.updated_at = now
    await session.flush()
    await publish(session, [event_of("activity.updated", row) for row in rows])
    entries = [audit.Change("activity.update", "activity", row.id, before[row.id], _seen(row)) for row in rows]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=entries, now=now)
    taken = [row.inquiry_id for row in rows if row.inquiry_id and row.id not in answered and not _is_missed(row)]
    for task in await queries.lock_open_tasks(session, workspace_id, taken) if taken else ():
        seen, task.completed_at, task.result = _seen(task), now, rules.ANSWERED_AFTER_ALL
        task.alarm_at = None
        await _changed(session, task, "complete", before=seen, by=by, now=now)
    missed = [call_back(row, language=language, now=now) for row in rows if row.id in answered and _is_missed(row)]
    await _store(
        session, workspace_id, [_stored(task, workspace_id, by=by, now=now) for task in missed], by=by, now=now
    )


def call_back(missed: NewActivity | Activity, *, language: str, now: datetime) -> NewActivity:
    """The task that a missed call leads to, for whoever owns the call."""
    return NewActivity(
        id=new_id(),
        kind="task",
        lead_id=missed.lead_id,
        contact_id=missed.contact_id,
        deal_id=missed.deal_id,
        owner_id=missed.owner_id,
        team_id=missed.team_id,
        inquiry_id=missed.inquiry_id,
        subject=rules.call_back_subject(language),
        due_at=now + rules.CALL_BACK_WITHIN,
        at=now,
    )


async def add_activity(session: AsyncSession, wanted: ActivityCreate, *, caller: Caller, now: datetime) -> Activity:
    """An activity as a request asks for it; raises `Invalid` for what it is on or who owns it when not seen."""
    (made,) = await add_activities(session, [wanted], caller=caller, now=now)
    if isinstance(made, Problem):
        raise made
    return made


async def add_activities(
    session: AsyncSession, wanted: Sequence[ActivityCreate], *, caller: Caller, now: datetime
) -> list[Activity | Problem]:
    """An activity for each, or what it names that is not there, in order; a handful of statements for all.

    Calls, e-mails and notes of contact of ours on a lead count as its first response; a missed call gets its task
    to call back."""
    language = (await existing_workspace(session, caller.workspace)).language
    around = await Surroundings.of(session, wanted, caller)
    results = await _offered(session, caller.workspace, [one.kind for one in wanted if one.result])
    made: list[Activity | Problem] = []
    for one in wanted:
        try:
            check_storable(one)
            result = meant(one.result, results.get(one.kind, ())) if one.result else None
            made.append(draft(one, around.owner(one), result=result, caller=caller, now=now))
        except Problem as problem:
            made.append(problem)
    new = [one for one in made if isinstance(one, Activity)]
    tasks = [call_back(one, language=language, now=now) for one in new if _is_missed(one)]
    called_back = [_stored(task, caller.workspace, by=caller.subject, now=now) for task in tasks]
    await _store(session, caller.workspace, [*new, *called_back], by=caller.subject, now=now)
    for activity in new:
        await _answer_lead(session, activity, caller, now)
    return made


async def change_activity(
    session: AsyncSession, activity: Activity, wanted: ActivityPatch, *, caller: Caller, now: datetime
) -> Activity:
    """Applies a merge patch to a (locked) activity."""
    before = _seen(activity)
    check_storable(wanted)
    sent = changes(wanted, never_null=NEVER_NULL)
    if "owner_id" in sent:
        activity.team_id = (await named_owner(session, activity.workspace_id, sent["owner_id"])).team_id
    if sent.get("result"):
        sent["result"] = await _result(session, activity, sent["result"])
    if "data" in sent:
        sent["data"] = merged(activity.data, sent["data"])
    for name, value in sent.items():
        setattr(activity, name, value)
    if any(name in sent for name in PLANNED):
        _plan_anew(activity, now)
    await _changed(session, activity, "update", before=before, by=caller.subject, now=now)
    return activity


async def complete_activity(
    session: AsyncSession, activity: Activity, wanted: ActivityComplete, *, caller: Caller, now: datetime
) -> Activity:
    """Completes a (locked) open activity; raises `AlreadyCompleted`."""
    if activity.completed_at is not None:
        raise AlreadyCompleted
    before = _seen(activity)
    activity.completed_at = moment_of(wanted.at, caller=caller, now=now, last=activity.at)
    activity.alarm_at = None
    if wanted.result is not None:
        activity.result = await _result(session, activity, wanted.result)
    await _changed(session, activity, "complete", before=before, by=caller.subject, now=now)
    await _answer_lead(session, activity, caller, now)
    return activity


async def delete_activity(session: AsyncSession, activity: Activity, *, caller: Caller, now: datetime) -> None:
    """Takes back a (locked) activity that was noted by mistake; raises `ActivityKept`, or `Forbidden` for a manager who
    may not."""
    if rules.came_by_itself(activity.kind, activity.by, from_inquiry=activity.inquiry_id is not None):
        raise ActivityKept
    mine = activity.by == caller.subject or (caller.user_id is not None and activity.owner_id == caller.user_id)
    done = activity.completed_at is not None
    if caller.role == "manager" and not rules.may_take_back(activity.kind, done=done, mine=mine):
        raise Forbidden("What is done, or is another one's, is taken back by a head.")
    before = _seen(activity)
    put(activity, version=activity.version + 1)
    await session.delete(activity)
    await session.flush()
    entry = audit.Change("activity.delete", "activity", activity.id, before)
    await audit.record_all(session, workspace_id=activity.workspace_id, by=caller.subject, changes=[entry], now=now)
    await publish(session, [event_of("activity.deleted", activity)])
    await note_next_steps(session, activity.workspace_id, [activity])


async def _result(session: AsyncSession, activity: Activity, given: str) -> str:
    """The key of the result that is meant, else the words."""
    results = await _offered(session, activity.workspace_id, [activity.kind])
    return meant(given, results.get(activity.kind, ()))


async def _offered(session: AsyncSession, workspace_id: UUID, kinds: Sequence[str]) -> Mapping[str, Sequence[Offered]]:
    return await offered(session, workspace_id, kinds) if kinds else {}


def _plan_anew(activity: Activity, now: datetime) -> None:
    """Another due time or reminder: what was told of the former one is over. Raises `Invalid` for what is done."""
    if activity.completed_at is not None:
        raise Invalid.at("/due_at", "is done already")
    if activity.remind_before_minutes is not None and activity.due_at is None:
        raise Invalid.at("/remind_before_minutes", "needs a due time")
    activity.reminded_at = activity.missed_at = None
    activity.alarm_at = rules.alarm_at(activity.due_at, activity.remind_before_minutes, done=False, now=now)


async def _store(
    session: AsyncSession, workspace_id: UUID, made: Sequence[Activity], *, by: str, now: datetime
) -> None:
    await insert_rows(session, made)
    created = [event_of("activity.created", activity) for activity in made]
    missed = [event_of("activity.missed", activity) for activity in made if _is_missed(activity)]
    await publish(session, [*created, *missed])
    entries = [audit.Change("activity.create", "activity", activity.id, after=_noted(activity)) for activity in made]
    await audit.record_all(session, workspace_id=workspace_id, by=by, changes=entries, now=now)
    await note_next_steps(session, workspace_id, [one for one in made if one.completed_at is None])


def _stored(row: NewActivity, workspace_id: UUID, *, by: str, now: datetime) -> Activity:
    done = rules.completed_at(row.kind, due_at=row.due_at, told=row.completed_at, at=row.at)
    return fixed_row(
        Activity,
        workspace_id=workspace_id, id=row.id, version=1, kind=row.kind, direction=row.direction, lead_id=row.lead_id,
        contact_id=row.contact_id, deal_id=row.deal_id, owner_id=row.owner_id, team_id=row.team_id,
        inquiry_id=row.inquiry_id, subject=row.subject, body=row.body, due_at=row.due_at,
        remind_before_minutes=None, reminded_at=None, missed_at=None, completed_at=done,
        alarm_at=rules.alarm_at(row.due_at, None, done=done is not None, now=now),
        result=row.result, data=dict(row.data), at=row.at, by=by, created_at=now, updated_at=now,
    )  # fmt: skip


def _is_missed(activity: NewActivity | Activity) -> bool:
    return rules.is_missed_call(activity.kind, activity.direction, activity.result)


def _noted(activity: Activity) -> dict[str, Any]:
    """What the audit log keeps of a new activity: its words would be masked anyway, and batches are large."""
    stored = vars(activity)
    return {name: value for name in NOTED if (value := stored[name]) is not None}


def _seen(activity: Activity) -> dict[str, Any]:
    return {name: getattr(activity, name) for name in COLUMNS}


async def _answer_lead(session: AsyncSession, activity: Activity, caller: Caller, now: datetime) -> None:
    """A call or e-mail of ours that is done is a response: at the time told by who may write history, else now."""
    if activity.lead_id is None or activity.completed_at is None:
        return
    if rules.answers_the_lead(activity.kind, activity.direction):
        at = activity.completed_at if "history:write" in caller.scopes else now
        await note_first_response(session, activity.workspace_id, activity.lead_id, at, now=now)


async def _changed(
    session: AsyncSession, activity: Activity, action: str, *, before: Mapping[str, Any], by: str, now: datetime
) -> None:
    activity.version += 1
    activity.updated_at = now
    await session.flush()
    entry = audit.Change(f"activity.{action}", "activity", activity.id, before, _seen(activity))
    await audit.record_all(session, workspace_id=activity.workspace_id, by=by, changes=[entry], now=now)
    await publish(session, [event_of(f"activity.{action}d", activity)])
    if (before["due_at"], before["completed_at"]) != (activity.due_at, activity.completed_at):
        await note_next_steps(session, activity.workspace_id, [activity])
