"""Erasing a person: names, addresses and words are gone in one transaction; ids and all that is counted stay."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from leadkit.contracts.events import PersonErased
from leadkit.idempotency import forget_answers_about
from leadkit.ids import new_id
from leadkit.outbox import NewEvent, publish
from leadkit.persons import fingerprint, person_hash, workspace_key
from pydantic import SecretStr
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.activities.erasing import erase_activities
from crm_core.companies.erasing import erase_from_companies
from crm_core.contacts.erasing import erase_contacts
from crm_core.deals.erasing import deals_of, erase_deals
from crm_core.duplicates.deciding import forget_suggestions
from crm_core.duplicates.suggesting import Entity
from crm_core.exports.actions import drop_files
from crm_core.inquiries.erasing import erase_inquiries, inquiries_of
from crm_core.leads import store
from crm_core.leads.erasing import erase_leads, forget_points
from crm_core.merging.actions import seal_merges
from crm_core.privacy.people import Person, person_of
from crm_core.privacy.tables import ErasedAddress, Erasure

REFUSED_FOR = timedelta(days=400)
"""For so long what somebody erased had sent before is not taken: a submission may wait, parked, for a person."""


class Done(NamedTuple):
    """What an erasure has emptied."""

    erasure: Erasure
    inquiry_ids: Sequence[UUID]


async def erase_person(
    session: AsyncSession,
    workspace_id: UUID,
    data_key: SecretStr,
    *,
    contact_ids: Collection[UUID] = (),
    lead_ids: Collection[UUID] = (),
    by: str,
    now: datetime,
) -> Done:
    """Erases the person of a contact or a lead. Erasing twice empties nothing more."""
    first = await person_of(session, workspace_id, contact_ids=contact_ids, lead_ids=lead_ids)
    await store.lock_keys(session, workspace_id, first.points)  # whoever records one of theirs waits
    person = await person_of(session, workspace_id, contact_ids=contact_ids, lead_ids=lead_ids)
    key = workspace_key(data_key, workspace_id)
    hashes = sorted({person_hash(key, point.kind, point.value) for point in person.points})
    erasure, inquiry_ids = await _empty(session, workspace_id, person, by=by, now=now)
    await _remember(session, workspace_id, hashes, now)
    state = PersonErased(
        id=erasure.id, version=1, contact_ids=erasure.contact_ids, lead_ids=erasure.lead_ids,
        deal_ids=erasure.deal_ids, inquiry_ids=inquiry_ids, hashes=hashes, key_id=fingerprint(key), erased_at=now,
    )  # fmt: skip
    await publish(session, [NewEvent("person.erased", workspace_id, erasure.id, state)])
    await _audit(session, erasure, now)
    return Done(erasure, inquiry_ids)


async def forget_erased(session: AsyncSession, *, now: datetime) -> None:
    """Forgets hashes that are of no use any more, of all workspaces (role worker)."""
    await session.execute(delete(ErasedAddress).where(ErasedAddress.erased_at < now - REFUSED_FOR))


async def _empty(
    session: AsyncSession, workspace_id: UUID, person: Person, *, by: str, now: datetime
) -> tuple[Erasure, list[UUID]]:
    contact_ids, lead_ids = person.contact_ids, person.lead_ids
    await _part_from_others(session, workspace_id, person)
    await erase_leads(session, workspace_id, lead_ids, now=now)
    await forget_points(session, workspace_id, person.points)
    company_ids = await erase_contacts(session, workspace_id, contact_ids, now=now)
    deals = await deals_of(session, workspace_id, lead_ids, contact_ids, lock=True)
    deal_ids = [deal.id for deal in deals]
    await erase_deals(session, workspace_id, deals, now=now)
    of = {"lead_ids": lead_ids, "contact_ids": contact_ids, "deal_ids": deal_ids}
    inquiries = await inquiries_of(session, workspace_id, **of, lock=True)
    await erase_inquiries(session, inquiries, now=now)
    activities = await erase_activities(session, workspace_id, **of, now=now)
    companies = company_ids | {deal.company_id for deal in deals if deal.company_id is not None}
    await erase_from_companies(session, workspace_id, companies, person.points, now=now)
    await drop_files(session, workspace_id)
    await forget_answers_about(session, workspace_id, [*contact_ids, *lead_ids, *deal_ids, *activities, *companies])
    erasure = Erasure(workspace_id=workspace_id, id=new_id(), at=now, by=by, **of)
    session.add(erasure)
    await session.flush()
    return erasure, [row.id for row in inquiries]


async def _part_from_others(session: AsyncSession, workspace_id: UUID, person: Person) -> None:
    """Nobody is suggested to be this person, and what merges with them keep of their values is gone."""
    both: tuple[tuple[Entity, list[UUID]], ...] = (("lead", person.lead_ids), ("contact", person.contact_ids))
    for entity, ids in both:
        await forget_suggestions(session, workspace_id, entity, ids)
        await seal_merges(session, workspace_id, entity, ids)


async def _remember(session: AsyncSession, workspace_id: UUID, hashes: Sequence[str], now: datetime) -> None:
    if not hashes:
        return
    rows = [{"workspace_id": workspace_id, "hash": one, "erased_at": now} for one in hashes]
    statement = insert(ErasedAddress).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "hash"], set_={"erased_at": statement.excluded.erased_at}
        )
    )


async def _audit(session: AsyncSession, erasure: Erasure, now: datetime) -> None:
    subjects = [*(("contact", one) for one in erasure.contact_ids), *(("lead", one) for one in erasure.lead_ids)]
    changes = [audit.Change(f"{kind}.erase", kind, one, after={"erasure_id": erasure.id}) for kind, one in subjects]
    await audit.record_all(session, workspace_id=erasure.workspace_id, by=erasure.by, changes=changes, now=now)
