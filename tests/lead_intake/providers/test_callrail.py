"""CallRail: calls with their modifications, texts and forms, signed over the raw body."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, WireRequest

from tests.lead_intake.providers.telephony import AT, done, read, sent, source, told, touch

KEY = "company-signing-key"
US, PROVIDER = source("callrail", region="US", zone="America/New_York", secret=KEY), provider_named("callrail")
CALL = {
    "id": "CAL01", "direction": "inbound", "answered": None, "customer_phone_number": "+12025550143",
    "customer_name": "SAMPLE JANE", "tracking_phone_number": "+12025550101",
    "start_time": "2026-03-10T09:27:48.119-05:00", "timestamp": "2026-03-10T09:28:00-05:00",
}  # fmt: skip
POST_CALL = {
    **CALL, "answered": True, "voicemail": False, "duration": 96, "timestamp": "2026-03-10T09:31:02-05:00",
    "utm_source": "google", "keywords": "water delivery", "agent_email": "a@example.com",
}  # fmt: skip
MODIFIED = {
    **POST_CALL, "recording": "https://rec.example.com/1", "changes": ["recording"], "lead_status": "good_lead",
    "timestamp": "2026-03-10T09:40:00-05:00",
}  # fmt: skip


def event(body: dict[str, Any], rest: str = "") -> Found:
    [found] = read(US, sent(body, rest=rest))
    return found


def signed(body: dict[str, Any], key: str = KEY) -> WireRequest:
    raw = json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha1).digest()).decode()
    return sent(body, signature=signature)


EVENTS = [event(CALL, "/pre-call"), event(CALL), event(POST_CALL, "/post-call"), event(MODIFIED, "/call-modified")]


@given(st.permutations([*EVENTS, *EVENTS]))
def test_order_and_repetition_change_nothing(events: list[Found]) -> None:
    result = done(US, *events)
    assert told(result) == ("ready", None, ["+12025550143"], ("answered", 96, None, "https://rec.example.com/1"))
    assert result.inquiry.person.full_name == "SAMPLE JANE"
    assert result.inquiry.extra["lead_status"] == "good_lead"
    assert touch(result).term == "water delivery"


def test_live_call_is_pending_and_who_nobody_answered_is_missed_or_on_the_machine() -> None:
    assert done(US, event(CALL)).status == "pending"
    missed = {**POST_CALL, "answered": False, "duration": 25}
    assert told(done(US, event(missed)))[3] == ("missed", 0, 25, None)
    machine = done(US, event({**missed, "voicemail": True, "recording": "https://rec.example.com/2"}))
    assert told(machine)[3] == ("voicemail", 0, None, "https://rec.example.com/2")
    assert machine.inquiry.extra["voicemail_seconds"] == 25


def test_outbound_calls_and_our_own_texts_are_ignored() -> None:
    assert done(US, event({**POST_CALL, "direction": "outbound"})).reason == "outbound_call"
    text = {"id": "1", "resource_id": "SMT01", "source_number": "+12025550101", "destination_number": "+12025550143"}
    assert event({**text, "content": "Hello"}, "/text-message-sent").reason == "own_message"


def test_text_of_a_client_is_an_inquiry() -> None:
    text = {"resource_id": "SMT02", "source_number": "+12025550143", "destination_number": "+12025550101",
            "content": "Do you deliver?", "timestamp": "2026-03-10T09:28:00-05:00"}  # fmt: skip
    result = done(US, event(text))
    assert (result.status, result.inquiry.phones, result.inquiry.message) == (
        "ready",
        ["+12025550143"],
        "Do you deliver?",
    )


def test_form_is_told_by_the_names_of_its_inputs() -> None:
    inputs = {"your-name": "Jane Sample", "Phone": "(202) 555-0143", "message": "Hi", "size": "L"}
    form = {"id": "FRM01", "form_data": inputs, "submitted_at": "2026-03-10T09:28:00-05:00", "source": "google"}
    result = done(US, event(form))
    assert (result.inquiry.phones, result.inquiry.message, result.inquiry.call) == (["+12025550143"], "Hi", None)
    assert (result.inquiry.person.full_name, result.inquiry.extra["size"]) == ("Jane Sample", "L")
    shapes = done(US, event({**form, "form_data": {"input_1": "(202) 555-0143", "input_2": "j@example.com"}}))
    assert (shapes.inquiry.phones, shapes.inquiry.emails) == (["+12025550143"], ["j@example.com"])
    told = {"customer_name": "Jane", "customer_phone_number": "+12025550143", "form_data": {"size": "L"}}
    assert done(US, event({**form, **told})).inquiry.phones == ["+12025550143"]


def test_legacy_form_body_says_the_same() -> None:
    fields = {"resource_id": "CAL02", "callernum": "+12025550143", "trackingnum": "+12025550101", "answered": "true",
              "callername": "SAMPLE JANE", "duration": "96", "callsource": "google_paid"}  # fmt: skip
    [found] = read(US, sent(list(fields.items()), query="duration=1"))
    assert told(done(US, found))[2:] == (["+12025550143"], ("answered", 96, None, None))


def test_signature_is_over_the_raw_body_and_ages() -> None:
    fresh = {**POST_CALL, "timestamp": (AT - timedelta(seconds=200)).isoformat()}
    assert PROVIDER.verify(signed(fresh), US)
    assert not PROVIDER.verify(replace(signed(fresh), body=signed(fresh).body + b" "), US)
    assert not PROVIDER.verify(signed(fresh, key="another"), US)
    assert not PROVIDER.verify(signed(fresh), source("callrail"))
    assert not PROVIDER.verify(signed(POST_CALL), US)
    assert PROVIDER.verify(signed(POST_CALL), source("callrail", secret=KEY, signature_tolerance_s=None))


@pytest.mark.parametrize("name", ["restricted", "anonymous", "+266696687"])
def test_hidden_callers_are_ignored(name: str) -> None:
    assert done(US, event({**POST_CALL, "customer_phone_number": name})).reason == "hidden_number"
