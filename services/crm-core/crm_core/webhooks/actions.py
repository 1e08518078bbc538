"""Making and changing webhooks, and sending once more what was to be sent."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from leadkit.contracts.events import WebhookState
from leadkit.etags import check_version
from leadkit.feed import highest_position
from leadkit.ids import new_id
from leadkit.outbox import NewEvent, publish
from leadkit.outgoing import new_secret, url_refusal
from leadkit.problems import Conflict, Invalid
from leadkit.sealing import Sealer
from leadkit.tokens import Caller
from pydantic import SecretStr
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.webhooks import queries, rules
from crm_core.webhooks.schemas import WebhookCreate, WebhookPatch
from crm_core.webhooks.tables import Webhook, WebhookDelivery

PURPOSE = "webhook secrets"
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 5000
TEST = "webhook.test"
SHOWN = ("name", "url", "types", "matching", "enabled")


class WebhookDisabled(Conflict):
    """Nothing is sent to a disabled webhook."""

    code = "webhook-disabled"
    title = "The webhook is disabled"


async def create_webhook(
    session: AsyncSession,
    wanted: WebhookCreate,
    data_key: SecretStr,
    *,
    private_allowed: bool,
    known_types: tuple[str, ...],
    caller: Caller,
    now: datetime,
) -> tuple[Webhook, str]:
    """The webhook, told of events from now on, and its secret; raises `Invalid`."""
    _check(wanted.url, wanted.types, known_types, private_allowed=private_allowed)
    secret = new_secret()
    webhook = Webhook(
        workspace_id=caller.workspace, id=new_id(), version=1, name=wanted.name, url=wanted.url, types=wanted.types,
        matching=wanted.matching, enabled=True, disabled_reason=None,
        sealed_secrets=_sealed([{"secret": secret, "until": None}], data_key),
        position=await highest_position(session), failures=0, failing_since=None, retry_at=now,
        created_by=caller.subject, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(webhook)
    await session.flush()
    await _record(session, webhook, "webhook.create", None, by=caller.subject, now=now)
    return webhook, secret


async def change_webhook(
    session: AsyncSession,
    webhook_id: UUID,
    wanted: WebhookPatch,
    version: int | None,
    *,
    private_allowed: bool,
    known_types: tuple[str, ...],
    caller: Caller,
    now: datetime,
) -> Webhook:
    """Applies a merge patch to the version that the caller knows."""
    webhook = await queries.webhook_by_id(session, caller.workspace, webhook_id, lock=True)
    check_version(version, webhook.version)
    before = _shown(webhook)
    sent = wanted.model_dump(exclude_unset=True)
    _check(sent.get("url", webhook.url), sent.get("types", []), known_types, private_allowed=private_allowed)
    for name, value in sent.items():
        setattr(webhook, name, value)
    if sent.get("enabled") or "url" in sent:
        webhook.disabled_reason, webhook.failures, webhook.failing_since, webhook.retry_at = None, 0, None, now
    await _changed(session, webhook, now)
    await _record(session, webhook, "webhook.update", before, by=caller.subject, now=now)
    return webhook


async def remove_webhook(session: AsyncSession, webhook_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Removes a webhook with its deliveries; raises `NotFound`."""
    webhook = await queries.webhook_by_id(session, caller.workspace, webhook_id, lock=True)
    mine = (WebhookDelivery.workspace_id == webhook.workspace_id, WebhookDelivery.webhook_id == webhook.id)
    await session.execute(delete(WebhookDelivery).where(*mine))
    await session.delete(webhook)
    await session.flush()
    await _record(session, webhook, "webhook.delete", None, by=caller.subject, now=now)


async def rotate_secret(
    session: AsyncSession, webhook_id: UUID, data_key: SecretStr, *, caller: Caller, now: datetime
) -> str:
    """A new secret. For a day the former one signs as well, so that no delivery is refused meanwhile."""
    webhook = await queries.webhook_by_id(session, caller.workspace, webhook_id, lock=True)
    secret, until = new_secret(), now + rules.OVERLAP
    former = secrets_of(webhook, data_key, now=now)[:1]
    kept = [{"secret": one, "until": until.isoformat()} for one in former]
    webhook.sealed_secrets = _sealed([{"secret": secret, "until": None}, *kept], data_key)
    await _changed(session, webhook, now)
    await _record(session, webhook, "webhook.rotate_secret", None, by=caller.subject, now=now)
    return secret


