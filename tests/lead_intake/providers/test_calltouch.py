"""Calltouch: calls at start and end, by GET or POST; requests and chats; tests with macros."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.providers import provider_named
from lead_intake.providers.base import Found

from tests.lead_intake.providers.telephony import call, done, read, sent, source, told, touch

CALLTOUCH = source("calltouch")
CALL = {
    "id": "520", "leadtype": "call", "callerphone": "79990000121", "phonenumber": "74990000040",
    "calltime": "2026-03-11 16:40:12", "utm_source": "<не указано>", "source": "yandex", "medium": "cpc",
}  # fmt: skip


def event(**fields: Any) -> Found:
    [found] = read(CALLTOUCH, sent(list({**CALL, **fields}.items())))
    return found


STARTED = event(callphase="callconnected")
ENDED = event(callphase="callcompleted", duration="73", waitingtime="9", reclink="https://rec.example.ru/1")
LOST = event(callphase="calllost", duration="0", waitingtime="20")


@given(st.permutations([STARTED, ENDED, STARTED, ENDED]))
def test_order_and_repetition_change_nothing(events: list[Found]) -> None:
    result = done(CALLTOUCH, *events)
    assert told(result) == ("ready", None, ["+79990000121"], ("answered", 73, 9, "https://rec.example.ru/1"))
    assert (touch(result).source, touch(result).medium) == ("yandex", "cpc")


def test_start_alone_is_pending_and_a_lost_call_is_missed() -> None:
    assert done(CALLTOUCH, STARTED).status == "pending"
    assert told(done(CALLTOUCH, STARTED, LOST))[3] == ("missed", 0, 20, None)


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"status": "successful"}, "answered"),
        ({"status": "unsuccessful"}, "missed"),
        ({"status": "unsuccessful", "duration": "12"}, "answered"),
        ({"status": "successful", "duration": "0"}, "missed"),
        ({"callphase": "callcompleted"}, "answered"),
        ({}, "missed"),
    ],
)
def test_whoever_ticks_few_fields_still_gets_answered_and_missed_apart(fields: dict[str, str], result: str) -> None:
    assert call(done(CALLTOUCH, event(**fields))).result == result


def test_get_with_the_same_names_says_the_same() -> None:
    fields = "&".join(f"{name}={value}" for name, value in (*CALL.items(), ("duration", "73")))
    [found] = read(CALLTOUCH, sent(None, query=f"secret=x&{fields}".replace(" ", "+")))
    assert found == event(duration="73")


def test_call_without_an_id_is_known_by_caller_line_and_time() -> None:
    one, again, later = (
        event(id="", calltime=time) for time in ("2026-03-11 16:40", "2026-03-11 16:40", "2026-03-11 17:00")
    )
    assert one.external_id == again.external_id != later.external_id


def test_request_is_an_inquiry_of_its_own_number() -> None:
    fields = {
        "leadtype": "request",
        "requestNumber": "520",
        "fio": "Анна Примерова",
        "comment": "Цена?",
        "email": "a@example.ru",
    }
    [found] = read(CALLTOUCH, sent([*fields.items(), ("phone", "8 999 000-01-21")]))
    result = done(CALLTOUCH, found)
    assert (result.status, result.inquiry.phones, result.inquiry.call) == ("ready", ["+79990000121"], None)
    assert (result.inquiry.message, result.inquiry.person.full_name) == ("Цена?", "Анна Примерова")
    assert found.external_id == "request:520"
    [found] = read(CALLTOUCH, sent([("leadtype", "request"), ("requestNumber", "521"), ("phonenumber", "79990000121")]))
    assert done(CALLTOUCH, found).inquiry.phones == ["+79990000121"]


def test_macros_of_a_test_and_hidden_callers_are_ignored() -> None:
    assert event(callerphone="{callerphone}", id="{id}").reason == "test_macros"
    assert told(done(CALLTOUCH, event(callerphone="anonymous")))[:2] == ("ignored", "hidden_number")


def test_secret_stands_in_the_address() -> None:
    guarded, provider = source("calltouch", secret="long-secret-of-the-url"), provider_named("calltouch")
    assert provider.verify(sent([("id", "1")], query="secret=long-secret-of-the-url"), guarded)
    assert not provider.verify(sent([("id", "1")], query="secret=long-secret-of-the-urL"), guarded)
    assert "long" not in provider.mask(sent([("id", "1")], query="secret=long-secret-of-the-url"), guarded).query
