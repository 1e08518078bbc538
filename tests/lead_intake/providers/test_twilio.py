"""Twilio: the vendor's own signature, the states of a call, and TwiML."""

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, SourceView, WireRequest

from tests.lead_intake.providers.telephony import call, done, read, sent, source, told

TWILIO, US = provider_named("twilio"), source("twilio", region="US", secret="12345")
CALL = {"CallSid": "CA1", "AccountSid": "AC1", "From": "+12025550151", "To": "+12025550110", "Direction": "inbound",
        "CallerName": "SAMPLE JANE"}  # fmt: skip


def form(**fields: str) -> WireRequest:
    return sent(list({**CALL, **fields}.items()))


def event(**fields: str) -> Found:
    [found] = read(US, form(**fields))
    return found


RINGING, TALKING = (
    event(CallStatus="ringing"),
    event(CallStatus="in-progress", Timestamp="Tue, 10 Mar 2026 14:00:00 +0000"),
)
DIALLED = event(CallStatus="in-progress", DialCallStatus="completed", DialCallDuration="85")
UNANSWERED = event(CallStatus="in-progress", DialCallStatus="no-answer", DialCallDuration="0")
COMPLETED = event(CallStatus="completed", CallDuration="100", CallbackSource="call-progress-events")
[RECORDED] = read(
    US, sent([("CallSid", "CA1"), ("RecordingSid", "RE1"), ("RecordingUrl", "https://rec.example.com/RE1")])
)


@given(st.permutations([RINGING, TALKING, UNANSWERED, DIALLED, COMPLETED, RECORDED, COMPLETED]))
def test_order_and_repetition_change_nothing_and_the_dialled_leg_decides(events: list[Found]) -> None:
    result = done(US, *events)
    assert told(result) == ("ready", None, ["+12025550151"], ("answered", 85, 15, "https://rec.example.com/RE1"))
    assert result.inquiry.person.full_name == "SAMPLE JANE"


def test_call_that_twilio_answered_but_nobody_took_is_missed() -> None:
    assert told(done(US, RINGING, UNANSWERED, COMPLETED))[3] == ("missed", 0, 100, None)
    left_word = event(
        CallStatus="in-progress", RecordingUrl="https://rec.example.com/RE2", RecordingDuration="20", Digits="hangup"
    )
    assert told(done(US, UNANSWERED, left_word, COMPLETED))[3] == ("voicemail", 0, 100, "https://rec.example.com/RE2")
    assert told(done(US, left_word, COMPLETED))[3][0] == "voicemail"
    for status in ("busy", "failed", "no-answer", "canceled"):
        assert told(done(US, event(CallStatus=status, CallDuration="0")))[3] == ("missed", 0, None, None)


def test_final_status_alone_counts_as_far_as_it_goes() -> None:
    assert told(done(US, COMPLETED))[3] == ("answered", 100, None, None)
    assert done(US, RINGING).status == "pending"
    assert TWILIO.close(TWILIO.merge([RINGING])).disposition == "inquiry"
    assert TWILIO.close(TWILIO.merge([RECORDED])).reason == "incomplete_call"


def test_a_text_that_comes_to_the_number_is_an_inquiry_and_what_becomes_of_ours_is_not() -> None:
    pairs = [("MessageSid", "SM1"), ("From", "+12025550151"), ("To", "+12025550110"), ("Body", "Call me")]
    [text] = read(US, sent(pairs))
    result = done(US, text)
    assert (result.status, result.inquiry.phones, result.inquiry.message) == ("ready", ["+12025550151"], "Call me")
    assert result.inquiry.external_id == "SM1"
    [status] = read(US, sent([("MessageSid", "SM2"), ("MessageStatus", "delivered"), ("To", "+12025550151")]))
    assert (status.disposition, status.reason) == ("ignored", "own_message")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"Direction": "outbound-api", "CallStatus": "completed", "CallDuration": "9"}, "outbound_call"),
        ({"ParentCallSid": "CA0", "Direction": "outbound-dial", "CallStatus": "completed"}, "leg_of_a_call"),
        ({"From": "+266696687", "CallStatus": "no-answer"}, "hidden_number"),
        ({"From": "anonymous", "CallStatus": "no-answer"}, "hidden_number"),
    ],
)
def test_what_is_no_inquiry_is_ignored_with_the_reason(fields: dict[str, str], reason: str) -> None:
    assert told(done(US, event(**fields)))[:2] == ("ignored", reason)


def test_outbound_call_names_the_person_who_was_called() -> None:
    result = done(
        US,
        event(
            Direction="outbound-api", CallStatus="completed", CallDuration="9", From="+12025550110", To="+12025550151"
        ),
    )
    assert (result.inquiry.phones, call(result).line_number) == (["+12025550151"], "+12025550110")