async def send_test(session: AsyncSession, webhook_id: UUID, *, caller: Caller, now: datetime) -> WebhookDelivery:
    """An event `webhook.test` on its way; raises `WebhookDisabled`."""
    webhook = await queries.webhook_by_id(session, caller.workspace, webhook_id)
    if not webhook.enabled:
        raise WebhookDisabled
    delivery_id = new_id()
    payload = {
        "id": f"test-{delivery_id}", "type": TEST, "time": now.isoformat(), "timestamp": now.isoformat(),
        "subject": str(webhook.id), "workspaceid": str(webhook.workspace_id), "data": {"id": str(webhook.id)},
    }  # fmt: skip
    delivery = WebhookDelivery(
        workspace_id=webhook.workspace_id, id=delivery_id, webhook_id=webhook.id, event_id=payload["id"],
        event_type=TEST, position=webhook.position, payload=payload, status="waiting", failures=0, attempts=[],
        next_at=now, created_at=now, first_failed_at=None, ended_at=None,
    )  # fmt: skip
    session.add(delivery)
    await session.flush()
    return delivery


async def send_again(
    session: AsyncSession, webhook_id: UUID, delivery_id: UUID, *, caller: Caller, now: datetime
) -> WebhookDelivery:
    """The delivery waiting again, however often it was tried; raises `NotFound`, `WebhookDisabled`."""
    webhook = await queries.webhook_by_id(session, caller.workspace, webhook_id)
    if not webhook.enabled:
        raise WebhookDisabled
    delivery = await queries.delivery_by_id(session, caller.workspace, webhook_id, delivery_id, lock=True)
    delivery.status, delivery.failures, delivery.next_at = "waiting", 0, now
    delivery.first_failed_at = delivery.ended_at = None
    await session.flush()
    return delivery


async def disable(session: AsyncSession, webhook: Webhook, reason: str, *, now: datetime) -> None:
    """Ends sending to a (locked) webhook, tells of it, and gives up what waits."""
    before = _shown(webhook)
    webhook.enabled, webhook.disabled_reason = False, reason
    await _changed(session, webhook, now)
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.workspace_id == webhook.workspace_id, WebhookDelivery.webhook_id == webhook.id)
        .where(WebhookDelivery.status == "waiting")
        .values(status="cancelled", ended_at=now)
    )
    state = WebhookState(id=webhook.id, version=webhook.version, name=webhook.name, enabled=False, reason=reason)
    await publish(session, [NewEvent("webhook.disabled", webhook.workspace_id, webhook.id, state)])
    await _record(session, webhook, "webhook.disable", before, by=audit.SYSTEM, now=now)


async def forget_deliveries(session: AsyncSession, *, now: datetime) -> None:
    """Deletes what ended long ago, some thousands at once (role worker)."""
    old = (
        WebhookDelivery.__table__.select()
        .with_only_columns(WebhookDelivery.id)
        .where(WebhookDelivery.ended_at < now - KEPT)
        .limit(FORGOTTEN_AT_ONCE)
    )
    await session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)))


def secrets_of(webhook: Webhook, data_key: SecretStr, *, now: datetime) -> list[str]:
    """What signs now, the newest first; raises `SealBroken` with another data key."""
    kept: list[dict[str, Any]] = orjson.loads(Sealer(data_key, purpose=PURPOSE).open(webhook.sealed_secrets))
    return [one["secret"] for one in kept if one["until"] is None or datetime.fromisoformat(one["until"]) > now]


def _sealed(kept: list[dict[str, Any]], data_key: SecretStr) -> bytes:
    return Sealer(data_key, purpose=PURPOSE).seal(orjson.dumps(kept))


def _check(url: str, types: list[str], known_types: tuple[str, ...], *, private_allowed: bool) -> None:
    if refusal := url_refusal(url, private_allowed=private_allowed):
        raise Invalid.at("/url", refusal)
    for place, name in enumerate(types):
        if name not in known_types:
            raise Invalid.at(f"/types/{place}", f"is one of {', '.join(known_types)}")


async def _changed(session: AsyncSession, webhook: Webhook, now: datetime) -> None:
    webhook.version += 1
    webhook.updated_at = now
    await session.flush()


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {name: getattr(webhook, name) for name in SHOWN}


async def _record(
    session: AsyncSession, webhook: Webhook, action: str, before: audit.Snapshot | None, *, by: str, now: datetime
) -> None:
    await audit.record(
        session, workspace_id=webhook.workspace_id, by=by, action=action, subject_type="webhook",
        subject_id=webhook.id, before=before, after=_shown(webhook), now=now,
    )  # fmt: skip
