"""New activities: what they are on is read for a whole batch at once, each is then checked and made by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from leadkit.ids import new_id
from leadkit.problems import Invalid
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.history import moment_of
from crm_core.access.ownership import Owner, Owners
from crm_core.activities import rules
from crm_core.activities.schemas import ActivityCreate
from crm_core.activities.tables import Activity
from crm_core.contacts.queries import contacts_seen_among
from crm_core.deals.queries import deals_seen_among
from crm_core.leads.queries import leads_seen_among
from crm_core.rows import new_row


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the activities of a batch are on, as far as the caller sees it, with who owns it."""

    owners: Owners
    deals: Mapping[UUID, Owner]
    leads: Mapping[UUID, Owner]
    contacts: Mapping[UUID, Owner]

    @classmethod
    async def of(cls, session: AsyncSession, wanted: Sequence[ActivityCreate], caller: Caller) -> Self:
        """Reads all of it with a handful of statements."""
        return cls(
            owners=await Owners.among(session, [one.owner_id for one in wanted], caller),
            deals=await deals_seen_among(session, caller, [one.deal_id for one in wanted]),
            leads=await leads_seen_among(session, caller, [one.lead_id for one in wanted]),
            contacts=await contacts_seen_among(session, caller, [one.contact_id for one in wanted]),
        )

    def owner(self, wanted: ActivityCreate) -> Owner:
        """The named owner, else the caller, else whoever owns what the activity is on; raises `Invalid` for what is
        not there or not seen."""
        on = [
            _seen("deal", wanted.deal_id, self.deals),
            _seen("lead", wanted.lead_id, self.leads),
            _seen("contact", wanted.contact_id, self.contacts),
        ]
        return self.owners.of(wanted.owner_id, otherwise=next(owner for owner in on if owner is not None))


def _seen(kind: str, named: UUID | None, seen: Mapping[UUID, Owner]) -> Owner | None:
    if named is not None and named not in seen:
        raise Invalid.at(f"/{kind}_id", f"There is no such {kind}.")
    return seen[named] if named is not None else None


def draft(wanted: ActivityCreate, owner: Owner, *, result: str | None, caller: Caller, now: datetime) -> Activity:
    """An activity, not stored yet; raises `Invalid` or `Forbidden` for the times that are told."""
    at = moment_of(wanted.at, caller=caller, now=now, last=None)
    done = rules.completed_at(wanted.kind, due_at=wanted.due_at, told=wanted.completed_at, at=at)
    if done is not None and done > now:
        raise Invalid.at("/completed_at", "must not be in the future")
    return new_row(
        Activity, workspace_id=caller.workspace, id=new_id(), version=1, kind=wanted.kind, direction=wanted.direction,
        lead_id=wanted.lead_id, contact_id=wanted.contact_id, deal_id=wanted.deal_id, owner_id=owner.owner_id,
        team_id=owner.team_id, inquiry_id=None, subject=wanted.subject, body=wanted.body, due_at=wanted.due_at,
        remind_before_minutes=wanted.remind_before_minutes, reminded_at=None, missed_at=None,
        alarm_at=rules.alarm_at(wanted.due_at, wanted.remind_before_minutes, done=done is not None, now=now),
        completed_at=done, result=result, data=wanted.data, at=at, by=caller.subject, created_at=now,
        updated_at=now,
    )  # fmt: skip
