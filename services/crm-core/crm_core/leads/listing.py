"""What can be asked of the list of leads."""

from datetime import datetime
from typing import get_args

from leadkit.contracts.events import Temperature
from leadkit.contracts.inquiry import Channel
from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select

from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.sql import Column, Columns, Moving
from crm_core.contacts.points import Point
from crm_core.finding.listing import Listing
from crm_core.leads.queries import seen_by
from crm_core.leads.rules import OPEN, STATUSES
from crm_core.leads.tables import CAMPAIGN, NEXT_STEP_AT, RESPOND_BY, SOURCE, Lead, LeadKey, touched

FIELDS = Fields(
    "lead",
    Field(name="id", kind="id"),
    Field(name="status", kind="choice", choices=STATUSES),
    Field(name="open", kind="bool", meaning="Somebody works, or should work, on it"),
    Field(name="temperature", kind="choice", choices=get_args(Temperature)),
    Field(name="channel", kind="choice", choices=get_args(Channel)),
    Field(name="provider", kind="text"),
    Field(name="source_id", kind="id"),
    Field(name="source", kind="text", meaning="UTM source of the last touch"),
    Field(name="medium", kind="text", meaning="UTM medium of the last touch"),
    Field(name="campaign", kind="text", meaning="UTM campaign of the last touch"),
    Field(name="product", kind="text"),
    Field(name="region", kind="text"),
    Field(name="language", kind="text"),
    Field(name="company", kind="text"),
    Field(name="subject", kind="text", parameter=""),
    Field(name="owner_id", kind="id"),
    Field(name="team_id", kind="id"),
    Field(name="unassigned", kind="bool", meaning="Of nobody"),
    Field(name="contact_id", kind="id"),
    Field(name="deal_id", kind="id"),
    Field(name="loss_reason_id", kind="id"),
    Field(name="score", kind="number"),
    Field(name="completeness", kind="number"),
    Field(name="inquiry_count", kind="number"),
    Field(name="budget", kind="decimal"),
    Field(name="repeat", kind="bool", meaning="The person was known before"),
    Field(name="has_next_step", kind="bool", meaning="False: open, and nothing is planned on it"),
    Field(name="overdue", kind="bool", meaning="Was to be answered by now, and is open and not answered yet"),
    Field(name="tags", kind="texts", parameter="tag"),
    Field(name="occurred_at", kind="time"),
    Field(name="created_at", kind="time"),
    Field(name="updated_at", kind="time"),
    Field(name="last_activity_at", kind="time"),
    Field(name="next_step_at", kind="time"),
    Field(name="respond_by", kind="time"),
    Field(name="first_response_at", kind="time"),
    Field(name="postponed_until", kind="time"),
)

# Written into the statement, so that PostgreSQL sees that a partial index fits.
IS_OPEN = Lead.status.in_(bindparam(None, OPEN, expanding=True, literal_execute=True))


def _overdue(now: datetime) -> ColumnElement[bool]:
    """Never null, as conditions ask of their columns; the parts let a partial index fit."""
    unanswered = Lead.respond_by.is_not(None) & Lead.first_response_at.is_(None)
    return and_(unanswered, IS_OPEN, Lead.respond_by <= now)


COLUMNS: Columns = {
    **{field.name: getattr(Lead, field.name) for field in FIELDS if hasattr(Lead, field.name)},
    "open": IS_OPEN,
    "source": SOURCE,
    "medium": touched("medium"),
    "campaign": CAMPAIGN,
    "company": Lead.person["company"].astext,
    "unassigned": Lead.owner_id.is_(None),
    "budget": Lead.budget_amount,
    "overdue": Moving(_overdue),
    "has_next_step": or_(Lead.next_step_at.is_not(None), ~IS_OPEN),
}

SORTS: dict[str, Column] = {
    "created_at": Lead.created_at,
    "updated_at": Lead.updated_at,
    "last_activity_at": Lead.last_activity_at,
    "score": Lead.score,
    "name": Lead.search_name,
    "respond_by": RESPOND_BY,
    "next_step_at": NEXT_STEP_AT,
}


SERVED = frozenset(
    (
        "status", "owner_id", "team_id", "source_id", "channel", "temperature", "product", "loss_reason_id", "source",
        "campaign",
    )
)  # fmt: skip


def _reached_by(point: Point) -> ColumnElement[bool]:
    return exists(
        select(LeadKey.value).where(
            LeadKey.workspace_id == Lead.workspace_id,
            LeadKey.lead_id == Lead.id,
            LeadKey.kind == point.kind,
            LeadKey.value == point.value,
        )
    )


LEADS = Listing(
    entity="lead",
    seen_by=seen_by,
    fields=FIELDS,
    columns=COLUMNS,
    sorts=SORTS,
    leaky_sorts=frozenset({"respond_by", "next_step_at"}),
    computed=frozenset({"source", "medium", "campaign", "company"}),
    served=SERVED,
    default="-created_at",
    workspace=Lead.workspace_id,
    key=Lead.id,
    custom=Lead.custom,
    searched=Lead.search_text,
    reached_by=_reached_by,
)
