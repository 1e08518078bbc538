"""Recording inquiries: a batch takes a handful of statements, whatever its size."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from leadkit.contracts.inquiry import InquiryResult
from leadkit.db import sqlstate
from leadkit.ids import new_id
from leadkit.problems import Problem, ProblemBody, Unavailable
from leadkit.tokens import Caller
from pydantic import SecretStr
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.inquiries import placing, queries
from crm_core.inquiries.noting import note
from crm_core.inquiries.placing import Placed
from crm_core.inquiries.reading import Arriving, read
from crm_core.inquiries.schemas import InquiryAnswer
from crm_core.inquiries.tables import InquiryRow
from crm_core.inquiries.wire import inquiry_event
from crm_core.leads import arrivals, store
from crm_core.privacy.queries import PersonIsErased, erased_among
from crm_core.rows import Write, fixed_row
from crm_core.uniqueness import UNIQUE_VIOLATION
from crm_core.unmatched.queries import unmatched_among


class Setting(NamedTuple):
    """Who records a batch, in what kind of workspace, when."""

    caller: Caller
    policy: str
    language: str
    now: datetime


async def record_inquiries(
    session: AsyncSession, items: Sequence[Any], data_key: SecretStr, *, caller: Caller, now: datetime
) -> list[InquiryAnswer]:
    """Puts each inquiry on the right lead or deal and answers for each, in order.

    Idempotent: a higher revision of a known inquiry updates it, an equal or lower one gets the stored result. Raises
    `Unavailable` when another request records one id with other addresses at the same moment: a repeat finds it."""
    workspace = await existing_workspace(session, caller.workspace)
    arriving, refused = read(items, region=workspace.default_region, now=now)
    arriving = await _without_erased(session, arriving, refused, data_key, caller)
    never = await unmatched_among(session, caller.workspace, (point for one in arriving for point in one.points))
    if never:
        arriving = [replace(one, unmatched=never) for one in arriving]
    await store.lock_keys(session, caller.workspace, (point for one in arriving for point in one.keys))
    arriving = await _without_erased(session, arriving, refused, data_key, caller)  # by whom we may have waited for
    answers = {index: _refusal(index, items[index], problem) for index, problem in refused.items()}
    setting = Setting(caller, workspace.closed_lead_policy, workspace.language, now)
    while arriving:
        first_of_each = {one.id: one for one in reversed(arriving)}
        batch = [one for one in arriving if first_of_each[one.id] is one]
        arriving = [one for one in arriving if first_of_each[one.id] is not one]
        try:
            answers |= await _record(session, batch, setting)
        except IntegrityError as error:
            if sqlstate(error) != UNIQUE_VIOLATION:
                raise
            raise Unavailable("One of these inquiries is being recorded by another request.") from error
    return [answers[index] for index in range(len(items))]


async def _without_erased(
    session: AsyncSession,
    arriving: list[Arriving],
    refused: dict[int, Problem],
    data_key: SecretStr,
    caller: Caller,
) -> list[Arriving]:
    """What was received before its person was erased is refused: it must not bring them back."""
    points = [point for one in arriving for point in one.points]
    erased = await erased_among(session, caller.workspace, data_key, points)
    if not erased:
        return arriving
    late = {
        one.index
        for one in arriving
        if any(point in erased and one.received_at <= erased[point] for point in one.points)
    }
    refused |= dict.fromkeys(late, PersonIsErased("The person asked to be forgotten."))
    return [one for one in arriving if one.index not in late]


async def _record(session: AsyncSession, batch: Sequence[Arriving], setting: Setting) -> dict[int, InquiryAnswer]:
    caller, now = setting.caller, setting.now
    stored = await queries.lock_stored(session, caller.workspace, [one.id for one in batch])
    new = [one for one in batch if one.id not in stored]
    later = [one for one in batch if one.id in stored and one.inquiry.revision > stored[one.id].revision]
    answers = {one.index: _answer(one.index, stored[one.id], 200) for one in batch if one.id in stored}
    if not new and not later:
        return answers
    around = await placing.survey(
        session, caller.workspace, [*new, *later], [stored[one.id] for one in later], policy=setting.policy
    )
    placed = [placing.place(around, one, by=caller.subject, now=now) for one in new]
    for one in later:
        placing.learn(around, one, stored[one.id], by=caller.subject, now=now)
    made = [_row(one, caller.workspace, direct=caller.role != "platform", now=now) for one in placed]
    revised = [_revised(stored[one.id], one, now) for one in later]
    known = {one.id: one for one in batch}
    await arrivals.finish(
        session,
        around.leads,
        also=[Write(made), Write(revised, "update")],
        events=[inquiry_event(row, known[row.id].outgoing) for row in (*made, *revised)],
        by=caller.subject,
        now=now,
    )
    told = [[(row, known[row.id].inquiry) for row in rows] for rows in (made, revised)]
    await note(session, around, *told, by=caller.subject, language=setting.language, now=now)
    answers |= {known[row.id].index: _answer(known[row.id].index, row, 201) for row in made}
    return answers | {one.index: _answer(one.index, stored[one.id], 200, "updated") for one in later}


def _row(placed: Placed, workspace_id: UUID, *, direct: bool, now: datetime) -> InquiryRow:
    one, inquiry = placed.arriving, placed.arriving.inquiry
    return fixed_row(
        InquiryRow, workspace_id=workspace_id, id=one.id, version=1, revision=inquiry.revision, result=placed.result,
        lead_id=placed.lead_id, contact_id=placed.contact_id, deal_id=placed.deal and placed.deal.id,
        activity_id=new_id(), source_id=inquiry.source_id, channel=inquiry.channel, provider=inquiry.provider,
        thread_id=one.thread_id, direct=direct, body=one.body, occurred_at=one.occurred_at,
        received_at=one.received_at, recorded_at=now, updated_at=now,
    )  # fmt: skip


def _revised(row: InquiryRow, one: Arriving, now: datetime) -> InquiryRow:
    """What is known now; where the inquiry went, its result and its times stay."""
    row.revision, row.thread_id = one.inquiry.revision, one.thread_id
    row.body = cast(dict[str, Any], one.body)  # JSON already written; `write` takes it so
    row.version += 1
    row.updated_at = now
    return row


def _answer(index: int, row: InquiryRow, status: int, result: InquiryResult | None = None) -> InquiryAnswer:
    return InquiryAnswer(
        index=index,
        id=row.id,
        status=status,
        result=result or cast(InquiryResult, row.result),
        lead_id=row.lead_id,
        contact_id=row.contact_id,
        deal_id=row.deal_id,
        problem=None,
    )


def _refusal(index: int, item: Any, problem: Problem) -> InquiryAnswer:
    return InquiryAnswer(
        index=index,
        id=_readable_id(item),
        status=problem.status,
        result=None,
        lead_id=None,
        contact_id=None,
        deal_id=None,
        problem=ProblemBody.model_validate(problem.body(None)),
    )


def _readable_id(item: Any) -> UUID | None:
    try:
        return UUID(item["id"])
    except (TypeError, KeyError, ValueError, AttributeError):
        return None
