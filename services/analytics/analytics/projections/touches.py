"""The touches of an inquiry: where the person had come from, and by which ids ad platforms know the visit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from leadkit.contracts.common import written
from leadkit.contracts.events import EventTouch, InquiryState
from leadkit.contracts.touches import is_direct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

NAMED: Final = (
    "source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group",
)  # fmt: skip
IDS: Final = ("click_ids", "client_ids")
"""What tells one visitor from another; gone when the person is erased."""


def touches_of(state: InquiryState) -> list[dict[str, Any]]:
    """First and last touch, oldest first, once where they are the same; none lies after the inquiry."""
    first, last = state.attribution.first, state.attribution.last
    told = [touch for touch in ((first,) if first == last else (first, last)) if touch is not None]
    moment = min(state.occurred_at, state.received_at)
    if len(told) == 1:
        return [_kept(told[0], moment)]
    kept: list[dict[str, Any]] = []
    for touch in told:
        values = _kept(touch, moment)
        if values not in kept:
            kept.append(values)
    return sorted(kept, key=lambda values: datetime.fromisoformat(values["at"]))


def _kept(touch: EventTouch, moment: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name in NAMED if (value := getattr(touch, name)) is not None}
    if touch.landing_url is not None:
        values["landing_page"] = touch.landing_url
    values |= {name: ids for name in IDS if (ids := getattr(touch, name))}
    return values | {"at": written(min(touch.at or moment, moment)), "direct": is_direct(touch)}


_FORGET: Final = text(
    """UPDATE fact_inquiry f SET touches = (
        SELECT coalesce(jsonb_agg(t.touch - 'click_ids' - 'client_ids' ORDER BY t.place), '[]')
        FROM jsonb_array_elements(f.touches) WITH ORDINALITY t(touch, place))
    WHERE f.workspace_id = :workspace_id
    AND (f.id = ANY(CAST(:inquiry_ids AS uuid[])) OR f.lead_id = ANY(CAST(:lead_ids AS uuid[]))
         OR f.contact_id = ANY(CAST(:contact_ids AS uuid[])))"""
)


async def forget_ids(session: AsyncSession, workspace_id: Any, erased: Mapping[str, Any]) -> None:
    """Forgets the click ids and client ids of an erased person; where they had come from still counts."""
    ids = {name: erased.get(name) or [] for name in ("inquiry_ids", "lead_ids", "contact_ids")}
    await session.execute(_FORGET, {"workspace_id": workspace_id, **ids})
