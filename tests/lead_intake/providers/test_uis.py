"""UIS, CoMagic and Novofon: notices of any shape, told by their names, make one call."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found, Unreadable

from tests.lead_intake.providers.telephony import call, done, read, sent, source, told, touch

UIS = source("uis")
CALLER = {"contact_info": {"contact_phone_number": "79990000111", "contact_full_name": None}}
INCOMING = {
    "notification_name": "Входящий звонок", "notification_time": "2026-03-11 14:05:11.250", "call_session_id": 318,
    "virtual_phone_number": "74950000030", "direction": "in", **CALLER,
}  # fmt: skip
TALK = {"call_session_id": "318", "talk_time_duration": 98, "total_time_duration": 120, "direction": "in",
        "tag_names": ["VIP"]}  # fmt: skip
FINISHED = {
    "notification_name": "Завершённый звонок", "notification_time": "2026-03-11 14:07:42", **CALLER,
    "virtual_phone_number": "74950000030", "employee_info": {"employee_full_name": "Ольга Образцова"},
    "call_info": TALK,
}  # fmt: skip
RECORDED = {
    "notification_name": "Запись разговора", "notification_time": "2026-03-11 14:12:00", "call_session_id": 318,
    "call_record_file_info": {"file_link": "https://app.example.ru/rec/318.mp3", "call_record_duration": 98},
}  # fmt: skip
LOST = {
    **INCOMING,
    "notification_name": "Потерянный звонок",
    "notification_time": "2026-03-11 14:05:42",
    "wait_time_duration": 31,
}


def event(body: dict[str, Any]) -> Found:
    [found] = read(UIS, sent(body))
    return found


EVENTS = [event(body) for body in (INCOMING, LOST, FINISHED, RECORDED)]


@given(st.permutations([*EVENTS, *EVENTS]))
def test_order_and_repetition_of_notices_change_nothing(events: list[Found]) -> None:
    result = done(UIS, *events)
    assert told(result) == ("ready", None, ["+79990000111"], ("answered", 98, 22, "https://app.example.ru/rec/318.mp3"))
    assert result.inquiry.occurred_at == datetime(2026, 3, 11, 11, 5, 11, 250000, tzinfo=UTC)
    assert call(result).operator == "Ольга Образцова"
    assert result.inquiry.external_id == "318"


def test_call_that_rings_is_pending_and_a_lost_one_is_missed() -> None:
    assert done(UIS, event(INCOMING)).status == "pending"
    assert told(done(UIS, event(INCOMING), event(LOST)))[3] == ("missed", 0, 31, None)
    assert told(done(UIS, event(LOST), event(RECORDED)))[3][0] == "voicemail"
    closed = provider_named("uis").close(provider_named("uis").merge([event(INCOMING)]))
    assert (closed.disposition, call(closed).result) == ("inquiry", "missed")
    assert provider_named("uis").close(provider_named("uis").merge([event(RECORDED)])).reason == "incomplete_call"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"direction": "out", "call_info": {**TALK, "direction": "out"}}, "outbound_call"),
        ({"contact_info": {"contact_phone_number": "anonymous"}}, "hidden_number"),
        ({"contact_info": {"contact_phone_number": None}}, "hidden_number"),
        ({"contact_info": {"contact_phone_number": "104"}}, "hidden_number"),
        ({"contact_info": {"contact_phone_number": "{{contact_phone_number}}"}}, "test_notice"),
    ],
)
def test_what_is_no_inquiry_is_ignored_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    assert told(done(UIS, event({**FINISHED, **changes})))[:2] == ("ignored", reason)


def test_template_that_was_not_filled_in_is_a_test_and_rubbish_is_unreadable() -> None:
    [found] = read(UIS, sent('{"call_session_id": {{call_session_id}}}', kind="application/json"))
    assert found.reason == "test_notice"
    for rubbish in ("{", "[]", '{"a": 1}'):
        with pytest.raises(Unreadable):
            read(UIS, sent(rubbish, kind="application/json"))


def test_notice_may_come_by_get_or_as_a_form() -> None:
    pairs = [
        ("call_session_id", "9007199254740993"),
        ("contact_phone_number", "79990000111"),
        ("talk_time_duration", "5"),
    ]
    by_get = sent(None, query="&".join(f"{name}={value}" for name, value in pairs))
    for request in (by_get, sent(pairs)):
        [found] = read(UIS, request)
        assert told(done(UIS, found))[:3] == ("ready", None, ["+79990000111"])
        assert found.external_id == "9007199254740993"


def test_request_from_the_site_is_an_inquiry_without_a_call() -> None:
    request = {
        "notification_name": "Заявка",
        "contact_email": "a@example.ru",
        "message": "Перезвоните",
        "utm_source": "vk",
    }
    result = done(UIS, event(request))
    assert (result.status, result.inquiry.emails, result.inquiry.call) == ("ready", ["a@example.ru"], None)
    assert touch(result).source == "vk"


def test_secret_counts_at_any_depth() -> None:
    guarded, provider = source("uis", secret="constant-of-the-template"), provider_named("uis")
    assert provider.verify(sent({"auth": {"integration_key": "constant-of-the-template"}}), guarded)
    assert provider.verify(sent({"a": 1}, query="secret=constant-of-the-template"), guarded)
    assert not provider.verify(sent({"auth": {"integration_key": "constant-of-the-templatE"}}), guarded)
    masked = provider.mask(sent({"auth": {"integration_key": "constant-of-the-template"}}), guarded)
    assert b"constant" not in masked.body
