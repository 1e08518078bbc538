"""What can be merged: one entry a kind, with the slice that knows its cards and everything that goes along."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from crm_core.activities import moving as activities
from crm_core.calls import moving as calls
from crm_core.companies import merging as companies
from crm_core.contacts import merging as contacts
from crm_core.contacts import moving as moving_contacts
from crm_core.deals import moving as deals
from crm_core.inquiries import moving as inquiries
from crm_core.leads import merging as leads
from crm_core.leads import moving as moving_leads
from crm_core.moving import Holder

Entity = Literal["lead", "contact", "company"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of thing that is merged. `pair` finds (and locks) both, `card_of` reads what is merged value by value,
    `join` and `part` write both ends; `holders` are the rows that go along."""

    pair: Callable[..., Awaitable[Any]]
    check_mergeable: Callable[[Any], None]
    check_separable: Callable[[Any], str | None]
    card_of: Callable[..., Awaitable[dict[str, Any]]]
    shown: Callable[..., Awaitable[Any]]
    join: Callable[..., Awaitable[dict[str, Any]]]
    part: Callable[..., Awaitable[None]]
    holders: tuple[Holder, ...]


KINDS: Mapping[Entity, Kind] = {
    "lead": Kind(
        pair=leads.pair, check_mergeable=leads.check_mergeable, check_separable=leads.check_separable,
        card_of=leads.card_of, shown=leads.shown, join=leads.join, part=leads.part,
        holders=(inquiries.OF_LEADS, activities.OF_LEADS, calls.OF_LEADS, deals.OF_LEADS),
    ),
    "contact": Kind(
        pair=contacts.pair, check_mergeable=contacts.check_mergeable, check_separable=contacts.check_separable,
        card_of=contacts.card_of, shown=contacts.shown, join=contacts.join, part=contacts.part,
        holders=(
            moving_leads.OF_CONTACTS, inquiries.OF_CONTACTS, activities.OF_CONTACTS, calls.OF_CONTACTS,
            deals.OF_CONTACTS,
        ),
    ),
    "company": Kind(
        pair=companies.pair, check_mergeable=companies.check_mergeable, check_separable=companies.check_separable,
        card_of=companies.card_of, shown=companies.shown, join=companies.join, part=companies.part,
        holders=(moving_contacts.OF_COMPANIES, deals.OF_COMPANIES),
    ),
}  # fmt: skip
