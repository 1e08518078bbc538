"""What can be asked of the list of activities."""

from dataclasses import replace
from functools import partial
from typing import get_args

from sqlalchemy import and_, func

from crm_core.activities.queries import PARENTS, seen_by
from crm_core.activities.rules import Direction, Kind
from crm_core.activities.tables import DUE_AT, Activity
from crm_core.conditions.fields import Field, Fields
from crm_core.conditions.sql import Columns, Moving
from crm_core.conditions.tree import All, Condition, Test
from crm_core.finding.listing import Listing

FIELDS = Fields(
    "activity",
    Field(name="id", kind="id"),
    Field(name="kind", kind="choice", choices=get_args(Kind)),
    Field(name="direction", kind="choice", choices=get_args(Direction)),
    Field(name="open", kind="bool", meaning="Not completed yet"),
    Field(name="overdue", kind="bool", meaning="Not completed, and its due time has passed"),
    Field(name="lead_id", kind="id"),
    Field(name="contact_id", kind="id"),
    Field(name="deal_id", kind="id"),
    Field(name="owner_id", kind="id"),
    Field(name="team_id", kind="id"),
    Field(name="inquiry_id", kind="id"),
    Field(name="subject", kind="text", parameter=""),
    Field(name="result", kind="text"),
    Field(name="at", kind="time"),
    Field(name="due_at", kind="time"),
    Field(name="missed_at", kind="time"),
    Field(name="completed_at", kind="time"),
    Field(name="created_at", kind="time"),
    Field(name="updated_at", kind="time"),
)

COLUMNS: Columns = {
    **{field.name: getattr(Activity, field.name) for field in FIELDS if hasattr(Activity, field.name)},
    "open": Activity.completed_at.is_(None),
    "overdue": Moving(lambda now: and_(Activity.completed_at.is_(None), func.coalesce(Activity.due_at < now, False))),
}

ACTIVITIES = Listing(
    entity="activity",
    seen_by=seen_by,
    fields=FIELDS,
    columns=COLUMNS,
    sorts={
        "at": Activity.at,
        "created_at": Activity.created_at,
        "updated_at": Activity.updated_at,
        "due_at": DUE_AT,
    },
    leaky_sorts=frozenset({"due_at"}),
    default="-at",
    workspace=Activity.workspace_id,
    key=Activity.id,
)


def activities_asked(condition: Condition) -> Listing:
    """The list as this condition is answered: asked for certain leads, contacts or deals, all activities on those of
    them that the caller sees belong to it."""
    parts = condition.of if isinstance(condition, All) else (condition,)
    named = {part.field.name for part in parts if isinstance(part, Test) and part.op in ("eq", "in")}
    through = [parent for parent in PARENTS if parent in named]
    return replace(ACTIVITIES, seen_by=partial(seen_by, through=through)) if through else ACTIVITIES
