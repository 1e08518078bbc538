"""Spend as it was told, version by version.

A *unit* is what a platform restates as a whole: one origin, date, source, medium and campaign (or its id). Its *lines*
are the amounts below it; a new version supersedes the older lines and never deletes them.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from analytics.base import Base


class SpendUnit(Base):
    """One unit. `campaign_key` is `id:<campaign id>`, else `name:<campaign>`, else ''; `medium` is '' where absent.

    `digest` is that of its current lines, so the same spend told again changes nothing; its lock orders two writers.
    """

    __tablename__ = "spend_unit"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id", "date", "origin", "source", "medium", "campaign_key", name="uq_spend_unit_key"
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[str]
    date: Mapped[date]
    source: Mapped[str]
    medium: Mapped[str]
    campaign_key: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    updated_at: Mapped[datetime]


class SpendLine(Base):
    """One amount of one version of a unit; only lines with `current` count. `by` is the subject of the caller."""

    __tablename__ = "spend_line"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "unit_id"], ["spend_unit.workspace_id", "spend_unit.id"]),
        CheckConstraint("amount >= 0", "amount"),
        Index(None, "workspace_id", "unit_id"),
        Index("ix_spend_line_current", "workspace_id", "date", postgresql_where=text("current")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    version: Mapped[int]
    current: Mapped[bool]
    origin: Mapped[str]
    date: Mapped[date]
    source: Mapped[str]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    campaign_id: Mapped[str | None]
    adgroup_id: Mapped[str | None]
    ad_id: Mapped[str | None]
    content: Mapped[str | None]
    term: Mapped[str | None]
    amount: Mapped[Decimal]
    currency: Mapped[str]
    vat_included: Mapped[bool | None]
    impressions: Mapped[int | None]
    clicks: Mapped[int | None]
    by: Mapped[str]
    recorded_at: Mapped[datetime]


class SpendMonth(Base):
    """The sum of a month's current lines that name the same keys, so that a year is read from few rows.

    It changes with the lines, in their transaction. `key` is a digest of the names and ids.
    """

    __tablename__ = "spend_month"
    __table_args__ = ({"postgresql_with": {"fillfactor": "80"}},)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str]
    medium: Mapped[str | None]
    campaign: Mapped[str | None]
    content: Mapped[str | None]
    term: Mapped[str | None]
    campaign_id: Mapped[str | None]
    adgroup_id: Mapped[str | None]
    ad_id: Mapped[str | None]
    amount: Mapped[Decimal]
