"""What a lead that is converted gives to the contact, company and deal that it becomes."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Self

from leadkit.contracts.common import Money
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.workspaces.queries import existing_workspace
from crm_core.companies.actions import CompanyTold
from crm_core.companies.rules import SHARED_SITES, digits, domains_at
from crm_core.contacts.actions import ContactTold
from crm_core.conversion_mapping.queries import mapping_of, targets_of
from crm_core.conversion_mapping.rules import ENTITIES, Entity, mapped, together
from crm_core.deals.schemas import DealCreate
from crm_core.duplicates.finding import free_mail_domains
from crm_core.leads.schemas import ConvertDeal, LeadConvert
from crm_core.leads.tables import Lead

NAMELESS = "Lead"
PERSONAL = ("company", "position", "full_name", "first_name", "middle_name", "last_name")
OWN = ("subject", "message", "product", "region", "language", "channel", "provider", "temperature", "score", "tags")
LEAST_TAX_NUMBER, MOST_TAX_NUMBER = 4, 40


class Carried(NamedTuple):
    """What each of them gets; `deal` without whom it is with, and beside it the values of its custom fields. `domains`
    are those where the company is looked for."""

    contact: ContactTold
    company: CompanyTold
    deal: DealCreate
    deal_custom: Mapping[str, Any]
    domains: frozenset[str]

    @classmethod
    async def of(cls, session: AsyncSession, lead: Lead, wanted: LeadConvert) -> Self:
        """Reads the workspace's mapping and applies it; what the request says goes before."""
        mapping = await mapping_of(session, lead.workspace_id)
        targets = await targets_of(session, lead.workspace_id)
        facts = facts_of(lead)
        found = mapped(mapping.pairs, facts, targets)
        if mapping.same_keys:
            for entity in ENTITIES:
                same = targets[entity].keys() & facts.keys()
                found[entity] |= {
                    name: facts[name] for name in same if name.startswith("custom.") and name not in found[entity]
                }
        currency = (await existing_workspace(session, lead.workspace_id)).currency
        company = _company(found, wanted)
        websites = domains_at(company.website, lead.emails)
        return cls(
            contact=_contact(found),
            company=company,
            deal=_deal(found["deal"], wanted.deal, currency),
            deal_custom=_custom(found["deal"]),
            domains=frozenset(websites - free_mail_domains() - SHARED_SITES),
        )


def facts_of(lead: Lead) -> dict[str, Any]:
    """The lead by the names that a mapping gives its fields."""
    touch = (lead.attribution or {}).get("last") or {}
    return {
        **{name: getattr(lead, name) for name in OWN},
        **{name: lead.person.get(name) for name in PERSONAL},
        **{name: touch.get(name) for name in ("source", "medium", "campaign")},
        **{name: lead.qualification.get(name) for name in ("authority", "need", "timeframe")},
        "phone": next(iter(lead.phones), None),
        "email": next(iter(lead.emails), None),
        "budget": _money(lead.budget_amount, lead.budget_currency),
        **{f"answers.{key}": value for key, value in lead.qualification.get("answers", {}).items()},
        **{f"custom.{key}": value for key, value in lead.custom.items()},
    }


def _money(amount: Decimal | None, currency: str | None) -> dict[str, Any] | None:
    return None if amount is None else {"amount": f"{amount:.2f}", "currency": currency}


def _contact(found: Mapping[Entity, Mapping[str, Any]]) -> ContactTold:
    told = found["contact"]
    tax_number = told.get("legal.tax_number")
    legal = {"tax_number": tax_number} if tax_number else {}
    return ContactTold(told.get("position"), legal, told.get("tags", []), _custom(told))


def _company(found: Mapping[Entity, Mapping[str, Any]], wanted: LeadConvert) -> CompanyTold:
    told, named = found["company"], wanted.company
    tax_number = (named and named.tax_number) or told.get("tax_number")
    return CompanyTold(
        name=named.name if named else told.get("name"),
        tax_number=tax_number if tax_number and _is_tax_number(tax_number) else None,
        website=(named and named.website) or told.get("website"),
        address=told.get("address"),
        tags=told.get("tags", []),
        custom=_custom(told),
    )


def _is_tax_number(given: str) -> bool:
    return len(digits(given)) >= LEAST_TAX_NUMBER and len(given) <= MOST_TAX_NUMBER


def _deal(told: Mapping[str, Any], wanted: ConvertDeal, currency: str) -> DealCreate:
    return DealCreate(
        name=wanted.name or told.get("name") or NAMELESS,
        pipeline_id=wanted.pipeline_id,
        stage_id=wanted.stage_id,
        amount=wanted.amount or _amount(told.get("amount"), currency),
        expected_close=wanted.expected_close or _date(told.get("expected_close")),
        custom=wanted.custom,
        tags=together(wanted.tags, told.get("tags", [])),
    )


def _amount(given: Any, currency: str) -> Money | None:
    """What the person named, if reports can add it up with the rest."""
    try:
        amount = Money.model_validate(given)
    except ValidationError:
        return None
    return amount if amount.currency == currency else None


def _date(given: Any) -> date | None:
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        return None


def _custom(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix("custom."): value for name, value in told.items() if name.startswith("custom.")}
