"""Contacts go with their company when it is merged."""

from collections.abc import Sequence
from uuid import UUID

from leadkit.outbox import NewEvent, publish
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.contacts.queries import links_of, state_of
from crm_core.contacts.tables import Contact
from crm_core.moving import Holder


async def _told(session: AsyncSession, workspace_id: UUID, company_ids: Sequence[UUID]) -> None:
    """A contact's event tells its leads and deals too, so all are read at once."""
    rows = list(
        await session.scalars(
            select(Contact).where(Contact.workspace_id == workspace_id, Contact.company_id.in_(company_ids))
        )
    )
    links = await links_of(session, workspace_id, [row.id for row in rows])
    await publish(
        session, [NewEvent("contact.updated", workspace_id, row.id, state_of(row, links[row.id])) for row in rows]
    )


OF_COMPANIES = Holder(name="contacts", table=Contact, column="company_id", after=_told)
