"""From a page of events to facts and cells, in the transaction that also moves the reader's position.

For each workspace of the page: its events are folded to the newest state of each aggregate, the facts they replace are
read, and the cells get the difference between what the new facts count for and what the old ones did. Repeated, late
and reordered events therefore change nothing; a batch costs a handful of statements, however many events it has.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from leadkit.cloudevents import CloudEvent
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.deadlines.actions import keep_deadlines
from analytics.projections.adding import add_to_cells
from analytics.projections.catalogue import NAMES, learn_names, learn_workspace, passing_over_unreadable
from analytics.projections.cells import Tally, case_marks, inquiry_marks, submission_marks
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
from analytics.projections.store import Row, RowT, read_deals_of, read_rows, write_rows
from analytics.projections.touches import forget_ids

PERSON_ERASED = "person.erased"

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
    tallies = {generation: Tally() for generation in generations}
    await _project_submissions(session, batch, tallies)
    await _project_inquiries(session, batch, tallies)
    await _project_cases(session, batch, tallies)
    await keep_deadlines(session, batch.workspace_id, batch.deadlines)
    for event in batch.erased:
        await forget_ids(session, batch.workspace_id, event.data)
    for generation, tally in tallies.items():
        await add_to_cells(session, batch.workspace_id, generation.number, tally.delta())


async def _project_submissions(session: AsyncSession, batch: Batch, tallies: dict[Counted, Tally]) -> None:
    news, olds = await _changed(session, SubmissionRow, batch, batch.facts(SubmissionRow, "submission"))
    for generation, tally in tallies.items():
        for fact_id, new in news.items():
            if generation.covers("submission", fact_id):
                if (old := olds.get(fact_id)) is not None:
                    tally.add(submission_marks(old, generation.frame), times=-1)
                tally.add(submission_marks(new, generation.frame))
    await write_rows(session, list(news.values()))


async def _project_inquiries(session: AsyncSession, batch: Batch, tallies: dict[Counted, Tally]) -> None:
    news, olds = await _changed(session, InquiryRow, batch, batch.facts(InquiryRow, "inquiry"))
    for generation, tally in tallies.items():
        for fact_id, new in news.items():
            if generation.covers("inquiry", fact_id):
                if (old := olds.get(fact_id)) is not None:
                    tally.add(inquiry_marks(old, generation.frame), times=-1)
                tally.add(inquiry_marks(new, generation.frame))
    await write_rows(session, list(news.values()))


async def _project_cases(session: AsyncSession, batch: Batch, tallies: dict[Counted, Tally]) -> None:
    workspace_id = batch.workspace_id
    new_deals, old_deals = await _changed(session, DealRow, batch, batch.facts(DealRow, "deal"))
    told_leads = batch.facts(LeadRow, "lead")
    cases = told_leads.keys() | {deal.case_id for deal in (*new_deals.values(), *old_deals.values())}
    if not cases:
        return
    leads = await read_rows(session, LeadRow, workspace_id, cases)
    new_leads = _newer(told_leads, leads, again=batch.again)
    deals = {deal.id: deal for deal in await read_deals_of(session, workspace_id, cases)}
    before = deals_by_case(deals.values())
    after = deals_by_case((deals | new_deals).values())
    for generation, tally in tallies.items():
        for case in cases:
            if generation.covers("case", case):
                tally.add(case_marks(leads.get(case), before.get(case, ()), generation.frame), times=-1)
                lead = new_leads.get(case) or leads.get(case)
                tally.add(case_marks(lead, after.get(case, ()), generation.frame))
    await write_rows(session, list(new_leads.values()))
    await write_rows(session, list(new_deals.values()))


async def _changed(
    session: AsyncSession, kind: type[RowT], batch: Batch, told: dict[UUID, RowT]
) -> tuple[dict[UUID, RowT], dict[UUID, RowT]]:
    """The told facts that are newer than the stored ones, and the stored ones."""
    if not told:
        return {}, {}
    stored = await read_rows(session, kind, batch.workspace_id, told)
    return _newer(told, stored, again=batch.again), stored


def _newer(told: dict[UUID, RowT], stored: dict[UUID, RowT], *, again: bool) -> dict[UUID, RowT]:
    return {
        fact_id: fact
        for fact_id, fact in told.items()
        if (known := stored.get(fact_id)) is None or known.version < fact.version + again
    }
