"""From a page of events to facts and cells, in the transaction that also moves the reader's position.

For each workspace of the page: its events are folded to the newest state of each aggregate, the facts they replace are
read, and the cells get the difference between what the new facts count for and what the old ones did. Repeated, late
and reordered events therefore change nothing; a batch costs a handful of statements, however many events it has.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, NamedTuple
from uuid import UUID

from leadkit.cloudevents import CloudEvent
from leadkit.db import set_local
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.deadlines.actions import keep_deadlines
from analytics.projections.adding import add_to_cells
from analytics.projections.catalogue import NAMES, learn_names, learn_workspace, passing_over_unreadable
from analytics.projections.cells import Counted as Mark
from analytics.projections.cells import Frame, case_marks, inquiry_marks, submission_marks
from analytics.projections.facts import (
    DealRow,
    InquiryRow,
    LeadRow,
    SubmissionRow,
    deal_row,
    inquiry_row,
    lead_row,
    submission_row,
)
from analytics.projections.generations import Counted, counted_in, deals_by_case, hold
from analytics.projections.meanwhile import Meanwhile
from analytics.projections.store import Row, RowT, read_deals_of, read_rows, write_rows
from analytics.projections.tallying import Tally
from analytics.projections.touches import forget_ids

PERSON_ERASED = "person.erased"
BY_KEYS = "plan_cache_mode = force_generic_plan"
"""Plans that no statistics mislead: one made for a workspace that grew since it was last analysed takes it for empty,
and reads all its facts for each page."""

READERS: dict[str, Callable[[UUID, dict[str, Any]], Row]] = {
    "submission": submission_row,
    "inquiry": inquiry_row,
    "lead": lead_row,
    "deal": deal_row,
}
"""Aggregate (the first word of an event's type) -> how its state becomes a fact."""


class Batch:
    """The newest states of one workspace in a page of events, as facts by id.

    `again`: a state of the version that is stored already replaces it too (facts are being rebuilt).
    """

    def __init__(self, workspace_id: UUID, events: Iterable[CloudEvent], *, again: bool) -> None:
        self.workspace_id = workspace_id
        self.again = again
        self.workspaces: list[CloudEvent] = []
        self.names: list[CloudEvent] = []
        self.erased: list[CloudEvent] = []
        self.deadlines: list[CloudEvent] = []
        newest: dict[str, dict[str, CloudEvent]] = {aggregate: {} for aggregate in READERS}
        for event in events:
            aggregate = event.type.partition(".")[0]
            if aggregate in newest:
                known = newest[aggregate].get(event.subject)
                if known is None or known.data.get("version", 0) < event.data.get("version", 0):
                    newest[aggregate][event.subject] = event
            elif aggregate == "workspace":
                self.workspaces.append(event)
            elif aggregate == "deadline":
                self.deadlines.append(event)
            elif event.type == PERSON_ERASED:
                self.erased.append(event)
            elif aggregate in NAMES:
                self.names.append(event)
        self._newest = newest

    def facts(self, kind: type[RowT], aggregate: str) -> dict[UUID, RowT]:
        """Facts by id; an event that breaks its contract is passed over, so that it stops nothing after it."""
        found: dict[UUID, RowT] = {}
        for event in self._newest[aggregate].values():
            with passing_over_unreadable(event):
                fact = READERS[aggregate](self.workspace_id, event.data)
                assert isinstance(fact, kind)
                found[fact.id] = fact
        return found


async def project(session: AsyncSession, events: Iterable[CloudEvent], *, now: datetime, again: bool = False) -> None:
    """Brings facts, cells, settings and names of every workspace among the events up to them (role worker)."""
    await set_local(session, BY_KEYS)
    workspaces: dict[UUID, list[CloudEvent]] = {}
    for event in events:
        workspaces.setdefault(event.workspaceid, []).append(event)
    for workspace_id in sorted(workspaces):
        await _project_workspace(session, Batch(workspace_id, workspaces[workspace_id], again=again), now=now)


async def _project_workspace(session: AsyncSession, batch: Batch, *, now: datetime) -> None:
    await learn_workspace(session, batch.workspace_id, batch.workspaces)
    await learn_names(session, batch.workspace_id, batch.names)
    setting = await hold(session, batch.workspace_id)
    generations = await counted_in(session, setting, now=now)
    async with Meanwhile() as meanwhile:
        changes = await _read(session, batch, meanwhile)
        for generation in generations:
            delta = _counted(changes, generation).delta()
            await add_to_cells(session, batch.workspace_id, generation.number, delta, meanwhile)
        for news in (changes.submissions.news, changes.inquiries.news, changes.leads.news, changes.deals.news):
            await write_rows(session, news.values(), meanwhile)
    await keep_deadlines(session, batch.workspace_id, batch.deadlines)
    for event in batch.erased:
        await forget_ids(session, batch.workspace_id, event.data)


class Change(NamedTuple, Generic[RowT]):
    """Facts by id: those told that are newer than the stored ones, and those that are stored."""

    news: dict[UUID, RowT]
    olds: dict[UUID, RowT]


class Changes(NamedTuple):
    """What a page changes. Of `cases`, all leads and deals that are stored are among the old ones."""

    submissions: Change[SubmissionRow]
    inquiries: Change[InquiryRow]
    leads: Change[LeadRow]
    deals: Change[DealRow]
    cases: set[UUID]


async def _read(session: AsyncSession, batch: Batch, meanwhile: Meanwhile) -> Changes:
    """Reads what is stored of one kind while facts of the next one are made of the events."""
    workspace_id, again = batch.workspace_id, batch.again
    told_deals = batch.facts(DealRow, "deal")
    reading_deals = await meanwhile.start(read_rows(session, DealRow, workspace_id, told_deals))
    told_leads = batch.facts(LeadRow, "lead")
    deals = Change(_newer(told_deals, await reading_deals, again=again), await reading_deals)
    cases = {*told_leads, *(deal.case_id for deal in (*deals.news.values(), *deals.olds.values()))}
    reading_leads = await meanwhile.start(read_rows(session, LeadRow, workspace_id, cases))
    told_submissions = batch.facts(SubmissionRow, "submission")
    reading_deals = await meanwhile.start(read_deals_of(session, workspace_id, cases))
    told_inquiries = batch.facts(InquiryRow, "inquiry")
    reading_submissions = await meanwhile.start(read_rows(session, SubmissionRow, workspace_id, told_submissions))
    leads = Change(_newer(told_leads, await reading_leads, again=again), await reading_leads)
    inquiries = await (await meanwhile.start(read_rows(session, InquiryRow, workspace_id, told_inquiries)))
    submissions = await reading_submissions
    return Changes(
        Change(_newer(told_submissions, submissions, again=again), submissions),
        Change(_newer(told_inquiries, inquiries, again=again), inquiries),
        leads,
        Change(deals.news, await reading_deals),
        cases,
    )


def _counted(changes: Changes, generation: Counted) -> Tally:
    tally = Tally()
    _count(tally, generation, "submission", submission_marks, changes.submissions)
    _count(tally, generation, "inquiry", inquiry_marks, changes.inquiries)
    leads, deals = changes.leads, changes.deals
    before, after = deals_by_case(deals.olds.values()), deals_by_case((deals.olds | deals.news).values())
    for case in changes.cases:
        if generation.covers("case", case):
            tally.add(case_marks(leads.olds.get(case), before.get(case, ()), generation.frame), times=-1)
            lead = leads.news.get(case) or leads.olds.get(case)
            tally.add(case_marks(lead, after.get(case, ()), generation.frame))
    return tally


def _count(
    tally: Tally,
    generation: Counted,
    stage: str,
    marks: Callable[[RowT, Frame], Iterable[Mark]],
    change: Change[RowT],
) -> None:
    """Counts the new facts and takes away the old ones that they replace."""
    for fact_id, new in change.news.items():
        if generation.covers(stage, fact_id):
            if (old := change.olds.get(fact_id)) is not None:
                tally.add(marks(old, generation.frame), times=-1)
            tally.add(marks(new, generation.frame))


def _newer(told: dict[UUID, RowT], stored: dict[UUID, RowT], *, again: bool) -> dict[UUID, RowT]:
    return {
        fact_id: fact
        for fact_id, fact in told.items()
        if (known := stored.get(fact_id)) is None or known.version < fact.version + again
    }
