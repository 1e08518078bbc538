"""From the feed to deliveries: each webhook's events become rows, with its new position, in one transaction."""

from datetime import datetime

from leadkit import clock
from leadkit.db import Database
from leadkit.feed import as_cloud_event
from leadkit.ids import new_id
from leadkit.outbox import feed
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.rows import Write, new_row, write
from crm_core.webhooks import queries
from crm_core.webhooks.queries import MOST_WAITING, Due
from crm_core.webhooks.rules import matches
from crm_core.webhooks.tables import Webhook, WebhookDelivery

PAGE = 500


async def fan_out(db: Database, source: str) -> int:
    """Takes up to a page of events for each webhook; answers how many deliveries that made."""
    async with db.transaction(role="worker", read_only=True) as session:
        end, behind = await queries.behind_the_feed(session)
    made = 0
    for due in behind:
        async with db.transaction(due.workspace_id, role="worker") as session:
            made += await _take(session, due, end, source, clock.now())
    return made


async def _take(session: AsyncSession, due: Due, end: int, source: str, now: datetime) -> int:
    webhook: Webhook | None = await session.scalar(
        queries.webhooks_of(due.workspace_id)
        .where(Webhook.id == due.id, Webhook.enabled)
        .with_for_update(skip_locked=True)
    )
    if webhook is None or await queries.waiting_count(session, webhook) >= MOST_WAITING:
        return 0
    rows = (
        await session.execute(
            select(feed)
            .where(feed.c.workspace_id == due.workspace_id)
            .where(feed.c.position > webhook.position, feed.c.position <= end)
            .order_by(feed.c.position)
            .limit(PAGE)
        )
    ).all()
    wanted = [row for row in rows if _is_wanted(webhook, row.type, row.data)]
    deliveries = [_delivery(webhook, as_cloud_event(row, source), row.position, now) for row in wanted]
    await write(session, [Write(deliveries, "insert_new")])
    # Positions become visible in order: up to the end that was seen before, there is nothing more.
    webhook.position = rows[-1].position if len(rows) == PAGE else end
    return len(deliveries)


def _is_wanted(webhook: Webhook, type_: str, data: dict[str, object]) -> bool:
    return (not webhook.types or type_ in webhook.types) and matches(webhook.matching, data)


def _delivery(webhook: Webhook, event: dict[str, object], position: int, now: datetime) -> WebhookDelivery:
    return new_row(
        WebhookDelivery, workspace_id=webhook.workspace_id, id=new_id(), webhook_id=webhook.id, event_id=event["id"],
        event_type=event["type"], position=position, payload={**event, "timestamp": event["time"]}, status="waiting",
        failures=0, attempts=[], next_at=now, created_at=now, first_failed_at=None, ended_at=None,
    )  # fmt: skip
