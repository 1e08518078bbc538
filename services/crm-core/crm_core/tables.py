"""Every table of the service in one place, for migrations and for the check that models and database agree."""

from crm_core.access.audit import tables as audit
from crm_core.access.teams import tables as teams
from crm_core.access.tokens import tables as tokens
from crm_core.access.users import tables as users
from crm_core.access.workspaces import tables as workspaces
from crm_core.activities import tables as activities
from crm_core.activity_results import tables as activity_results
from crm_core.assignment import tables as assignment
from crm_core.base import Base
from crm_core.calls import tables as calls
from crm_core.companies import tables as companies
from crm_core.contacts import tables as contacts
from crm_core.conversion_mapping import tables as conversion_mapping
from crm_core.custom_fields import tables as custom_fields
from crm_core.deadlines import tables as deadlines
from crm_core.deals import tables as deals
from crm_core.duplicates import tables as duplicates
from crm_core.exports import tables as exports
from crm_core.inquiries import tables as inquiries
from crm_core.leads import tables as leads
from crm_core.loss_reasons import tables as loss_reasons
from crm_core.merging import tables as merging
from crm_core.pipelines import tables as pipelines
from crm_core.privacy import tables as privacy
from crm_core.products import tables as products
from crm_core.redistribution import tables as redistribution
from crm_core.scoring import tables as scoring
from crm_core.segments import tables as segments
from crm_core.simulation import tables as simulation
from crm_core.streams import tables as streams
from crm_core.tags import tables as tags
from crm_core.unmatched import tables as unmatched
from crm_core.views import tables as views
from crm_core.webhooks import tables as webhooks
from crm_core.working_time import tables as working_time

ACCESS = (workspaces, teams, users, tokens, audit, loss_reasons, working_time)
PEOPLE_AND_DEALS = (contacts, companies, pipelines, deals, activities)
LEADS = (leads, deadlines, inquiries, calls, assignment, redistribution, simulation, unmatched)
CATALOGUES = (activity_results, custom_fields, conversion_mapping, tags, segments, products)
SAME = (duplicates, merging)
SCORING = (scoring,)
FINDING = (views, exports)
OUT = (streams, webhooks)
PRIVACY = (privacy,)

METADATA = Base.metadata
