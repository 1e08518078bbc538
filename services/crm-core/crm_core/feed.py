"""What crm-core tells: the events of its feed, and the present states that a reader can rebuild from."""

from leadkit.feed import feed_router
from leadkit.snapshot import Snapshot, snapshot_router
from leadkit.tokens import Role

from crm_core.access.teams import queries as teams
from crm_core.access.users import queries as users
from crm_core.access.visibility import concerning
from crm_core.access.workspaces import queries as workspaces
from crm_core.activities import queries as activities
from crm_core.contacts import queries as contacts
from crm_core.deadlines import queries as deadlines
from crm_core.deals import queries as deals
from crm_core.inquiries import queries as inquiries
from crm_core.leads import queries as leads
from crm_core.loss_reasons import queries as loss_reasons
from crm_core.pipelines import queries as pipelines
from crm_core.products import queries as products

EVENT_TYPES = (
    "workspace.created",
    "workspace.updated",
    "user.changed",
    "team.changed",
    "loss_reason.changed",
    "pipeline.changed",
    "product.changed",
    "token.revoked",
    "inquiry.recorded",
    "lead.created",
    "lead.updated",
    "lead.assigned",
    "lead.reassigned",
    "lead.unassigned",
    "lead.started",
    "lead.qualified",
    "lead.converted",
    "lead.disqualified",
    "lead.postponed",
    "lead.reopened",
    "lead.merged",
    "deadline.due_soon",
    "deadline.breached",
    "deadline.fulfilled",
    "contact.created",
    "contact.updated",
    "contact.merged",
    "contact.erased",
    "person.erased",
    "deal.created",
    "deal.updated",
    "deal.moved",
    "deal.won",
    "deal.lost",
    "deal.reopened",
    "activity.created",
    "activity.updated",
    "activity.completed",
    "activity.due_soon",
    "activity.deleted",
    "activity.missed",
    "webhook.disabled",
)

SNAPSHOTS = (
    Snapshot("workspace", workspaces.snapshot),
    Snapshot("team", teams.snapshot),
    Snapshot("user", users.snapshot),
    Snapshot("loss_reason", loss_reasons.snapshot),
    Snapshot("pipeline", pipelines.snapshot),
    Snapshot("product", products.snapshot),
    Snapshot("lead", leads.snapshot),
    Snapshot("deadline", deadlines.snapshot),
    Snapshot("inquiry", inquiries.snapshot),
    Snapshot("contact", contacts.snapshot),
    Snapshot("deal", deals.snapshot),
    Snapshot("activity", activities.snapshot),
)

SEES_ALL: tuple[Role, ...] = ("platform", "admin", "integration")
"""Who reads states: whoever may see every card of a workspace. Managers and heads read lists, which know theirs."""

routers = (feed_router(EVENT_TYPES, concerning), snapshot_router(SNAPSHOTS, roles=SEES_ALL))
