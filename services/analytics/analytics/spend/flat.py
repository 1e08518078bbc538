"""Spend that counts now, as flat rows for programs that know only tables."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from analytics.spend.tables import SpendLine

COLUMNS = (
    "date",
    "id",
    "origin",
    "source",
    "medium",
    "campaign",
    "campaign_id",
    "adgroup_id",
    "ad_id",
    "content",
    "term",
    "amount",
    "currency",
    "vat_included",
    "impressions",
    "clicks",
    "version",
    "recorded_at",
)


def flat_spend(workspace_id: UUID | None = None) -> Select[Any]:
    """Current lines; without `workspace_id` of all workspaces, for a reader whom row-level security binds to one."""
    statement = select(*(getattr(SpendLine, name).label(name) for name in COLUMNS)).where(SpendLine.current)
    return statement if workspace_id is None else statement.where(SpendLine.workspace_id == workspace_id)
