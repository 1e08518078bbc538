"""Chats: the events of one make one submission, whatever their order; our own words are none of the client's."""

from itertools import permutations
from typing import Any

import pytest
from lead_intake.providers import provider_named

from tests.lead_intake.providers.reading import found, ignored_for, inquiry, merged, request, source_of

Event = dict[str, Any]


def jivo(event: str, **fields: Any) -> Event:
    return {"event_name": event, "chat_id": 7608, "visitor": {"name": "Посетитель 2201", "number": "2201"}, **fields}


ACCEPTED = jivo("chat_accepted", session={"utm": "source=google|medium=cpc"}, page={"url": "https://e.ru/p"})
UPDATED = jivo("chat_updated", visitor={"name": "Анна", "phone": "+79990000211"})
SAID = [
    {"message": "Здравствуйте!", "timestamp": 1773230400, "type": "agent", "agent_id": "1"},
    {"message": "Сколько стоит?", "timestamp": 1773230410, "type": "visitor"},
]
FINISHED = jivo("chat_finished", chat={"messages": SAID, "rate": "positive"}, visitor={"name": "Анна"})


@pytest.mark.parametrize("events", list(permutations([ACCEPTED, UPDATED, FINISHED])))
def test_a_jivo_chat_is_told_by_all_its_events(events: tuple[Event, ...]) -> None:
    chat = merged("jivo", [*events, events[0]])
    assert chat.status == "ready"
    assert (chat.inquiry.external_id, chat.inquiry.person.full_name) == ("chat:7608", "Анна")
    assert (chat.inquiry.phones, chat.inquiry.message) == (["+79990000211"], "Сколько стоит?")
    assert chat.inquiry.attribution.last is not None
    assert (chat.inquiry.attribution.last.source, chat.inquiry.extra["rate"]) == ("google", "positive")


def test_a_jivo_chat_without_a_contact_waits_and_ends_as_an_interest() -> None:
    assert merged("jivo", [ACCEPTED]).status == "pending"
    assert merged("jivo", [ACCEPTED, FINISHED]).status == "interest"


def test_a_number_typed_into_the_chat_is_a_contact() -> None:
    typed = [*SAID, {"message": "мой номер 8 999 000 02 11", "timestamp": 1773230420, "type": "visitor"}]
    chat = merged("jivo", [jivo("chat_finished", chat={"messages": typed})])
    assert (chat.status, chat.inquiry.phones) == ("ready", ["+79990000211"])
    ours = [{**typed[-1], "type": "agent"}]
    assert merged("jivo", [jivo("chat_finished", chat={"messages": ours})]).status == "interest"


def call(status: str, kind: str = "callback", **fields: Any) -> Event:
    return jivo("call_event", call={"type": kind, "phone": "+79990000211", "status": status, **fields})


@pytest.mark.parametrize(
    ("events", "status", "result"),
    [
        ([call("start")], "pending", "missed"),
        ([call("start"), call("agent_connected"), call("client_connected"), call("end")], "ready", "answered"),
        ([call("end"), call("start")], "ready", "missed"),
        ([call("error", reason="no_answer")], "ready", "missed"),
        ([call("agent_connected", "incoming"), call("end", "incoming")], "ready", "answered"),
        ([call("end", "outgoing")], "ignored", "missed"),
    ],
)
def test_a_jivo_call_is_answered_when_both_sides_were_connected(events: list[Event], status: str, result: str) -> None:
    made = merged("jivo", events)
    assert made.inquiry.call is not None
    assert (made.status, made.inquiry.call.result) == (status, result)


def test_what_jivo_tells_beside_chats_is_ignored() -> None:
    assert ignored_for("jivo", {}) == "ping"
    assert ignored_for("jivo", {"event_name": "client_updated"}) == "event client_updated"


def avito(message_id: str, text: str = "", *, author: int = 55, at: int = 1773232200, **fields: Any) -> Event:
    value = {"id": message_id, "chat_id": "u2i-1", "user_id": 94, "author_id": author, "created": at, "type": "text"}
    value |= {"content": {"text": text}, "item_id": 43, **fields}
    return {"id": "e", "timestamp": at, "payload": {"type": "message", "value": value}}


FIRST = avito("m1", "Добрый день", at=1773232200)
OWN = avito("m2", "Слушаю, мой 8 999 000 09 99", author=94, at=1773232210)
SECOND = avito("m3", "мой номер 8 999 000 02 61", at=1773232220)


@pytest.mark.parametrize("events", list(permutations([FIRST, OWN, SECOND])))
def test_an_avito_chat_holds_the_clients_messages_in_their_order(events: tuple[Event, ...]) -> None:
    chat = merged("avito", [*events, events[0]])
    assert chat.status == "ready"
    assert chat.inquiry.message == "Добрый день\nмой номер 8 999 000 02 61"
    assert chat.inquiry.phones == ["+79990000261"]
    assert [(one.network, one.id) for one in chat.inquiry.messengers] == [("avito", "u2i-1")]
    assert chat.inquiry.occurred_at is not None
    assert chat.inquiry.occurred_at.timestamp() == 1773232200


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "ping"),
        (OWN, "own_message"),
        (avito("m", author=1), "service_message"),
        (avito("m", type="system"), "service_message"),
        (avito("m", type="deleted"), "service_message"),
        (avito("m", chat_type="a2u"), "service_message"),
        ({"id": "e", "payload": {"type": "chat_read", "value": {}}}, "event chat_read"),
    ],
)
def test_what_is_not_the_clients_message_is_ignored(event: Event, reason: str) -> None:
    assert ignored_for("avito", event) == reason


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("image", {"image": {"sizes": {}}}, "[image]"),
        ("call", {"call": {"status": "missed"}}, "[call] missed"),
        ("link", {"link": {"text": "вот", "url": "https://e.ru"}}, "[link] вот https://e.ru"),
        ("location", {"location": {"title": "Москва"}}, "[location] Москва"),
    ],
)
def test_a_message_without_words_tells_what_it_is(kind: str, content: Event, message: str) -> None:
    assert inquiry("avito", avito("m", type=kind, content=content)).message == message


def test_avito_may_try_the_address_without_the_secret() -> None:
    avito_chat, source = provider_named("avito"), source_of("avito", secret="avito-secret")
    assert avito_chat.verify(request({}), source)
    assert not avito_chat.verify(request(FIRST), source)
    assert avito_chat.verify(request(FIRST, query="key=avito-secret"), source)
    assert found("avito", request({}))[0].external_id is None
