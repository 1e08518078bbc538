"""Reading webhooks and deliveries; every query of a request names its workspace."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from leadkit.feed import highest_position
from leadkit.outbox import feed
from leadkit.problems import NotFound
from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.webhooks.rules import IN_ORDER
from crm_core.webhooks.tables import Webhook, WebhookDelivery

MOST_WAITING = 10_000
"""So many events wait for an endpoint at most; the others stay in the feed until these are gone."""


class Due(NamedTuple):
    """A webhook for which there is something to do."""

    workspace_id: UUID
    id: UUID


def webhooks_of(workspace_id: UUID) -> Select[Webhook]:
    """The workspace's webhooks."""
    return select(Webhook).where(Webhook.workspace_id == workspace_id)


async def webhook_by_id(session: AsyncSession, workspace_id: UUID, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Raises `NotFound`. With `lock` nobody else changes it meanwhile."""
    statement = webhooks_of(workspace_id).where(Webhook.id == webhook_id)
    found: Webhook | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such webhook.")
    return found


def deliveries_of(workspace_id: UUID, webhook_id: UUID) -> Select[WebhookDelivery]:
    """The deliveries of a webhook."""
    return select(WebhookDelivery).where(
        WebhookDelivery.workspace_id == workspace_id, WebhookDelivery.webhook_id == webhook_id
    )


async def delivery_by_id(
    session: AsyncSession, workspace_id: UUID, webhook_id: UUID, delivery_id: UUID, *, lock: bool = False
) -> WebhookDelivery:
    """Raises `NotFound`."""
    statement = deliveries_of(workspace_id, webhook_id).where(WebhookDelivery.id == delivery_id)
    found: WebhookDelivery | None = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such delivery.")
    return found


async def behind_the_feed(session: AsyncSession) -> tuple[int, Sequence[Due]]:
    """The feed's end, and the enabled webhooks whose workspace has events behind their positions (role worker)."""
    end = await highest_position(session)
    more = exists(
        select(feed.c.position).where(
            feed.c.workspace_id == Webhook.workspace_id, feed.c.position > Webhook.position, feed.c.position <= end
        )
    )
    rows = await session.execute(
        select(Webhook.workspace_id, Webhook.id).where(Webhook.enabled, Webhook.position < end, more)
    )
    return end, [Due(*row) for row in rows]


async def with_something_to_send(session: AsyncSession, *, now: datetime) -> Sequence[Due]:
    """The enabled webhooks whose pause is over and for which something waits, longest due first (role worker)."""
    waiting = exists(
        select(WebhookDelivery.id).where(
            WebhookDelivery.workspace_id == Webhook.workspace_id,
            WebhookDelivery.webhook_id == Webhook.id,
            WebhookDelivery.status == "waiting",
            WebhookDelivery.next_at <= now,
        )
    )
    rows = await session.execute(
        select(Webhook.workspace_id, Webhook.id)
        .where(Webhook.enabled, Webhook.retry_at <= now, waiting)
        .order_by(Webhook.retry_at)
    )
    return [Due(*row) for row in rows]


async def next_delivery(session: AsyncSession, webhook: Webhook, *, now: datetime) -> WebhookDelivery | None:
    """The first in order, unless it has to wait; one that stepped aside only in its time."""
    aside = and_(WebhookDelivery.failures >= IN_ORDER, WebhookDelivery.next_at > now)
    first: WebhookDelivery | None = await session.scalar(
        deliveries_of(webhook.workspace_id, webhook.id)
        .where(WebhookDelivery.status == "waiting", ~aside)
        .order_by(WebhookDelivery.position, WebhookDelivery.id)
        .limit(1)
    )
    return first if first is not None and first.next_at <= now else None


async def waiting_count(session: AsyncSession, webhook: Webhook) -> int:
    """How many events wait for it, counted up to the most that may."""
    waiting = deliveries_of(webhook.workspace_id, webhook.id).where(WebhookDelivery.status == "waiting")
    counted = waiting.with_only_columns(WebhookDelivery.id).limit(MOST_WAITING).subquery()
    return int(await session.scalar(select(func.count()).select_from(counted)) or 0)
