"""The rules of activities, with plain values."""

from datetime import UTC, datetime

import pytest
from crm_core.activities.rules import answers_the_lead, call_back_subject, completed_at, is_missed_call

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["call", "email", "meeting", "note"])
def test_a_record_of_something_past_is_done_at_once(kind: str) -> None:
    assert completed_at(kind, due_at=None, told=None, at=AT) == AT
    assert completed_at(kind, due_at=LATER, told=None, at=AT) is None
    assert completed_at(kind, due_at=LATER, told=LATER, at=AT) == LATER


def test_a_task_waits_until_somebody_completes_it() -> None:
    assert completed_at("task", due_at=None, told=None, at=AT) is None


@pytest.mark.parametrize(
    ("kind", "direction", "answers"),
    [
        ("call", "outbound", True),
        ("email", "outbound", True),
        ("call", "inbound", False),
        ("call", None, False),
        ("note", "outbound", False),
        ("meeting", "outbound", False),
    ],
)
def test_a_call_or_email_of_ours_answers_the_lead(kind: str, direction: str | None, answers: bool) -> None:
    assert answers_the_lead(kind, direction) is answers


@pytest.mark.parametrize(
    ("kind", "direction", "result", "missed"),
    [
        ("call", "inbound", "missed", True),
        ("call", "inbound", "voicemail", True),
        ("call", None, "missed", True),
        ("call", "inbound", "answered", False),
        ("call", "outbound", "missed", False),
        ("email", "inbound", "missed", False),
    ],
)
def test_a_call_to_us_that_nobody_took_is_missed(kind: str, direction: str | None, result: str, missed: bool) -> None:
    assert is_missed_call(kind, direction, result) is missed


def test_the_call_back_task_speaks_the_workspaces_language() -> None:
    assert call_back_subject("ru-RU").startswith("Перезвонить")
    assert call_back_subject("de") == call_back_subject("en") == "Call back: missed call"
