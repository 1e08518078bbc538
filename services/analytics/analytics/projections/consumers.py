"""The two feeds that are projected, each with its position kept in the transaction of what its events changed."""

from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.cloudevents import CloudEvent
from leadkit.consumer import FeedConsumer
from leadkit.db import Database
from leadkit.peers import forget_revoked
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.projecting import project

FROM_CRM_CORE = (
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
    "person.erased",
    "deal.created",
    "deal.updated",
    "deal.moved",
    "deal.won",
    "deal.lost",
    "deal.reopened",
)
"""What counts. Activities, a quarter of all that is told of an inquiry, contacts and webhooks change no number."""


async def handle(session: AsyncSession, events: list[CloudEvent]) -> None:
    """Projects a page of events. Erased persons change no number: facts name nobody, and of the erased forget the ids
    of their visits too."""
    await forget_revoked(session, events)
    await project(session, events, now=clock.now())


def consumers(db: Database, *, core: ServiceClient, intake: ServiceClient) -> tuple[FeedConsumer, FeedConsumer]:
    """Readers of crm-core's and lead-intake's feeds."""
    return (
        FeedConsumer(db, core, name="crm-core", handle=handle, types=FROM_CRM_CORE),
        FeedConsumer(db, intake, name="lead-intake", handle=handle),
    )
