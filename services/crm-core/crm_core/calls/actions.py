"""Recording the calls that we made: a batch takes a handful of statements, whatever its size."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from leadkit.contracts.calls import CallOutcome
from leadkit.db import sqlstate
from leadkit.ids import new_id
from leadkit.problems import Problem, ProblemBody, Unavailable
from leadkit.tokens import Caller
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.activities.actions import NewActivity, Revision, record_many, revise_many
from crm_core.calls import queries
from crm_core.calls.matching import Target, target, with_contacts_owners
from crm_core.calls.reading import Told, read
from crm_core.calls.schemas import CallAnswer
from crm_core.calls.tables import CallRow
from crm_core.inquiries import placing
from crm_core.inquiries.noting import data_of_call
from crm_core.leads import store
from crm_core.leads.responses import note_talks
from crm_core.rows import Write, fixed_row, write
from crm_core.uniqueness import UNIQUE_VIOLATION
from crm_core.unmatched.queries import unmatched_among


async def record_calls(
    session: AsyncSession, items: Sequence[Any], *, caller: Caller, now: datetime
) -> list[CallAnswer]:
    """Notes each call where it belongs and answers for each, in order.

    Idempotent: a higher revision of a known call updates its activity (or looks for the person again), an equal or
    lower one gets the stored result. Raises `Unavailable` when another request records the same at this moment."""
    workspace = await existing_workspace(session, caller.workspace)
    told, refused = read(items, region=workspace.default_region, now=now)
    answers = {index: _refusal(index, items[index], problem) for index, problem in refused.items()}
    never = await unmatched_among(session, caller.workspace, (point for one in told for point in one.points))
    if never:
        told = [replace(one, unmatched=never) for one in told]
    await store.lock_keys(session, caller.workspace, (point for one in told for point in one.keys))
    while told:
        first_of_each = {one.id: one for one in reversed(told)}
        batch = [one for one in told if first_of_each[one.id] is one]
        told = [one for one in told if first_of_each[one.id] is not one]
        try:
            answers |= await _record(session, batch, workspace.language, caller, now)
        except IntegrityError as error:
            if sqlstate(error) != UNIQUE_VIOLATION:
                raise
            raise Unavailable("One of these calls is being recorded by another request.") from error
    return [answers[index] for index in range(len(items))]


async def _record(
    session: AsyncSession, batch: Sequence[Told], language: str, caller: Caller, now: datetime
) -> dict[int, CallAnswer]:
    stored = await queries.lock_calls(session, caller.workspace, [one.id for one in batch])
    new = [one for one in batch if one.id not in stored]
    later = [one for one in batch if one.id in stored and one.call.revision > stored[one.id].revision]
    answers = {one.index: _answer(one.index, stored[one.id], 200) for one in batch if one.id in stored}
    if not new and not later:
        return answers
    seeking = [*new, *(one for one in later if stored[one.id].result == "unmatched")]
    around = await placing.survey(
        session, caller.workspace, seeking, [stored[one.id] for one in later], policy="reopen"
    )
    found = {one.id: place for one in seeking if (place := target(around, one)) is not None}
    found = await with_contacts_owners(session, found, caller)
    made = [_row(one, found.get(one.id), caller.workspace, now) for one in new]
    revised = [_revised(stored[one.id], one, found.get(one.id), now) for one in later]
    rows = {row.id: row for row in (*made, *revised)}
    activities = [_activity(one, rows[one.id], found[one.id]) for one in seeking if one.id in found]
    by = caller.subject
    await record_many(session, activities, workspace_id=caller.workspace, by=by, language=language, now=now)
    changes = [_revision(rows[one.id], one) for one in later if one.id not in found and rows[one.id].activity_id]
    if changes:
        await revise_many(session, changes, workspace_id=caller.workspace, by=by, language=language, now=now)
    await write(session, [Write(made), Write(revised, "update")])
    await note_talks(session, caller.workspace, _talks([*new, *later], rows), by=by, now=now)
    answers |= {one.index: _answer(one.index, rows[one.id], 201) for one in new}
    return answers | {one.index: _answer(one.index, rows[one.id], 200, "updated") for one in later}


def _talks(told: Sequence[Told], rows: dict[UUID, CallRow]) -> dict[UUID, datetime]:
    """When each lead's person was first talked with, as these calls tell."""
    talks: dict[UUID, datetime] = {}
    for one in told:
        lead_id, at = rows[one.id].lead_id, one.talked_at
        if lead_id is not None and at is not None:
            talks[lead_id] = min(at, talks.get(lead_id, at))
    return talks


def _row(one: Told, place: Target | None, workspace_id: UUID, now: datetime) -> CallRow:
    return fixed_row(
        CallRow, workspace_id=workspace_id, id=one.id, revision=one.call.revision,
        result="attached" if place else "unmatched", lead_id=place and place.lead_id,
        contact_id=place and place.contact_id, deal_id=place and place.deal_id, activity_id=new_id() if place else None,
        source_id=one.call.source_id, provider=one.call.provider, occurred_at=one.occurred_at, recorded_at=now,
        updated_at=now,
    )  # fmt: skip


def _revised(row: CallRow, one: Told, place: Target | None, now: datetime) -> CallRow:
    """What is known now; where a call went it stays, one that belonged to nobody may have found its person."""
    row.revision, row.updated_at = one.call.revision, now
    if place is not None:
        row.result, row.activity_id = "attached", new_id()
        row.lead_id, row.contact_id, row.deal_id = place.lead_id, place.contact_id, place.deal_id
    return row


def _activity(one: Told, row: CallRow, place: Target) -> NewActivity:
    assert row.activity_id is not None
    assert place.owner is not None
    return NewActivity(
        id=row.activity_id,
        kind="call",
        direction="outbound",
        lead_id=place.lead_id,
        contact_id=place.contact_id,
        deal_id=place.deal_id,
        owner_id=place.owner.owner_id,
        team_id=place.owner.team_id,
        result=one.call.call.result,
        data=data_of_call(one.call.call, one.call.extra),
        at=one.occurred_at,
    )


def _revision(row: CallRow, one: Told) -> Revision:
    assert row.activity_id is not None
    return Revision(
        activity_id=row.activity_id,
        subject=None,
        body=None,
        result=one.call.call.result,
        data=data_of_call(one.call.call, one.call.extra),
    )


def _answer(index: int, row: CallRow, status: int, result: CallOutcome | None = None) -> CallAnswer:
    return CallAnswer(
        index=index, id=row.id, status=status, result=result or cast(CallOutcome, row.result), lead_id=row.lead_id,
        contact_id=row.contact_id, deal_id=row.deal_id, activity_id=row.activity_id, problem=None,
    )  # fmt: skip


def _refusal(index: int, item: Any, problem: Problem) -> CallAnswer:
    return CallAnswer(
        index=index, id=_readable_id(item), status=problem.status, result=None, lead_id=None, contact_id=None,
        deal_id=None, activity_id=None, problem=ProblemBody.model_validate(problem.body(None)),
    )  # fmt: skip


def _readable_id(item: Any) -> UUID | None:
    try:
        return UUID(item["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
