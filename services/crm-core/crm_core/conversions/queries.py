"""Who reached a goal in a period, and agreed that ad platforms may be told."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.inquiry import Attribution
from leadkit.contracts.touches import last_non_direct
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.points import values_of
from crm_core.contacts.queries import Links, links_of
from crm_core.conversions.rules import Conversion
from crm_core.deals.queries import deals_won
from crm_core.inquiries.queries import consents_of
from crm_core.leads.queries import leads_among, leads_qualified
from crm_core.timeline.entries import Place


class Reached(NamedTuple):
    """A goal that was reached: when, by whom, and in which deal where it was sold."""

    at: datetime
    lead: Any
    deal: Any = None

    @property
    def id(self) -> UUID:
        """The lead's, or the deal's where it was sold."""
        own: UUID = self.deal.id if self.deal else self.lead.id
        return own


class Found(NamedTuple):
    """A page of conversions; those without consent or contact are left out, and counted."""

    conversions: list[Conversion]
    left_out: int
    following: Place | None


async def conversions(
    session: AsyncSession,
    workspace_id: UUID,
    goal: str,
    since: datetime,
    until: datetime,
    *,
    after: Place | None,
    limit: int,
) -> Found:
    """The goals reached in the period, oldest first, a page of `limit`."""
    reached = await _reached(session, workspace_id, goal, since, until, after, limit)
    lead_ids = [one.lead.id for one in reached]
    consents = await consents_of(session, workspace_id, lead_ids)
    contact_ids = list({one.lead.contact_id for one in reached if one.lead.contact_id is not None})
    links = await links_of(session, workspace_id, contact_ids)
    agreed = [one for one in reached if consents.get(one.lead.id)]
    made = [_conversion(goal, one, links) for one in agreed]
    told = [one for one in made if one.emails or one.phones]
    last = Place(reached[-1].at, reached[-1].id) if len(reached) == limit else None
    return Found(told, len(reached) - len(told), last)


async def _reached(
    session: AsyncSession,
    workspace_id: UUID,
    goal: str,
    since: datetime,
    until: datetime,
    after: Place | None,
    limit: int,
) -> Sequence[Reached]:
    if goal == "qualified":
        found = await leads_qualified(session, workspace_id, since, until, after=after, limit=limit)
        return [Reached(datetime.fromisoformat(lead.reached["qualified"]), lead) for lead in found]
    deals = await deals_won(session, workspace_id, since, until, after=after, limit=limit)
    leads = await leads_among(session, workspace_id, [deal.lead_id for deal in deals if deal.lead_id is not None])
    return [
        Reached(deal.won_at, leads[deal.lead_id], deal)
        for deal in deals
        if deal.lead_id is not None and deal.won_at is not None
    ]


def _conversion(goal: str, one: Reached, links: Mapping[UUID, Links]) -> Conversion:
    lead, deal = one.lead, one.deal
    points = links[lead.contact_id].points if lead.contact_id is not None else []
    attribution = Attribution.model_validate(lead.attribution)
    touch = last_non_direct(attribution.first, attribution.last)
    return Conversion(
        id=str(one.id),
        goal=goal,
        at=one.at,
        emails=list(dict.fromkeys([*lead.emails, *values_of(points, "email")])),
        phones=list(dict.fromkeys([*lead.phones, *values_of(points, "phone")])),
        first_name=lead.person.get("first_name"),
        last_name=lead.person.get("last_name"),
        amount=deal.amount if deal else lead.budget_amount,
        currency=deal.currency if deal else lead.budget_currency,
        click_ids=touch.click_ids if touch else {},
        client_ids=touch.client_ids if touch else {},
        clicked_at=touch.at if touch else None,
    )
