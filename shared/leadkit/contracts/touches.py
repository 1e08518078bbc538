"""Attribution as it may leave the service: addresses without their query part. Pure."""

from typing import Any

from leadkit.contracts.events import EventAttribution
from leadkit.contracts.inquiry import Attribution, Touch

DIRECT = frozenset({"", "direct", "(direct)", "(none)", "none"})
ADDRESSES = ("landing_url", "page_url", "referrer")


def for_events(attribution: Attribution) -> EventAttribution:
    """First and last touch for an event, and the one that source dimensions are taken from."""
    return EventAttribution.model_validate(outgoing(attribution))


def outgoing(attribution: Attribution) -> dict[str, dict[str, Any] | None]:
    """The values of `for_events`, not validated again."""
    first, last = attribution.first, attribution.last
    told = {id(touch): _outgoing(touch) for touch in (first, last) if touch is not None}
    return {
        "first": told.get(id(first)),
        "last": told.get(id(last)),
        "last_non_direct": told.get(id(last_non_direct(first, last))),
    }


def last_non_direct(first: Touch | None, last: Touch | None) -> Touch | None:
    """The last touch, unless it was a direct visit after one that was not."""
    return next((touch for touch in (last, first) if touch is not None and not is_direct(touch)), last or first)


def is_direct(touch: Touch) -> bool:
    """Whether nothing tells where the visitor came from."""
    if touch.click_ids or touch.campaign or touch.campaign_id:
        return False
    return (touch.source or "").strip().lower() in DIRECT and touch.channel_group in (None, "direct")


def _outgoing(touch: Touch) -> dict[str, Any]:
    values = dict(touch.__dict__)
    for name in ADDRESSES:
        values[name] = _address(values[name])
    return values


def _address(url: str | None) -> str | None:
    return None if url is None else url.partition("#")[0].partition("?")[0]
