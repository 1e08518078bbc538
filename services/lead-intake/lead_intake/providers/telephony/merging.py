"""Events of one call made one submission: any order, each any number of times, gives the same."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import fields, replace

from lead_intake.providers.base import CallDraft, Disposition, Draft, Found

FINAL = ("inquiry", "ignored")
RECORDING = "recording_url"
"""Where an event that only adds to a call has its recording, in `extra`."""

_RANK = 100_000_000_000

_CALL = tuple(field.name for field in fields(CallDraft) if field.name not in ("direction", "result"))
_SINGLE = (
    "full_name", "first_name", "middle_name", "last_name", "company", "position", "subject", "message", "product",
    "region", "language", "call_tracking",
)  # fmt: skip


def sequence(rank: int, seconds: float) -> int:
    """The place of an event: what it knows of the call's end counts first, then its time (Unix)."""
    return rank * _RANK + min(max(int(seconds), 0), _RANK - 1)


def in_order(found: Sequence[Found]) -> list[Found]:
    """The events by their place, each once."""
    return sorted({identity(one): one for one in found}.values(), key=lambda one: (one.sequence, identity(one)))


def identity(one: Found) -> str:
    """The same notice delivered twice is one, whenever it came."""
    return f"{one.disposition} {one.reason} {one.sequence} {replace(one.draft, warnings=[])!r}"


def merged(found: Sequence[Found]) -> Found:
    """The last word on the call's end stands (without one, on how it goes); what it does not say is taken from the
    others. The call began when the first of them was."""
    events = in_order(found)
    ends = [one for one in events if one.disposition in FINAL]
    going = [one for one in events if one.disposition == "pending"]
    told = deepcopy((ends or going or events)[-1])
    if not ends:
        told.disposition = "pending"
    for other in reversed(events):
        _fill_up(told.draft, other.draft)
    if told.draft.call is not None and (url := told.draft.extra.pop(RECORDING, None)):
        told.draft.call.recording_url = told.draft.call.recording_url or url
    told.draft.occurred_at = min((one.draft.occurred_at for one in events if one.draft.occurred_at), default=None)
    return told


def _fill_up(draft: Draft, other: Draft) -> None:
    for name in _SINGLE:
        if getattr(draft, name) is None:
            setattr(draft, name, getattr(other, name))
    draft.name_verbatim = draft.name_verbatim or other.name_verbatim
    if not draft.phones and not draft.messengers:
        draft.phones, draft.messengers = list(other.phones), list(other.messengers)
    draft.emails = draft.emails or list(other.emails)
    for name in ("touch", "first_touch", "extra"):
        setattr(draft, name, {**getattr(other, name), **getattr(draft, name)})
    if draft.call is not None and other.call is not None:
        unsaid = [name for name in _CALL if getattr(draft.call, name) is None]
        draft.call = replace(draft.call, **{name: getattr(other.call, name) for name in unsaid})
    elif other.call is not None:
        draft.call = replace(other.call)
    draft.warnings += [warning for warning in other.warnings if warning not in draft.warnings]


def with_recording(found: Found) -> Found:
    """A missed call with a recording is a voicemail."""
    call = found.draft.call
    if found.disposition in FINAL and call and call.result == "missed" and call.recording_url:
        found.draft.call = replace(call, result="voicemail")
    return found


def meaning(draft: Draft) -> tuple[Disposition, str | None]:
    """What a call that has ended is: an inquiry, if it came from somebody who can be called back."""
    if draft.call is not None and draft.call.direction == "outbound":
        return "ignored", "outbound_call"
    if not draft.phones and not draft.messengers:
        return "ignored", "hidden_number"
    return "inquiry", None


def closed(found: Found) -> Found:
    """A call whose end was never told: as far as is known. What adds to a call that never came is ignored."""
    if found.draft.call is None:
        return replace(found, disposition="ignored", reason="incomplete_call")
    disposition, reason = meaning(found.draft)
    return replace(found, disposition=disposition, reason=reason)