def test_callers_by_sip_and_browser_are_reached_there() -> None:
    for caller, network in (("sip:jane@example.com", "sip"), ("client:jane", "twilio_client")):
        [messenger] = done(US, event(From=caller, CallStatus="no-answer")).inquiry.messengers
        assert messenger.network == network
    assert done(US, event(From="sip:+12025550151@pbx.example.com", CallStatus="busy")).inquiry.phones == [
        "+12025550151"
    ]


def signed(
    url: str, body: bytes = b"", *, token: str = "12345", query: str = "", kind: str = "", **headers: str
) -> WireRequest:
    """A request signed over an address; the parameters are those the test puts into it."""
    signature = base64.b64encode(hmac.new(token.encode(), url.encode(), hashlib.sha1).digest()).decode()
    kinds = {"content-type": kind} if kind else {}
    return WireRequest(
        "POST", "", query, {"x-twilio-signature": signature, **kinds, **headers}, body, sent(None).received_at
    )


def test_the_vendors_vector_verifies_and_nothing_near_it() -> None:
    pairs = [("CallSid", "CA1234567890ABCDE"), ("To", "+18005551212"), ("Caller", "+14158675309"), ("Digits", "1234"),
             ("From", "+14158675309")]  # fmt: skip
    request = sent(pairs, **{"x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="})
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert TWILIO.verify(request, source("twilio", secret="12345", public_url=url))
    assert TWILIO.verify(request, source("twilio", secret="12345", public_url=["https://other.example.com/", url]))
    assert not TWILIO.verify(request, source("twilio", secret="12345", public_url=url[:-1]))
    assert not TWILIO.verify(request, source("twilio", secret="12346", public_url=url))
    assert not TWILIO.verify(request, source("twilio", public_url=url))
    assert not TWILIO.verify(
        replace(request, body=request.body + b"&X=1"), source("twilio", secret="12345", public_url=url)
    )


def test_repeated_and_empty_parameters_take_part_sorted_and_once() -> None:
    url = "https://leads.example.com/x"
    body = b"b=2&b=1&b=2&a=&%D1%8F=%D1%8E"
    request = signed(f"{url}ab1b2яю", body, kind="application/x-www-form-urlencoded; charset=UTF-8")
    assert TWILIO.verify(request, source("twilio", secret="12345", public_url=url))


@pytest.mark.parametrize("registered", ["https://leads.example.com/x", "https://leads.example.com:443/x"])
@pytest.mark.parametrize("as_signed", ["https://leads.example.com/x", "https://leads.example.com:443/x"])
def test_the_port_may_or_may_not_be_signed(registered: str, as_signed: str) -> None:
    assert TWILIO.verify(signed(as_signed), source("twilio", secret="12345", public_url=registered))


def test_without_public_url_the_address_it_came_to_counts() -> None:
    view = source("twilio", secret="12345")
    for host in ({"host": "leads.example.com"}, {"host": "10.0.0.1", "x-forwarded-host": "leads.example.com"}):
        request = signed("https://leads.example.com/in/k3y?a=1", query="a=1")
        assert TWILIO.verify(replace(request, headers={**request.headers, **host}), view)
    assert not TWILIO.verify(signed("https://leads.example.com/in/other", host="leads.example.com"), view)


def test_body_that_is_no_form_is_bound_by_its_hash() -> None:
    body, url = b'{"CallSid": "CA1"}', "https://leads.example.com/x"
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    request = signed(f"{url}?{query}", body, query=query, kind="application/json")
    view = source("twilio", secret="12345", public_url=url)
    assert TWILIO.verify(request, view)
    assert not TWILIO.verify(replace(request, body=body + b" "), view)
    assert not TWILIO.verify(signed(url, body, kind="application/json"), view)


def answered(view: SourceView, request: WireRequest) -> tuple[Any, str]:
    answer = TWILIO.answer(request, view, [])
    return answer.headers["content-type"], answer.body.decode()


def test_incoming_call_is_put_through_and_its_end_asked_for() -> None:
    view = source("twilio", forward_to="+12025550100")
    assert answered(view, form(CallStatus="ringing")) == (
        "text/xml", '<Response><Dial action="/in/k3y">+12025550100</Dial></Response>'
    )  # fmt: skip
    assert answered(view, form(CallStatus="in-progress", DialCallStatus="completed"))[1] == "<Response/>"
    assert answered(US, form(CallStatus="ringing"))[1] == "<Response/>"
    public = source("twilio", forward_to="sip:a@pbx.example.com", public_url="https://leads.example.com/x?a=1&b=2")
    assert answered(public, form(CallStatus="ringing"))[1] == (
        '<Response><Dial action="https://leads.example.com/x?a=1&amp;b=2"><Sip>sip:a@pbx.example.com</Sip></Dial></Response>'
    )


def test_call_may_be_told_by_get() -> None:
    [found] = read(US, sent(None, query=urlencode({**CALL, "CallStatus": "busy"})))
    assert told(done(US, found))[:3] == ("ready", None, ["+12025550151"])
