"""Calls that some system of one's own posts: told by the usual names, whatever the nesting."""

from typing import Any
from uuid import UUID

import pytest
from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers.base import SourceView

from tests.lead_intake.providers.reading import AT, found, request

SOURCE = SourceView(UUID(int=1), UUID(int=2), "call", "generic")
BASE = {"caller": "79990000101", "called": "74950000010"}


def each(body: Any) -> list[Normalised]:
    return [
        normalise(one, SOURCE, submission_id=UUID(int=3), revision=1, received_at=AT)
        for one in found("generic", request(body), SOURCE)
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**BASE, "duration": 30}, ("ready", None, "inbound", "answered", 30)),
        ({**BASE, "duration": 12, "status": "NO ANSWER"}, ("ready", None, "inbound", "missed", 0)),
        ({**BASE, "answered": True, "talk_time": "00:01:05"}, ("ready", None, "inbound", "answered", 65)),
        ({**BASE, "status": "voicemail"}, ("ready", None, "inbound", "voicemail", 0)),
        ({**BASE, "status": "normal clearing", "billsec": "7"}, ("ready", None, "inbound", "answered", 7)),
        (
            {"from": {"number": "79990000101"}, "to": {"number": "74950000010"}, "status": "busy"},
            ("ready", None, "inbound", "missed", 0),
        ),
        (
            {"Номер клиента": "8 999 000-01-01", "Линия": "74950000010", "Статус": "пропущен"},
            ("ready", None, "inbound", "missed", 0),
        ),
        (
            {
                "phone": "89990000101",
                "call": {"direction": "inbound", "result": "missed", "line_number": "74950000010"},
            },
            ("ready", None, "inbound", "missed", 0),
        ),
        ("caller=79990000101&called=74950000010&duration=5", ("ready", None, "inbound", "answered", 5)),
        (
            {"from": "74950000010", "to": "79990000101", "direction": "outgoing", "duration": 9},
            ("ignored", "outbound_call", "outbound", "answered", 9),
        ),
    ],
)
def test_a_call_is_told_by_the_usual_names_of_its_parts(body: Any, told: tuple[Any, ...]) -> None:
    [one] = each(body)
    call = one.inquiry.call
    assert call is not None
    assert (one.status, one.reason, call.direction, call.result, call.duration_seconds) == told
    assert (one.inquiry.phones, call.line_number) == (["+79990000101"], "+74950000010")


def test_who_hides_and_who_is_inside_make_no_inquiry_and_a_request_to_call_back_is_a_form() -> None:
    assert [one.reason for one in each({**BASE, "caller": "anonymous"})] == ["hidden_number"]
    assert [one.reason for one in each({"caller": "101", "called": "102", "direction": "internal"})] == [
        "internal_call"
    ]
    [form] = each({"name": "Анна", "phone": "89990000101", "status": "new"})
    assert (form.inquiry.call, form.status) == (None, "ready")


def test_several_calls_may_come_together() -> None:
    first, second = each({"calls": [{**BASE, "call_id": "1"}, {**BASE, "call_id": "2"}]})
    assert (first.inquiry.external_id, second.inquiry.external_id) == ("1", "2")
