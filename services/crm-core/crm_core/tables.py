"""Every table of the service in one place, for migrations and for the check that models and database agree."""

from leadkit.leases import leases

from crm_core.access.audit import tables as audit
from crm_core.access.teams import tables as teams
from crm_core.access.tokens import tables as tokens
from crm_core.access.users import tables as users
from crm_core.access.workspaces import tables as workspaces
from crm_core.base import Base
from crm_core.loss_reasons import tables as loss_reasons

SLICES = (workspaces, teams, users, tokens, audit, loss_reasons)
LEADKIT = (leases,)
METADATAS = (Base.metadata, *LEADKIT)
