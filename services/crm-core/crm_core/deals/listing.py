"""What can be asked of the list of deals."""

from typing import get_args

from leadkit.contracts.events import DealStatus
from sqlalchemy import ColumnElement, and_, bindparam, or_

from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.sql import Columns, Moving
from crm_core.deals.queries import seen_by
from crm_core.deals.tables import AMOUNT, EXPECTED_CLOSE, NEXT_STEP_AT, Deal
from crm_core.finding.listing import Listing
from crm_core.pipelines.queries import rots

FIELDS = Fields(
    "deal",
    Field(name="id", kind="id"),
    Field(name="status", kind="choice", choices=get_args(DealStatus)),
    Field(name="pipeline_id", kind="id"),
    Field(name="stage_id", kind="id"),
    Field(name="owner_id", kind="id"),
    Field(name="team_id", kind="id"),
    Field(name="unassigned", kind="bool", meaning="Of nobody"),
    Field(name="contact_id", kind="id"),
    Field(name="company_id", kind="id"),
    Field(name="lead_id", kind="id"),
    Field(name="loss_reason_id", kind="id"),
    Field(name="name", kind="text", parameter=""),
    Field(name="amount", kind="decimal"),
    Field(name="probability", kind="number"),
    Field(name="expected_close", kind="date"),
    Field(name="has_next_step", kind="bool", meaning="False: open, and nothing is planned on it"),
    Field(name="rotting", kind="bool", meaning="Open and in its stage for longer than the stage allows"),
    Field(name="tags", kind="texts", parameter="tag"),
    Field(name="entered_stage_at", kind="time"),
    Field(name="next_step_at", kind="time"),
    Field(name="won_at", kind="time"),
    Field(name="lost_at", kind="time"),
    Field(name="created_at", kind="time"),
    Field(name="updated_at", kind="time"),
)

# Written into the statement, so that PostgreSQL sees that a partial index fits.
_OPEN: ColumnElement[str] = bindparam(None, "open", literal_execute=True)

COLUMNS: Columns = {
    **{field.name: getattr(Deal, field.name) for field in FIELDS if hasattr(Deal, field.name)},
    "unassigned": Deal.owner_id.is_(None),
    "has_next_step": or_(Deal.next_step_at.is_not(None), Deal.status != _OPEN),
    "rotting": Moving(
        lambda now: and_(Deal.status == _OPEN, rots(Deal.workspace_id, Deal.stage_id, Deal.entered_stage_at, now=now))
    ),
}

DEALS = Listing(
    entity="deal",
    seen_by=seen_by,
    fields=FIELDS,
    columns=COLUMNS,
    sorts={
        "created_at": Deal.created_at,
        "updated_at": Deal.updated_at,
        "entered_stage_at": Deal.entered_stage_at,
        "expected_close": EXPECTED_CLOSE,
        "amount": AMOUNT,
        "name": Deal.name,
        "next_step_at": NEXT_STEP_AT,
    },
    leaky_sorts=frozenset({"amount", "expected_close", "next_step_at"}),
    served=frozenset({"status", "stage_id", "pipeline_id", "owner_id", "team_id"}),
    default="-created_at",
    workspace=Deal.workspace_id,
    key=Deal.id,
    custom=Deal.custom,
    searched=Deal.search_text,
)
