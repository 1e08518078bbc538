"""The rules of activities, with plain values."""

from datetime import UTC, datetime

import pytest
from crm_core.activities.rules import (
    answers_the_lead,
    call_back_subject,
    came_by_itself,
    completed_at,
    is_missed_call,
    may_take_back,
)

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
        ("note", "outbound", True),
        ("note", None, False),
        ("meeting", "outbound", False),
    ],
)
def test_a_contact_of_ours_answers_the_lead(kind: str, direction: str | None, answers: bool) -> None:
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


@pytest.mark.parametrize(
    ("kind", "by", "from_inquiry", "kept"),
    [("call", "user:1", False, False), ("call", "token:1", False, True), ("task", "token:1", False, False),
     ("note", "user:1", True, True)],
)  # fmt: skip
def test_what_came_by_itself_is_no_note_of_staff(kind: str, by: str, from_inquiry: bool, kept: bool) -> None:
    assert came_by_itself(kind, by, from_inquiry=from_inquiry) is kept


@pytest.mark.parametrize(
    ("kind", "done", "mine", "may"),
    [
        ("task", False, True, True),
        ("task", True, True, False),
        ("note", True, True, True),
        ("task", False, False, False),
    ],
)
def test_a_manager_takes_back_what_is_planned_and_own_notes(kind: str, done: bool, mine: bool, may: bool) -> None:
    assert may_take_back(kind, done=done, mine=mine) is may
