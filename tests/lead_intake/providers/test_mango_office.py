"""Notices of one call, in any order and any number, make one submission."""

import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, SourceView, Unreadable, WireRequest

MANGO = provider_named("mango_office")
KEY, SALT = "0f1e2d3c4b5a6978", "salt-of-the-test"
SOURCE = SourceView(
    UUID(int=1), UUID(int=2), "call", "mango_office", secrets={"vpbx_api_key": KEY, "vpbx_api_salt": SALT}
)
AT = datetime(2026, 3, 10, 8, 16, tzinfo=UTC)
BEGAN = 1773130502
ENTRY = "MTkyODM3"


def request(rest: str, event: dict[str, Any], *, key: str = KEY, sign: str | None = None) -> WireRequest:
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    signed = hashlib.sha256(f"{key}{text}{SALT}".encode()).hexdigest()
    body = urlencode({"vpbx_api_key": key, "sign": sign or signed, "json": text}).encode()
    return WireRequest("POST", rest, "", {"content-type": "application/x-www-form-urlencoded"}, body, AT)


def read(rest: str, event: dict[str, Any]) -> Found:
    [found] = MANGO.read(request(rest, event), SOURCE)
    return found


def done(found: Found) -> Normalised:
    return normalise(found, SOURCE, submission_id=UUID(int=3), revision=1, received_at=AT)


def summary(**changes: Any) -> Found:
    event = {
        "entry_id": ENTRY, "call_direction": 1, "from": {"number": "79990000101"},
        "to": {"extension": "101", "number": "sip:sales@example.mangosip.ru"}, "line_number": "74950000010",
        "create_time": BEGAN, "forward_time": BEGAN, "talk_time": BEGAN + 10, "end_time": BEGAN + 70, "entry_result": 1,
        "disconnect_reason": 1110,
    }  # fmt: skip
    return read("/events/summary", {**event, **changes})


def leg(state: str, seq: int, **changes: Any) -> Found:
    event = {
        "entry_id": ENTRY, "call_id": "leg-1", "timestamp": BEGAN + seq, "seq": seq, "call_state": state,
        "location": "abonent", "from": {"number": "79990000101"},
        "to": {"extension": "101", "number": "sip:sales@example.mangosip.ru", "line_number": "74950000010"},
    }  # fmt: skip
    return read("/events/call", {**event, **changes})


def recording(number: int = 1) -> Found:
    event = {"recording_id": f"rec-{number}", "recording_state": "Completed", "seq": 2, "entry_id": ENTRY,
             "timestamp": BEGAN + 70 + number, "completion_code": 1000, "recipient": "Cloud"}  # fmt: skip
    return read("/events/recording", event)


def added() -> Found:
    return read(
        "/events/record/added", {"entry_id": ENTRY, "user_id": -1, "timestamp": BEGAN + 90, "recording_id": "rec-1"}
    )


def pressed(key: str, seq: int) -> Found:
    return read(
        "/events/dtmf", {"entry_id": ENTRY, "call_id": "leg-1", "seq": seq, "dtmf": key, "timestamp": BEGAN + seq}
    )


EVENTS = [
    leg("Appeared", 1),
    pressed("2", 2),
    leg("Connected", 3),
    leg("Disconnected", 4),
    summary(),
    recording(),
    added(),
]


def test_all_events_of_a_call_in_any_order_give_the_same_submission() -> None:
    expected = MANGO.merge(EVENTS)
    assert (expected.disposition, expected.draft.extra) == ("inquiry", {"dtmf": "2", "recording_id": "rec-1"})
    assert MANGO.merge([*EVENTS, *EVENTS]) == expected
    for order in itertools.permutations(EVENTS[2:]):
        assert MANGO.merge([*order, *EVENTS[:2]]) == expected


