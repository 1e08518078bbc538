"""Putting together a timeline: each source gives its newest entries, the newest of all make the page."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.audit import timeline as changes
from crm_core.activities import timeline as activities
from crm_core.assignment import timeline as assignments
from crm_core.contacts.queries import contact_by_id, links_of
from crm_core.deadlines import timeline as deadlines
from crm_core.deals import timeline as deals
from crm_core.deals.queries import deal_by_id, deals_seen_among
from crm_core.inquiries import timeline as inquiries
from crm_core.leads import timeline as leads
from crm_core.leads.queries import lead_by_id, leads_seen_among, with_merged
from crm_core.merging import timeline as merges
from crm_core.timeline.entries import Entry, PageOf, Place, Scope


class Source(NamedTuple):
    """What gives entries of some kinds."""

    kinds: frozenset[str]
    entries: Callable[[AsyncSession, Scope, PageOf], Awaitable[list[Entry]]]


SOURCES: tuple[Source, ...] = (
    Source(frozenset({"inquiry"}), inquiries.entries),
    Source(frozenset({"call", "email", "meeting", "task", "note"}), activities.entries),
    Source(frozenset({"transition"}), leads.entries),
    Source(frozenset({"assignment"}), assignments.entries),
    Source(frozenset({"deadline"}), deadlines.entries),
    Source(frozenset({"stage"}), deals.entries),
    Source(frozenset({"assignment"}), deals.handovers),
    Source(frozenset({"merge"}), merges.entries),
    Source(frozenset({"change"}), changes.entries),
)
"""Everything that a timeline is made of."""

KINDS = tuple(sorted(frozenset[str]().union(*(source.kinds for source in SOURCES))))


class Entries(NamedTuple):
    """A page of a timeline, newest first; `following` is where the next one begins."""

    items: list[Entry]
    following: Place | None


async def of_lead(session: AsyncSession, caller: Caller, lead_id: UUID) -> Scope:
    """A lead's timeline, with those merged into it; raises `NotFound` for one that the caller may not see."""
    await lead_by_id(session, caller, lead_id)
    return Scope(workspace_id=caller.workspace, lead_ids=await with_merged(session, caller.workspace, [lead_id]))


async def of_deal(session: AsyncSession, caller: Caller, deal_id: UUID) -> Scope:
    """A deal's timeline; raises `NotFound` for one that the caller may not see."""
    await deal_by_id(session, caller, deal_id)
    return Scope(workspace_id=caller.workspace, deal_ids=[deal_id])


async def of_contact(session: AsyncSession, caller: Caller, contact_id: UUID) -> Scope:
    """A contact's timeline with those of its leads and deals that the caller may see; raises `NotFound`."""
    await contact_by_id(session, caller, contact_id)
    links = (await links_of(session, caller.workspace, [contact_id]))[contact_id]
    return Scope(
        workspace_id=caller.workspace,
        contact_ids=[contact_id],
        lead_ids=await with_merged(
            session, caller.workspace, list(await leads_seen_among(session, caller, links.lead_ids))
        ),
        deal_ids=list(await deals_seen_among(session, caller, links.deal_ids)),
    )


async def entries(
    session: AsyncSession, scope: Scope, *, limit: int, before: Place | None, kinds: frozenset[str] | None = None
) -> Entries:
    """The newest `limit` entries before a place, from all sources, or of some kinds only."""
    page = PageOf(limit=limit + 1, before=before, kinds=kinds)
    asked = [source for source in SOURCES if kinds is None or kinds & source.kinds]
    found = [entry for source in asked for entry in await source.entries(session, scope, page)]
    newest = page.newest(found)
    if len(newest) <= limit:
        return Entries(newest, None)
    last = newest[limit - 1]
    return Entries(newest[:limit], Place(last.at, last.id))
