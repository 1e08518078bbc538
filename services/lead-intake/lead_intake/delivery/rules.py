"""When to try again, and what an answer of crm-core means. Pure."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from lead_intake.submissions.outcomes import Outcome, Ready

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HALVED = (400, 413, 422)
"""Request-level refusals that may be the fault of one item: the batch is halved until it stands alone."""

GONE, PERSON_GONE = 410, "person_erased"
"""crm-core has erased the person since this was received: it is put aside, to be erased here too."""

REFUSED = "refused_by_crm_core"


def pause_after(failures: int, *, jitter: random.Random) -> timedelta:
    """Doubles with each failure in a row, to half a minute at most, less up to a half by chance; never an end."""
    full = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 10))
    return timedelta(seconds=full * jitter.uniform(0.5, 1))


def outcome_of(sent: Ready, answer: Mapping[str, Any]) -> Outcome:
    """Reads one item of the answer. Only a problem of the item itself parks it.

    `updated` never is a result: where the first one was never learnt (we died between sending and recording), asking
    again with the same revision gets it.
    """
    status, told = int(answer["status"]), answer.get("result")
    if told is None:
        problem = answer.get("problem") or {"status": status}
        return not_now(sent, status, problem) if status >= 500 else parked(sent, status, problem)
    unlearnt = told == "updated" and sent.result is None
    return Outcome(
        sent.id,
        sent.revision,
        status="ready" if unlearnt else "delivered",
        http_status=status,
        told=told,
        result=None if told == "updated" else told,
        lead_id=_uuid(answer.get("lead_id")),
        contact_id=_uuid(answer.get("contact_id")),
        deal_id=_uuid(answer.get("deal_id")),
    )


def outcome_of_call(sent: Ready, answer: Mapping[str, Any]) -> Outcome:
    """Reads one item of the answer about calls that we made; what is known of the person may change with each."""
    status, told = int(answer["status"]), answer.get("result")
    if told is None:
        problem = answer.get("problem") or {"status": status}
        return not_now(sent, status, problem) if status >= 500 else parked(sent, status, problem)
    return Outcome(
        sent.id,
        sent.revision,
        status="delivered",
        http_status=status,
        told=told,
        result="attached" if answer.get("activity_id") else "unmatched",
        lead_id=_uuid(answer.get("lead_id")),
        contact_id=_uuid(answer.get("contact_id")),
        deal_id=_uuid(answer.get("deal_id")),
    )


def parked(sent: Ready, status: int, problem: Mapping[str, Any]) -> Outcome:
    """What crm-core refuses even alone waits for a person, who sees the problem and may replay."""
    reason = PERSON_GONE if status == GONE else REFUSED
    return Outcome(sent.id, sent.revision, "parked", status, None, reason=reason, problem=problem)


def not_now(sent: Ready, status: int | None, problem: Mapping[str, Any]) -> Outcome:
    """It stays ready."""
    return Outcome(sent.id, sent.revision, "ready", status, None, problem=problem)


def _uuid(value: str | None) -> UUID | None:
    return UUID(value) if value else None
