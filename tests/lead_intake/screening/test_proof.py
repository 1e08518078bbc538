"""Proof of work: signed, for one source, for half an hour; nothing else counts."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from altcha import Challenge, Payload, solve_challenge
from lead_intake.normalising.pipeline import normalise
from lead_intake.providers.base import Draft, Found, Raw, SourceView, WireRequest
from lead_intake.providers.settings import SpamSettings
from lead_intake.screening.proof import challenge_for, proven
from lead_intake.screening.rules import screen

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
SOURCE = SourceView(
    UUID(int=1), UUID(int=2), "form", "generic", spam=SpamSettings(proof_of_work=1), workspace_key=b"k" * 32
)


def solved(source: SourceView = SOURCE, **changed: Any) -> str:
    challenge = Challenge.from_dict(challenge_for(source, 1, now=AT))
    solution = solve_challenge(challenge)
    assert solution is not None
    for name, value in changed.items():
        setattr(challenge.parameters, name, value)
    return str(Payload(challenge, solution).to_base64())


def test_a_solved_challenge_proves_as_long_as_it_is_young() -> None:
    payload = solved()
    assert proven(payload, SOURCE, at=AT) == proven(payload, SOURCE, at=AT + timedelta(minutes=29)) is not None
    assert proven(payload, SOURCE, at=AT + timedelta(minutes=31)) is None
    assert proven(solved(), SOURCE, at=AT) != proven(payload, SOURCE, at=AT)


def test_it_proves_nothing_for_another_source_or_after_a_change() -> None:
    payload = solved()
    assert proven(payload, replace(SOURCE, id=UUID(int=9)), at=AT) is None
    assert proven(payload, replace(SOURCE, workspace_key=b"other"), at=AT) is None
    assert proven(solved(key_prefix=""), SOURCE, at=AT) is None
    assert proven(solved(data={"source": str(SOURCE.id), "until": 9e12}), SOURCE, at=AT) is None
    unsolved = json.loads(base64.b64decode(payload))
    unsolved["solution"] = {"counter": 0, "derivedKey": "00" * 32}
    assert proven(base64.b64encode(json.dumps(unsolved).encode()).decode(), SOURCE, at=AT) is None


@pytest.mark.parametrize(
    "payload", ["", "x", "e30=", "bnVsbA==", base64.b64encode(b"[" * 3000).decode(), "A" * 100_000, "я", "W10="]
)
def test_rubbish_proves_nothing_and_raises_nothing(payload: str) -> None:
    assert proven(payload, SOURCE, at=AT) is None


def test_a_form_without_a_proof_is_spam_unless_somebody_with_a_token_vouches() -> None:
    def reasons(draft: Draft, source: SourceView = SOURCE) -> list[str]:
        found = Found(None, "inquiry", draft)
        request = WireRequest("POST", "", "", {}, b"", AT)
        result = normalise(found, source, submission_id=UUID(int=3), revision=1, received_at=AT)
        screening = screen(request, found, result, source)
        assert screening.spam == bool(screening.reasons)
        return screening.reasons

    phone = [Raw("89990000001", "field phone")]
    assert reasons(Draft(phones=phone)) == reasons(Draft(phones=phone, proof="x")) == ["proof_of_work"]
    assert reasons(Draft(phones=phone, proof=solved())) == []
    assert reasons(Draft(phones=phone, vouched=True)) == []
    assert reasons(Draft(phones=phone), replace(SOURCE, channel="chat")) == []
    assert reasons(Draft(phones=phone), replace(SOURCE, spam=SpamSettings())) == []
