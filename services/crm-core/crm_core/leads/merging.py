"""A lead merged into another of the same person, and taken out again.

The one merged away keeps its card, its steps and its id; what it said and what belongs to it goes to the survivor."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.common import written
from leadkit.problems import Invalid, NotFound
from leadkit.tokens import Caller
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.contacts.points import Point
from crm_core.leads import card, lifecycle, queries, store
from crm_core.leads.actions import audited
from crm_core.leads.schemas import LeadOut
from crm_core.leads.tables import Lead
from crm_core.leads.wire import lead_event
from crm_core.merged import AlreadyMerged, Deed
from crm_core.rows import put
from crm_core.scoring.queries import model_of

FIELDS = ("subject", "message", "product", "region", "language", "tags", "custom", "qualification")
LINKS = ("contact_id", "deal_id")
SHOWN = ("person", "phones", "emails", "messengers", *FIELDS, "budget", *LINKS)
KEPT = ("status", "reached", "passages")


class Pair(NamedTuple):
    """The lead that goes and the one that stays."""

    gone: Lead
    into: Lead


async def pair(session: AsyncSession, caller: Caller, gone_id: UUID, into_id: UUID, *, lock: bool) -> Pair:
    """Both leads, locked (with all who deal with these persons waiting) if asked.

    Raises `NotFound`, `TransitionNotAllowed`, or `Invalid` and `AlreadyMerged` for the one to merge into."""
    if lock:
        await store.lock_persons(session, caller.workspace, [gone_id, into_id])
    leads = await queries.leads_by_id(session, caller, [gone_id, into_id], lock=lock)
    if gone_id not in leads:
        raise NotFound("There is no such lead.")
    if into_id not in leads:
        raise Invalid.at("/into", "is not a lead that you may see")
    return Pair(leads[gone_id], leads[into_id])


def check_mergeable(two: Pair) -> None:
    """Raises `TransitionNotAllowed` or `AlreadyMerged` for what was merged before."""
    lifecycle.check(two.gone, "merge")
    if two.into.merged_into is not None:
        raise AlreadyMerged("The lead to merge into was merged itself.", merged_into=str(two.into.merged_into))


async def card_of(_: AsyncSession, lead: Lead) -> dict[str, Any]:
    """What two leads are compared by, as JSON."""
    return LeadOut.of(lead).model_dump(mode="json", include=set(SHOWN))


async def shown(_: AsyncSession, lead: Lead, changes: Mapping[str, Any]) -> LeadOut:
    """The lead as clients see it, with these fields of its card."""
    return LeadOut.model_validate({**LeadOut.of(lead).model_dump(), **changes})


async def join(
    session: AsyncSession,
    two: Pair,
    merged_card: Mapping[str, Any],
    deed: Deed,
) -> dict[str, Any]:
    """The survivor gets the card, the other is marked; answers what taking it back needs to know."""
    gone, into = two
    before = {"gone": audited(gone), "into": audited(into)}
    keys = await store.keys_of(session, gone.workspace_id, [gone.id, into.id])
    added = [point for point in keys[gone.id] if point not in keys[into.id]]
    kept = {name: getattr(gone, name) for name in KEPT} | {
        "moved_at": written(gone.moved_at),
        "postponed_until": gone.postponed_until and written(gone.postponed_until),
        "keys": [list(point) for point in keys[gone.id]],
        "added_keys": [list(point) for point in added],
        "inquiries": gone.inquiry_count,
        "last_activity_at": written(into.last_activity_at),
    }
    step = lifecycle.Step(
        by=deed.caller.subject, at=max(deed.now, gone.moved_at), now=deed.now, note=deed.note,
        data={"into": str(into.id), "merge_id": str(deed.merge_id)},
    )  # fmt: skip
    changes = store.Changes(changed=[gone, into], history=[lifecycle.take(gone, "merge", step)])
    put(gone, merged_into=into.id)
    told = {**gone.custom_told, **into.custom_told}
    _put_card(into, merged_card)
    put(
        into,
        custom_told={name: told[name] for name in into.custom if name in told},
        inquiry_count=into.inquiry_count + gone.inquiry_count,
        last_activity_at=max(into.last_activity_at, gone.last_activity_at),
    )
    await store.forget_keys(session, gone)
    changes.keys = store.keys_for(into, added)
    await _stored(session, two, changes, "merge", "lead.merged", before, deed)
    return kept


def check_separable(two: Pair) -> str | None:
    """Why a merge of these cannot be taken back, if so."""
    if two.into.merged_into is not None:
        return "the survivor was merged into another, which has to be undone first"
    if two.gone.merged_into != two.into.id:
        return "the lead that was merged is not merged into this one any more"
    return None


async def part(
    session: AsyncSession,
    two: Pair,
    left_card: Mapping[str, Any],
    kept: Mapping[str, Any],
    deed: Deed,
) -> None:
    """The one merged away is again what it was, the survivor without what it got from it."""
    gone, into = two
    before = {"gone": audited(gone), "into": audited(into)}
    step = lifecycle.Step(by=deed.caller.subject, at=deed.now, now=deed.now, data={"merge_id": str(deed.merge_id)})
    put(
        gone,
        **{name: kept[name] for name in KEPT},
        moved_at=datetime.fromisoformat(kept["moved_at"]),
        postponed_until=kept["postponed_until"] and datetime.fromisoformat(kept["postponed_until"]),
        merged_into=None,
    )
    lifecycle.touch(gone, deed.now)
    own = {name: lifecycle.text_of(getattr(into, name)) for name in LINKS} if into.status == "converted" else {}
    _put_card(into, {**left_card, **own})
    into.custom_told = {name: value for name, value in into.custom_told.items() if name in into.custom}
    into.inquiry_count -= kept["inquiries"]
    if into.last_activity_at == gone.last_activity_at:
        into.last_activity_at = datetime.fromisoformat(kept["last_activity_at"])
    still = set(card.points_on(into))
    lost = [point for point in _points(kept["added_keys"]) if point not in still]
    await store.forget_keys(session, into, lost)
    changes = store.Changes(
        changed=[gone, into],
        history=[lifecycle.history(gone, "unmerge", step, before="merged")],
        keys=store.keys_for(gone, _points(kept["keys"])),
    )
    await _stored(session, two, changes, "unmerge", "lead.updated", before, deed)


async def _stored(
    session: AsyncSession,
    two: Pair,
    changes: store.Changes,
    action: str,
    event: str,
    before: Mapping[str, dict[str, Any]],
    deed: Deed,
) -> None:
    """Writes both leads and tells of them, the one that went or came back first."""
    card.refresh(two.into, await model_of(session, two.into.workspace_id), now=deed.now)
    lifecycle.touch(two.into, deed.now)
    changes.events = [lead_event(event, two.gone), lead_event("lead.updated", two.into)]
    await store.store(session, deed.caller.workspace, changes, by=deed.caller.subject, now=deed.now)
    entries = [
        audit.Change(f"lead.{action}", "lead", lead.id, before[name], audited(lead))
        for name, lead in (("gone", two.gone), ("into", two.into))
    ]
    await audit.record_all(
        session, workspace_id=deed.caller.workspace, by=deed.caller.subject, changes=entries, now=deed.now
    )


def _put_card(lead: Lead, values: Mapping[str, Any]) -> None:
    """The fields of a card, which are JSON, as the lead's columns."""
    budget = values["budget"]
    put(
        lead,
        person={**lead.person, **values["person"]},
        **{name: values[name] for name in ("phones", "emails", "messengers", *FIELDS)},
        **{name: UUID(values[name]) if values[name] else None for name in LINKS},
        budget_amount=Decimal(budget["amount"]) if budget else None,
        budget_currency=budget and budget["currency"],
    )


def _points(kept: Sequence[Sequence[str]]) -> list[Point]:
    return [Point(kind, value) for kind, value in kept]  # type: ignore[arg-type]
