"""Double opt-in: a form's inquiry waits until the person has followed the link in a mail. Pure.

The confirmation is a raw request of its own, so the submission reads the same at every replay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from leadkit.contracts.common import written

from lead_intake.providers.base import ConsentDraft, Found, SourceView, WireRequest
from lead_intake.submissions.drafts import SubmissionDraft

AWAITING = "awaiting_confirmation"
NOT_CONFIRMED = "not_confirmed"
EVIDENCE = "double_opt_in"


def is_asked_for(draft: SubmissionDraft, inquiry: Mapping[str, Any], source: SourceView) -> bool:
    """Whether the person is to be asked by mail before anybody sees the inquiry. One released by hand is not."""
    wanted = source.settings.double_opt_in and source.channel == "form" and not draft.released
    return bool(wanted and draft.status == "ready" and inquiry.get("emails"))


def may_last(source: SourceView) -> timedelta:
    """How long a link works; then the inquiry is put aside."""
    return timedelta(days=source.settings.double_opt_in_days)


def with_evidence(found: Found, confirmations: Sequence[WireRequest], source: SourceView) -> Found:
    """The inquiry with what proves that the person confirmed: when, and from where (only comparable)."""
    first = min(confirmations, key=lambda one: one.received_at)
    hashed = source.hashed(first.address) if first.address else None
    evidence = {"confirmed_at": written(first.received_at), "ip_hash": hashed}
    draft = replace(found.draft, extra={**found.draft.extra, EVIDENCE: evidence})
    if draft.consent is None:
        draft.consent = ConsentDraft(given=True, purpose=EVIDENCE, at=first.received_at, ip_hash=hashed)
    return replace(found, draft=draft)