@given(st.lists(st.sampled_from(EVENTS), min_size=1, max_size=12), st.randoms())
def test_order_and_repetition_of_events_change_nothing(events: list[Found], random: Any) -> None:
    shuffled = [*events, *random.sample(events, len(events) // 2)]
    random.shuffle(shuffled)
    assert MANGO.merge(shuffled) == MANGO.merge(events)


def test_call_in_progress_is_pending_and_becomes_an_inquiry_with_the_summary() -> None:
    ringing = MANGO.merge([leg("Appeared", 1)])
    assert done(ringing).status == "pending"
    assert done(MANGO.merge([leg("Appeared", 1), summary()])).status == "ready"


def test_recording_before_the_summary_waits_and_is_then_attached() -> None:
    assert MANGO.merge([recording()]).disposition == "pending"
    merged = done(MANGO.merge([recording(), summary()]))
    assert merged.status == "ready"
    assert merged.inquiry.extra == {"recording_id": "rec-1"}


def test_several_recordings_are_all_kept() -> None:
    merged = MANGO.merge([summary(), recording(2), recording(1)])
    assert merged.draft.extra == {"recording_ids": ["rec-1", "rec-2"], "recording_id": "rec-2"}


def test_missed_call_with_a_recording_is_voicemail() -> None:
    merged = MANGO.merge([recording(), summary(talk_time=0, end_time=BEGAN + 40)])
    assert merged.draft.call is not None
    assert (merged.draft.call.result, merged.draft.call.wait_seconds) == ("voicemail", 40)


def test_open_call_is_closed_as_missed_or_as_answered_when_a_leg_was_connected() -> None:
    for events, result in (([leg("Appeared", 1)], "missed"), ([leg("Appeared", 1), leg("Connected", 2)], "answered")):
        closed = MANGO.close(MANGO.merge(events))
        assert closed.draft.call is not None
        assert (closed.disposition, closed.draft.call.result) == ("inquiry", result)
    assert MANGO.close(MANGO.merge([recording()])).reason == "incomplete_call"
    outbound = leg(
        "Appeared", 1, **{"from": {"extension": "101", "number": "sip:a@b"}, "to": {"number": "79990000101"}}
    )
    assert MANGO.close(MANGO.merge([outbound])).reason == "outbound_call"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"call_direction": 2, "from": {"extension": "101"}, "to": {"number": "79990000104"}}, "outbound_call"),
        ({"call_direction": 0, "from": {"extension": "101"}, "to": {"extension": "102"}}, "internal_call"),
        ({"from": {}}, "hidden_number"),
        ({"from": {"number": "anonymous"}}, "hidden_number"),
        ({"disconnect_reason": 1151}, "blacklisted_caller"),
    ],
)
def test_calls_that_are_no_inquiry_are_ignored_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    ignored = done(summary(**changes))
    assert (ignored.status, ignored.reason) == ("ignored", reason)


def test_outbound_call_keeps_its_facts_to_be_told_as_a_call() -> None:
    told = done(summary(call_direction=2, **{"from": {"extension": "101"}, "to": {"number": "79990000104"}})).inquiry
    assert told.phones == ["+79990000104"]
    assert told.call is not None
    assert (told.call.direction, told.call.operator) == ("outbound", "101")


def test_success_without_talk_time_is_a_missed_call() -> None:
    call = summary(talk_time=0, entry_result=1, end_time=BEGAN + 5).draft.call
    assert call is not None
    assert (call.result, call.duration_seconds) == ("missed", 0)


def test_numbers_may_be_quoted() -> None:
    quoted = summary(call_direction="1", create_time=str(BEGAN), talk_time=str(BEGAN + 10), end_time=str(BEGAN + 70))
    assert quoted == summary()


def test_caller_with_a_sip_address_can_be_reached_by_it() -> None:
    inquiry = done(summary(**{"from": {"number": "sip:client@example.org"}})).inquiry
    assert [(one.network, one.id) for one in inquiry.messengers] == [("sip", "client@example.org")]
    assert inquiry.phones == []


def test_event_is_told_by_its_fields_when_all_come_to_one_address() -> None:
    event = {"entry_id": ENTRY, "call_direction": 1, "from": {"number": "79990000101"}, "create_time": BEGAN}
    assert read("", event).disposition == "inquiry"
    assert read("", {"entry_id": ENTRY, "call_state": "Appeared", "timestamp": BEGAN}).disposition == "pending"
    assert read("", {"entry_id": ENTRY, "recording_id": "r", "timestamp": BEGAN}).disposition == "update"


def test_test_of_the_connection_needs_no_sign_and_is_ignored() -> None:
    ping = WireRequest("POST", "/ping", "", {}, b"", AT)
    assert MANGO.verify(ping, SOURCE)
    [found] = MANGO.read(ping, SOURCE)
    assert (found.disposition, found.reason) == ("ignored", "ping")
    assert read("/events/sms", {"command_id": "x"}).reason == "sms_status"


def test_sign_is_over_the_text_as_decoded_and_with_our_key() -> None:
    event = {"entry_id": ENTRY, "note": "Имя с пробелом + плюсом"}
    assert MANGO.verify(request("/events/summary", event), SOURCE)
    assert not MANGO.verify(request("/events/summary", event, sign="0" * 64), SOURCE)
    assert not MANGO.verify(request("/events/summary", event, key="another-key"), SOURCE)
    without = SourceView(UUID(int=1), UUID(int=2), "call", "mango_office")
    assert not MANGO.verify(request("/events/summary", event), without)


def test_clock_three_hours_off_is_a_warning() -> None:
    event = {"entry_id": ENTRY, "call_direction": 1, "from": {"number": "79990000101"}, "create_time": BEGAN}
    ended = int((AT - timedelta(hours=3)).timestamp())
    assert read("/events/summary", {**event, "end_time": ended}).draft.warnings != []
    assert read("/events/summary", {**event, "end_time": ended + 3600}).draft.warnings == []


@pytest.mark.parametrize("text", ["{", "[]", '"x"', '{"call_direction": 1, "create_time": 1}'])
def test_signed_rubbish_is_unreadable(text: str) -> None:
    body = urlencode({"vpbx_api_key": KEY, "json": text}).encode()
    with pytest.raises(Unreadable):
        MANGO.read(WireRequest("POST", "/events/summary", "", {}, body, AT), SOURCE)


def test_only_the_status_is_answered() -> None:
    answer = MANGO.answer(request("/events/summary", {}), SOURCE, [UUID(int=9)])
    assert (answer.status, answer.body) == (200, b"")
