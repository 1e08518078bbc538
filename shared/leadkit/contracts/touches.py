"""Attribution as it may leave the service: addresses without their query part. Pure."""

from collections.abc import Mapping
from typing import Any

from leadkit.contracts.events import EventAttribution, EventTouch
from leadkit.contracts.inquiry import Attribution, Touch

DIRECT = frozenset({"", "direct", "(direct)", "(none)", "none"})
ADDRESSES = ("landing_url", "page_url", "referrer")

Values = Mapping[str, Any]
"""A touch as it is written; what it does not say may be left out."""

_SILENT: Values = {**dict.fromkeys(EventTouch.model_fields), "click_ids": {}, "client_ids": {}}


def for_events(attribution: Attribution) -> EventAttribution:
    """First and last touch for an event, and the one that source dimensions are taken from."""
    return EventAttribution.model_validate(outgoing(attribution))


def outgoing(attribution: Attribution) -> dict[str, dict[str, Any] | None]:
    """The values of `for_events`, not validated again."""
    first, last = (vars(touch) if touch is not None else None for touch in (attribution.first, attribution.last))
    return outgoing_touches(first, last)


def outgoing_touches(first: Values | None, last: Values | None) -> dict[str, dict[str, Any] | None]:
    """The same of touches that are no shapes yet."""
    told_first = _outgoing(first) if first is not None else None
    told_last = told_first if last is first else _outgoing(last) if last is not None else None
    told = [touch for touch in (told_last, told_first) if touch is not None]
    counts = next((touch for touch in told if not _says_direct(touch)), told_last or told_first)
    return {"first": told_first, "last": told_last, "last_non_direct": counts}


def last_non_direct(first: Touch | None, last: Touch | None) -> Touch | None:
    """The last touch, unless it was a direct visit after one that was not."""
    return next((touch for touch in (last, first) if touch is not None and not is_direct(touch)), last or first)


def is_direct(touch: Touch | EventTouch) -> bool:
    """Whether nothing tells where the visitor came from."""
    return _says_direct(vars(touch))


def _says_direct(touch: Values) -> bool:
    if touch["click_ids"] or touch["campaign"] or touch["campaign_id"]:
        return False
    return (touch["source"] or "").strip().lower() in DIRECT and touch["channel_group"] in (None, "direct")


def _outgoing(touch: Values) -> dict[str, Any]:
    values = {**_SILENT, **touch}
    for name in ADDRESSES:
        address = values[name]
        if address is not None:
            values[name] = address.partition("#")[0].partition("?")[0]
    return values


def nameless(attribution: Mapping[str, Any] | None) -> dict[str, Any]:
    """A stored attribution without what could name the visitor: ids of clicks and browsers, addresses with their
    query part, calls' marks. Sources, mediums and campaigns stay."""
    touches = {name: (attribution or {}).get(name) for name in ("first", "last")}
    return {name: _nameless(touch) if touch else None for name, touch in touches.items()}


def _nameless(touch: Values) -> dict[str, Any]:
    return {**_outgoing(touch), "click_ids": {}, "client_ids": {}}
