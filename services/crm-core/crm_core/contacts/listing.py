"""What can be asked of the list of contacts."""

from typing import get_args

from sqlalchemy import ColumnElement, exists, select

from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.sql import Columns
from crm_core.contacts.points import Point
from crm_core.contacts.queries import seen_by
from crm_core.contacts.schemas import Kind
from crm_core.contacts.tables import Contact, ContactPoint
from crm_core.finding.listing import Listing

FIELDS = Fields(
    "contact",
    Field(name="id", kind="id"),
    Field(name="kind", kind="choice", choices=get_args(Kind)),
    Field(name="owner_id", kind="id"),
    Field(name="team_id", kind="id"),
    Field(name="unassigned", kind="bool", meaning="Of nobody"),
    Field(name="company_id", kind="id"),
    Field(name="position", kind="text"),
    Field(name="tags", kind="texts", parameter="tag"),
    Field(name="created_at", kind="time"),
    Field(name="updated_at", kind="time"),
)

COLUMNS: Columns = {
    **{field.name: getattr(Contact, field.name) for field in FIELDS if hasattr(Contact, field.name)},
    "unassigned": Contact.owner_id.is_(None),
}


def reached_by(point: Point) -> ColumnElement[bool]:
    """The contacts who have this address."""
    return exists(
        select(ContactPoint.value).where(
            ContactPoint.workspace_id == Contact.workspace_id,
            ContactPoint.contact_id == Contact.id,
            ContactPoint.kind == point.kind,
            ContactPoint.value == point.value,
        )
    )


CONTACTS = Listing(
    entity="contact",
    seen_by=seen_by,
    fields=FIELDS,
    columns=COLUMNS,
    sorts={"created_at": Contact.created_at, "updated_at": Contact.updated_at, "name": Contact.search_name},
    served=frozenset({"kind", "owner_id", "team_id"}),
    default="-created_at",
    workspace=Contact.workspace_id,
    key=Contact.id,
    custom=Contact.custom,
    searched=Contact.search_text,
    reached_by=reached_by,
)
