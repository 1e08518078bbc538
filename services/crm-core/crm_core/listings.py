"""Every list that can be filtered, by entity: for what is said about a list elsewhere than in its own slice."""

from crm_core.activities.listing import ACTIVITIES
from crm_core.companies.listing import COMPANIES
from crm_core.contacts.listing import CONTACTS
from crm_core.deals.listing import DEALS
from crm_core.finding.listing import Listing
from crm_core.leads.listing import LEADS

LISTINGS: dict[str, Listing] = {one.entity: one for one in (LEADS, CONTACTS, COMPANIES, DEALS, ACTIVITIES)}
