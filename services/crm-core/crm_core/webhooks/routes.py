"""`/v1/webhooks`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from leadkit.edge import NOT_TO_BE_STORED, Allow, EdgeRoute, Now, ReadSession, Session
from leadkit.etags import IfMatch, with_etag
from leadkit.filters import listed
from leadkit.paging import Page, Paging, fetch_page
from leadkit.problems import NotFound, PreconditionRequired, Stale, problems
from leadkit.tokens import Caller

from crm_core.feed import EVENT_TYPES
from crm_core.secrets import DataKey
from crm_core.webhooks import actions, queries
from crm_core.webhooks.actions import WebhookDisabled
from crm_core.webhooks.schemas import (
    DeliveryOut,
    WebhookCreate,
    WebhookMade,
    WebhookOut,
    WebhookPatch,
    WebhookSecret,
)
from crm_core.webhooks.tables import Webhook, WebhookDelivery

router = APIRouter(prefix="/v1/webhooks", route_class=EdgeRoute, tags=["webhooks"])

Admin = Annotated[Caller, Allow("admin")]
STATUSES = ("waiting", "delivered", "failed", "cancelled")


def _private_allowed(request: Request) -> bool:
    return bool(request.app.state.settings.webhooks_to_private_addresses)


@router.get("")
async def webhooks_list(
    session: ReadSession, caller: Admin, paging: Paging, request: Request, response: Response
) -> Page[WebhookOut]:
    """List webhooks."""
    rows, next_cursor, total = await fetch_page(
        session, queries.webhooks_of(caller.workspace), paging,
        sorts={"created_at": Webhook.created_at}, default="-created_at", key=Webhook.id, request=request,
        response=response,
    )  # fmt: skip
    return Page(items=[WebhookOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post("", status_code=201)
async def webhooks_create(
    wanted: WebhookCreate,
    session: Session,
    caller: Admin,
    data_key: DataKey,
    now: Now,
    request: Request,
    response: Response,
) -> WebhookMade:
    """Add a webhook; the answer is the only place that shows its secret."""
    webhook, secret = await actions.create_webhook(
        session, wanted, data_key, private_allowed=_private_allowed(request), known_types=EVENT_TYPES, caller=caller,
        now=now,
    )  # fmt: skip
    response.headers["Location"] = f"/v1/webhooks/{webhook.id}"
    response.headers.update(NOT_TO_BE_STORED)
    return WebhookMade(**WebhookOut.model_validate(webhook).model_dump(), secret=secret)


@router.get("/{webhook_id}", responses=problems(NotFound))
async def webhooks_get(webhook_id: UUID, session: ReadSession, caller: Admin, response: Response) -> WebhookOut:
    """Get a webhook and how its endpoint answers."""
    return _answer(await queries.webhook_by_id(session, caller.workspace, webhook_id), response)


@router.patch("/{webhook_id}", responses=problems(NotFound, Stale, PreconditionRequired))
async def webhooks_update(
    webhook_id: UUID,
    wanted: WebhookPatch,
    session: Session,
    caller: Admin,
    if_match: IfMatch,
    now: Now,
    request: Request,
    response: Response,
) -> WebhookOut:
    """Change a webhook by JSON Merge Patch; `enabled` begins and ends sending."""
    webhook = await actions.change_webhook(
        session, webhook_id, wanted, if_match, private_allowed=_private_allowed(request), known_types=EVENT_TYPES,
        caller=caller, now=now,
    )  # fmt: skip
    return _answer(webhook, response)


@router.delete("/{webhook_id}", status_code=204, responses=problems(NotFound))
async def webhooks_delete(webhook_id: UUID, session: Session, caller: Admin, now: Now) -> None:
    """Remove a webhook with its deliveries."""
    await actions.remove_webhook(session, webhook_id, caller=caller, now=now)


@router.post("/{webhook_id}/rotate-secret", responses=problems(NotFound))
async def webhooks_rotate_secret(
    webhook_id: UUID, session: Session, caller: Admin, data_key: DataKey, now: Now, response: Response
) -> WebhookSecret:
    """Make a new secret; for 24 hours deliveries bear the signature of the former one too."""
    response.headers.update(NOT_TO_BE_STORED)
    return WebhookSecret(secret=await actions.rotate_secret(session, webhook_id, data_key, caller=caller, now=now))


@router.post("/{webhook_id}/test", status_code=202, responses=problems(NotFound, WebhookDisabled))
async def webhooks_test(webhook_id: UUID, session: Session, caller: Admin, now: Now) -> DeliveryOut:
    """Send an event `webhook.test`; look at its delivery for what came of it."""
    return DeliveryOut.model_validate(await actions.send_test(session, webhook_id, caller=caller, now=now))


@router.get("/{webhook_id}/deliveries", responses=problems(NotFound))
async def webhooks_deliveries(
    webhook_id: UUID,
    session: ReadSession,
    caller: Admin,
    paging: Paging,
    request: Request,
    response: Response,
    status: Annotated[str | None, Query(max_length=100, description="One or more, separated by commas")] = None,
) -> Page[DeliveryOut]:
    """List what was and is to be sent, newest first, for 30 days after it ended."""
    await queries.webhook_by_id(session, caller.workspace, webhook_id)
    wanted = queries.deliveries_of(caller.workspace, webhook_id)
    if status is not None:
        wanted = wanted.where(WebhookDelivery.status.in_(listed("status", status, STATUSES)))
    rows, next_cursor, total = await fetch_page(
        session, wanted, paging,
        sorts={"created_at": WebhookDelivery.created_at}, default="-created_at", key=WebhookDelivery.id,
        request=request, response=response,
    )  # fmt: skip
    return Page(items=[DeliveryOut.model_validate(row) for row in rows], next_cursor=next_cursor, total=total)


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/retry", status_code=202, responses=problems(NotFound, WebhookDisabled)
)
async def webhooks_retry(webhook_id: UUID, delivery_id: UUID, session: Session, caller: Admin, now: Now) -> DeliveryOut:
    """Send a delivery once more, whatever became of it."""
    return DeliveryOut.model_validate(
        await actions.send_again(session, webhook_id, delivery_id, caller=caller, now=now)
    )


def _answer(webhook: Webhook, response: Response) -> WebhookOut:
    with_etag(response, webhook.version)
    return WebhookOut.model_validate(webhook)
