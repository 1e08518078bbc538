"""Reading contacts; every query names its workspace, and what requests see is narrowed to what the caller may see."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from leadkit.contracts.events import ContactState
from leadkit.contracts.inquiry import Messenger
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.snapshot import Place, paged
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, Select, Text, Uuid, any_, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.ownership import Owner
from crm_core.access.visibility import visible
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.contacts import points as contact_points
from crm_core.contacts.points import Point
from crm_core.contacts.tables import Contact, ContactLead, ContactPoint
from crm_core.deals.queries import deal_ids_of


class PointOf(NamedTuple):
    """One way to reach a contact, as it is stored."""

    kind: str
    value: str
    preferred: bool


class Links(NamedTuple):
    """What belongs to a contact beside its own row; points in their order."""

    points: Sequence[PointOf | ContactPoint]
    lead_ids: Sequence[UUID]
    deal_ids: Sequence[UUID]


def seen_by(caller: Caller) -> Select[Any]:
    """The contacts that the caller may see."""
    return select(Contact).where(
        Contact.workspace_id == caller.workspace,
        Contact.merged_into.is_(None),
        visible(caller, owner=Contact.owner_id, team=Contact.team_id),
    )


def of_lead(lead_id: UUID) -> ColumnElement[bool]:
    """The contacts that a lead belongs to."""
    return exists(
        select(ContactLead.lead_id).where(
            ContactLead.workspace_id == Contact.workspace_id,
            ContactLead.contact_id == Contact.id,
            ContactLead.lead_id == lead_id,
        )
    )


async def contact_by_id(session: AsyncSession, caller: Caller, contact_id: UUID, *, lock: bool = False) -> Contact:
    """The contact if the caller may see it, else raises `NotFound`. With `lock` nobody else changes it meanwhile."""
    statement = seen_by(caller).where(Contact.id == contact_id)
    found: Contact | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such contact.")
    return found


async def contacts_seen_among(session: AsyncSession, caller: Caller, ids: Iterable[UUID | None]) -> dict[UUID, Owner]:
    """Those of the ids that are contacts the caller may see, with who owns them."""
    named = {contact_id for contact_id in ids if contact_id is not None}
    if not named:
        return {}
    columns = seen_by(caller).with_only_columns(Contact.id, Contact.owner_id, Contact.team_id)
    rows = await session.execute(columns.where(Contact.id.in_(named)))
    return {row.id: Owner(row.owner_id, row.team_id) for row in rows}


async def locked(session: AsyncSession, workspace_id: UUID, contact_id: UUID) -> Contact:
    """The contact for a change that was decided elsewhere; nobody else changes it until the transaction ends."""
    statement = select(Contact).where(Contact.workspace_id == workspace_id, Contact.id == contact_id)
    return (await session.scalars(statement.with_for_update())).one()


async def contacts_among(session: AsyncSession, workspace_id: UUID, contact_ids: Sequence[UUID]) -> list[Contact]:
    """Those of the ids that are contacts, whoever owns them, merged ones included."""
    statement = select(Contact).where(Contact.workspace_id == workspace_id, Contact.id.in_(contact_ids))
    return list(await session.scalars(statement.order_by(Contact.id)))


async def links_of(session: AsyncSession, workspace_id: UUID, contact_ids: Sequence[UUID]) -> dict[UUID, Links]:
    """Points, leads and deals of these contacts, in one statement."""
    mine = (ContactPoint.workspace_id == Contact.workspace_id, ContactPoint.contact_id == Contact.id)
    told = func.jsonb_build_array(ContactPoint.kind, ContactPoint.value, ContactPoint.preferred)
    points = func.jsonb_agg(aggregate_order_by(told, ContactPoint.position), type_=JSONB)
    leads = (
        select(ContactLead.lead_id)
        .where(ContactLead.workspace_id == Contact.workspace_id, ContactLead.contact_id == Contact.id)
        .order_by(ContactLead.lead_id)
    )
    rows = await session.execute(
        select(
            Contact.id,
            select(points).where(*mine).scalar_subquery(),
            func.array(leads.scalar_subquery(), type_=ARRAY(Uuid)),
            func.array(deal_ids_of(Contact.workspace_id, Contact.id).scalar_subquery(), type_=ARRAY(Uuid)),
        ).where(Contact.workspace_id == workspace_id, Contact.id == any_(literal(contact_ids, ARRAY(Uuid))))
    )
    found = {row[0]: Links([PointOf(*point) for point in row[1] or ()], row[2], row[3]) for row in rows}
    return {contact_id: found.get(contact_id, Links([], [], [])) for contact_id in contact_ids}


async def points_of(session: AsyncSession, contact: Contact) -> Sequence[ContactPoint]:
    """A contact's points as rows, to be changed."""
    mine = (ContactPoint.workspace_id == contact.workspace_id, ContactPoint.contact_id == contact.id)
    return (await session.scalars(select(ContactPoint).where(*mine).order_by(ContactPoint.position))).all()


