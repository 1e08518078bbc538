"""What can be exported: each entity's rows as clients see them, the columns there are, and the scope it needs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadkit.tokens import Caller
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.activities.schemas import ActivityOut
from crm_core.companies.schemas import CompanyOut
from crm_core.contacts.queries import links_of
from crm_core.contacts.schemas import ContactOut
from crm_core.deals.schemas import DealOut
from crm_core.leads.schemas import LeadOut
from crm_core.pipelines.queries import stages_by_id

Shown = Sequence[BaseModel]


@dataclass(frozen=True, slots=True)
class Exported:
    """`shown` makes what clients see of a page of rows."""

    entity: str
    scope: str
    model: type[BaseModel]
    columns: tuple[str, ...]
    shown: Callable[[AsyncSession, Caller, Sequence[Any], datetime], Awaitable[Shown]]


async def _leads(_: AsyncSession, __: Caller, rows: Sequence[Any], ___: datetime) -> Shown:
    return [LeadOut.of(row) for row in rows]


async def _contacts(session: AsyncSession, caller: Caller, rows: Sequence[Any], _: datetime) -> Shown:
    links = await links_of(session, caller.workspace, [row.id for row in rows])
    return [ContactOut.of(row, links[row.id]) for row in rows]


async def _companies(_: AsyncSession, __: Caller, rows: Sequence[Any], ___: datetime) -> Shown:
    return [CompanyOut.model_validate(row) for row in rows]


async def _deals(session: AsyncSession, caller: Caller, rows: Sequence[Any], now: datetime) -> Shown:
    stages = await stages_by_id(session, caller.workspace, list({row.stage_id for row in rows}))
    return [DealOut.of(row, stages[row.stage_id], now=now) for row in rows]


async def _activities(_: AsyncSession, __: Caller, rows: Sequence[Any], ___: datetime) -> Shown:
    return [ActivityOut.model_validate(row) for row in rows]


_PERSON = ("person.full_name", "person.first_name", "person.last_name", "phones", "emails")

EXPORTED: tuple[Exported, ...] = (
    Exported(
        "lead", "leads:read", LeadOut,
        ("id", "created_at", "status", *_PERSON, "company", "subject", "product", "channel", "attribution.last.source",
         "attribution.last.campaign", "temperature", "score", "budget.amount", "owner_id", "tags"),
        _leads,
    ),
    Exported(
        "contact", "contacts:read", ContactOut,
        ("id", "created_at", "kind", *_PERSON, "position", "company_id", "owner_id", "tags"), _contacts,
    ),
    Exported(
        "company", "contacts:read", CompanyOut,
        ("id", "created_at", "name", "tax_number", "website", "phones", "emails", "address", "owner_id", "tags"),
        _companies,
    ),
    Exported(
        "deal", "deals:read", DealOut,
        ("id", "created_at", "name", "status", "pipeline_id", "stage_id", "amount.amount", "amount.currency",
         "probability", "expected_close", "owner_id", "lead_id", "contact_id", "tags"),
        _deals,
    ),
    Exported(
        "activity", "activities:read", ActivityOut,
        ("id", "at", "kind", "direction", "subject", "due_at", "completed_at", "result", "owner_id", "lead_id",
         "contact_id", "deal_id"),
        _activities,
    ),
)  # fmt: skip


def exported(entity: str) -> Exported:
    """What is known of this entity."""
    return next(one for one in EXPORTED if one.entity == entity)
