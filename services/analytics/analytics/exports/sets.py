"""The sets of rows that BI tools see, as one tuple: exports, OData and the SQL views in schema `bi` follow from it.

What a column means is told by the catalogues of dimensions and metrics wherever it is one of these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Numeric, Select, Uuid
from sqlalchemy.types import Float, TypeEngine

from analytics.exports.files import Column, Kind
from analytics.metrics.catalogue import METRIC_BY_KEY, METRICS
from analytics.metrics.dimensions import DIMENSION_BY_KEY
from analytics.metrics.kinds import Amount, Count
from analytics.projections.flat import flat_cells, flat_deals, flat_inquiries, flat_leads
from analytics.projections.measures import AMOUNT, FAMILIES_OF
from analytics.spend.flat import flat_spend


@dataclass(frozen=True, slots=True)
class Described(Column):
    """A column with its meaning; `always`: it is never null."""

    definition: str
    always: bool


@dataclass(frozen=True, slots=True)
class FlatSet:
    """`rows` selects the rows of a workspace; `order` names the columns (never null) that put each row in its place.

    `day` is the column that a period is asked by, `scope` what a token needs to read it. Those with `file` can be had
    as a file; the others are sums, which `/v1/query` gives.
    """

    key: str
    name: str
    definition: str
    rows: Callable[[UUID | None], Select[Any]]
    order: tuple[str, ...]
    day: str
    scope: str = "metrics:read"
    file: bool = True

    @property
    def columns(self) -> tuple[Described, ...]:
        """What its rows hold, in order."""
        return _columns_of(self.key)


def _sums(family: str) -> dict[str, str]:
    """The metrics that cells of this family hold as they are -> the columns that hold them."""
    sums = {}
    for metric in METRICS:
        match metric.source:
            case Count(measure, subject) if family in FAMILIES_OF.get(subject, ()):
                sums[metric.key] = measure
            case Amount(measure, subject) if family in FAMILIES_OF.get(subject, ()):
                sums[metric.key] = AMOUNT[measure]
    return sums


def _daily(key: str, name: str, definition: str, family: str) -> FlatSet:
    return FlatSet(
        key, name, f"{definition} Sum over days of ONE basis only.", partial(flat_cells, family, _sums(family)),
        ("day", "basis", "cell"), "day", file=False,
    )  # fmt: skip


SETS: Final[tuple[FlatSet, ...]] = (
    FlatSet("leads", "Leads", "One row a lead, by first inquiry.", flat_leads, ("occurred_at", "id"), "occurred_at"),
    FlatSet("deals", "Deals", "One row a deal, with where its lead came from.", flat_deals, ("created_at", "id"),
            "created_at"),
    FlatSet("inquiries", "Inquiries", "One row an inquiry that was put on a lead or a deal.", flat_inquiries,
            ("occurred_at", "id"), "occurred_at"),
    FlatSet("spend", "Spend", "One row an amount spent that counts now; restated ones are left out.", flat_spend,
            ("date", "id"), "date", scope="spend:read"),
    _daily("funnel_daily", "FunnelDaily", "Every count and amount by local day.", "day"),
    _daily("funnel_by_campaign", "FunnelByCampaign", "Counts and amounts by day, channel and campaign.", "campaign"),
    _daily("funnel_by_owner", "FunnelByOwner", "Counts and amounts of leads and deals by day and manager.", "owner"),
)  # fmt: skip

SET_BY_KEY: Final = {each.key: each for each in SETS}
SET_BY_NAME: Final = {each.name: each for each in SETS}

MEANINGS: Final[Mapping[str, str]] = {
    "day": "The local day in the workspace's time zone.",
    "basis": "cohort: leads of the day, wherever they went later; period: what happened on the day.",
    "cell": "With day and basis the key of the row.",
    "id": "The id of the row in Leadflow.",
    "occurred_at": "When the person turned to us.",
    "received_at": "When we received it.",
    "created_at": "When the deal was made.",
    "updated_at": "When it last changed.",
    "recorded_at": "When the amount was told.",
    "date": "The local day that the money was spent on.",
    "origin": "Who told the amount.",
    "amount": "The amount in the row's own currency.",
    "currency": "The currency of the amount, ISO 4217.",
    "vat_included": "Whether VAT is in the amount; null: not told.",
    "impressions": "How often the advertisement was shown.",
    "clicks": "How often it was clicked.",
    "version": "How often the platform has told this amount, the first counts.",
    "status": "What the lead (new to merged) or the deal (open, won, lost) is now.",
    "score": "The lead's score.",
    "completeness": "How much of the card is filled in, 0 to 1.",
    "inquiry_count": "How many inquiries the lead has.",
    "repeat": "Whether the person was already known.",
    "contact_id": "The contact, in crm-core.",
    "lead_id": "The lead.",
    "deal_id": "The deal.",
    "merged_into": "The lead that this one was merged into.",
    "assigned_at": "When it first had an owner.",
    "contacted_at": "When it first was in progress or further.",
    "qualified_at": "When it first was qualified or further.",
    "converted_at": "When it was converted.",
    "disqualified_at": "When it was first refused; see status for now.",
    "postponed_at": "When it was first postponed; see status for now.",
    "first_response_at": "When it was first answered.",
    "respond_by": "Until when it is to be answered.",
    "first_response_s": "Seconds from the inquiry to the first answer.",
    "sales_cycle_s": "Seconds from the lead to the won deal.",
    "probability": "How probable the sale is at this stage, 0 to 1.",
    "expected_close": "The day that the sale is expected on.",
    "entered_stage_at": "When it came into its stage.",
    "won_at": "When it was won.",
    "lost_at": "When it was lost.",
    "result": "What it did: created, attached or reopened.",
    "direct": "Whether it came without lead-intake.",
}
"""Columns that are neither a dimension nor a metric."""


@cache
def _columns_of(key: str) -> tuple[Described, ...]:
    wanted = SET_BY_KEY[key]
    sums = not wanted.file
    return tuple(
        Described(name, _kind(column.type), _meaning(name, sums), name in wanted.order)
        # A name of SQLAlchemy's own kind of text is no key that JSON is written with.
        for name, column in ((str(column.name), column) for column in wanted.rows(None).selected_columns)
    )


def _kind(type_: TypeEngine[Any]) -> Kind:
    kinds: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
        (Uuid, "id"), (Boolean, "flag"), (DateTime, "time"), (Date, "date"), (BigInteger, "count"), (Float, "number"),
        (Numeric, "money"),
    )  # fmt: skip
    return next((kind for each, kind in kinds if isinstance(type_, each)), "text")


def _meaning(key: str, sums: bool) -> str:
    if sums and key in METRIC_BY_KEY:
        return f"{METRIC_BY_KEY[key].name.en}: {METRIC_BY_KEY[key].definition}"
    if key in MEANINGS:
        return MEANINGS[key]
    if key in DIMENSION_BY_KEY:
        return DIMENSION_BY_KEY[key].definition
    return f"The name of the {key.removesuffix('_name').replace('_', ' ')}."