async def contacts_by_points(
    session: AsyncSession, workspace_id: UUID, points: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[UUID]]:
    """Whom each (kind, value) reaches, oldest contact first; points that reach nobody are absent. One statement."""
    wanted = sorted(set(points))
    if not wanted:
        return {}
    kinds, values = ([point[part] for point in wanted] for part in (0, 1))
    given = func.unnest(literal(kinds, ARRAY(Text)), literal(values, ARRAY(Text)))
    asked = given.table_valued("kind", "value").render_derived()
    rows = await session.execute(
        select(ContactPoint.kind, ContactPoint.value, Contact.id)
        .join(asked, (ContactPoint.kind == asked.c.kind) & (ContactPoint.value == asked.c.value))
        .join(Contact, (Contact.workspace_id == ContactPoint.workspace_id) & (Contact.id == ContactPoint.contact_id))
        .where(ContactPoint.workspace_id == workspace_id, Contact.merged_into.is_(None))
        .order_by(Contact.created_at, Contact.id)
    )
    found: dict[tuple[str, str], list[UUID]] = {}
    for kind, value, contact_id in rows:
        found.setdefault((kind, value), []).append(contact_id)
    return found


async def default_region(session: AsyncSession, workspace_id: UUID) -> str:
    """The country in which the workspace's people dial."""
    return (await existing_workspace(session, workspace_id)).default_region


async def normalised_points(
    session: AsyncSession,
    workspace_id: UUID,
    phones: Sequence[str],
    emails: Sequence[str],
    messengers: Sequence[Messenger] = (),
) -> list[Point]:
    """The points as they are stored; raises `Invalid` naming those that are none."""
    region = await default_region(session, workspace_id)
    return contact_points.points_of(phones, emails, messengers, region=region)


def state_of(contact: Contact, links: Links) -> ContactState:
    """The contact as its events tell it."""
    return ContactState(
        id=contact.id,
        version=contact.version,
        kind=contact.kind,
        company_id=contact.company_id,
        owner_id=contact.owner_id,
        merged_into=contact.merged_into,
        lead_ids=list(links.lead_ids),
        deal_ids=list(links.deal_ids),
        custom=contact.custom_told,
        created_at=contact.created_at,
        updated_at=contact.updated_at,
    )


async def snapshot(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    """A page of the present states of all contacts."""
    key = (Contact.workspace_id, Contact.id)
    page = paged(select(Contact), key=key, workspace_id=workspace_id, after=after, limit=limit)
    rows = list(await session.scalars(page))
    links: dict[UUID, Links] = {}
    for workspace in {row.workspace_id for row in rows}:
        links |= await links_of(session, workspace, [row.id for row in rows if row.workspace_id == workspace])
    return [NewEvent("contact.updated", row.workspace_id, row.id, state_of(row, links[row.id])) for row in rows]
