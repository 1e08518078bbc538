"""Who would get which lead: rules tried on made-up or on past leads. Nothing is locked, nothing is changed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.assignment.actions import Outcome, Wanted, survey
from crm_core.assignment.preview_schemas import MadeUpLead, PreviewIn, PreviewItem, PreviewOut, UserShare
from crm_core.assignment.queries import count_up, names_in, turns_of
from crm_core.assignment.rule_sets import rulebook_from, written_set
from crm_core.assignment.words import told
from crm_core.leads.points import asked_facts
from crm_core.leads.queries import leads_by_id


async def preview(session: AsyncSession, wanted: PreviewIn, *, caller: Caller, now: datetime) -> PreviewOut:
    """Who would get each lead if all of them came now, in the order given, by draft rules or those that hold.

    Raises `Invalid` for rules that are not valid and for leads that are not there."""
    workspace_id, at = caller.workspace, wanted.at or now
    rules = await written_set(session, workspace_id, wanted.rules)
    rulebook = await rulebook_from(session, workspace_id, rules)
    leads = [*_made_up(wanted.leads, at), *await _past(session, caller, wanted.lead_ids)]
    ground = await survey(session, workspace_id, leads, rulebook=rulebook, now=at)
    await count_up(session, workspace_id, ground.people, every_open=ground.rulebook.counts_open)
    outcomes = ground.decide(leads, await turns_of(session, workspace_id)).outcomes
    names = await names_in(session, workspace_id, [outcome.rules for outcome in outcomes])
    names |= {rule["id"]: rule["name"] for rule in rules}
    language = (await existing_workspace(session, workspace_id)).language
    return _answer(outcomes, set(wanted.lead_ids), names, language)


def _made_up(leads: Sequence[MadeUpLead], at: datetime) -> list[Wanted]:
    return [
        Wanted(
            lead_id=new_id(), team_id=one.team_id, previous_owner_id=one.previous_owner_id,
            facts=partial(_facts, one, at), custom=one.custom,
        )
        for one in leads
    ]  # fmt: skip


def _facts(lead: MadeUpLead, at: datetime) -> Mapping[str, Any]:
    told_of = lead.model_dump(exclude={"team_id", "previous_owner_id", "custom", "budget"})
    given = {f"has_{name}": told_of.get(name) is not None for name in ("company", "message")}
    return {
        **told_of, **given, "has_phone": True, "has_interest": bool(lead.product or lead.message),
        "budget": lead.budget.amount if lead.budget else None, "has_budget": lead.budget is not None,
        "known_source": lead.source is not None, "occurred_at": at, "last_activity_at": at, "inquiry_count": 1,
    }  # fmt: skip


async def _past(session: AsyncSession, caller: Caller, ids: Sequence[UUID]) -> list[Wanted]:
    """The leads as they are now, without the owner they have."""
    found = await leads_by_id(session, caller, ids) if ids else {}
    for place, lead_id in enumerate(ids):
        if lead_id not in found:
            raise Invalid.at(f"/lead_ids/{place}", "There is no such lead.")
    return [
        Wanted(lead_id=lead_id, facts=partial(asked_facts, found[lead_id]), custom=found[lead_id].custom)
        for lead_id in ids
    ]


def _answer(outcomes: Sequence[Outcome], past: set[UUID], names: Mapping[str, str], language: str) -> PreviewOut:
    shares = Counter(outcome.owner_id for outcome in outcomes)
    nobody = shares.pop(None, 0)
    items = [
        PreviewItem(
            index=index, lead_id=one.lead_id if one.lead_id in past else None, owner_id=one.owner_id,
            team_id=one.team_id, rule_id=one.rule_id, rules=[dict(entry) for entry in one.rules],
            words=told(one.rules, names, language),
        )
        for index, one in enumerate(outcomes)
    ]  # fmt: skip
    users = [
        UserShare(user_id=user, name=names.get(str(user), ""), leads=count)
        for user, count in shares.most_common()
        if user is not None
    ]
    return PreviewOut(items=items, users=users, nobody=nobody)
