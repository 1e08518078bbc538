"""Large and malicious bodies cost time in proportion to their size: nothing holds the door up."""

import json
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from lead_intake.normalising.pipeline import normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView, Unreadable, WireRequest
from lead_intake.screening.rules import screen

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
HEAD = b"From: a@b.ru\r\nSubject: x\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
FORM = "application/x-www-form-urlencoded"
SECONDS_OF_WORK = 4.0
"""A quadratic way takes minutes for these bodies, also on a fast machine; a linear one less than half a second."""


def _typeform(count: int, text: str = "a") -> bytes:
    """A response with so many questions and answers."""
    fields = [{"id": str(number), "title": f"Question {number}"} for number in range(count)]
    answers = [{"type": "text", "text": text, "field": {"id": str(number)}} for number in range(count)]
    return json.dumps({"form_response": {"definition": {"fields": fields}, "answers": answers}}).encode()


HOSTILE = {
    "long texts": ("generic", "", json.dumps({"name": "Ab " * 300_000, "message": "я" * 300_000}).encode()),
    "long contacts": ("generic", "", json.dumps({"phone": "8 " * 300_000, "email": "a@" * 300_000}).encode()),
    "many fields": ("generic", "", json.dumps({f"k{number}": "v" for number in range(100_000)}).encode()),
    "many phones": ("generic", "", json.dumps({"phones": [f"8999{number:07}" for number in range(100_000)]}).encode()),
    "brackets": ("generic", FORM, b"a" + b"[a]" * 300_000 + b"=1"),
    "deep objects": ("generic", "", b'{"a":' * 900 + b"1" + b"}" * 900),
    "cookies": ("tilda", FORM, b"COOKIES=" + b"a%3D1%3B+" * 100_000 + b"&Phone=89990000001"),
    "many answers": ("typeform", "", _typeform(20_000)),
    "long answers": ("typeform", "", _typeform(5_000, "text " * 300)),
    "many custom fields": ("amocrm", "", json.dumps([{"_embedded": {"leads": [{
        "custom_fields_values": [{"field_name": "a", "values": [{"value": "b"}] * 9}] * 9000}]}}]).encode()),
    "many announced leads": ("meta", "", json.dumps(
        {"object": "page", "entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "1"}}] * 20_000}]}
    ).encode()),
    "digits in a chat": ("avito", "", json.dumps({"payload": {"type": "message", "value": {
        "id": "m", "chat_id": "c", "content": {"text": "8 999-" * 200_000}}}}).encode()),
    "many messages": ("jivo", "", json.dumps({"event_name": "chat_finished", "chat_id": 1, "chat": {"messages": [
        {"type": "visitor", "message": "8 999 000 00 01"}] * 50_000}}).encode()),
    "comments": ("bitrix24", "", json.dumps({"fields": {"COMMENTS": "<div>a<br>" * 100_000}}).encode()),
    "long address": ("generic", "", json.dumps({"page_url": "https://a.ru/?" + "utm_x=1&" * 100_000}).encode()),
    "digits in a mail": ("email", "", HEAD + b"\r\n" + b"8 999-" * 200_000),
    "at signs in a mail": ("email", "", HEAD + b"\r\n" + b"@" * 1_000_000),
    "labels in a mail": ("email", "", HEAD + b"\r\n" + b"a: b\n" * 200_000),
    "nested html": ("email", "", HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>a<br>" * 100_000),
    "nested tables": ("email", "", HEAD + b"Content-Type: text/html\r\n\r\n" + b"<table><tr><td>a" * 60_000),
    "open comments": ("email", "", HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 200_000),
    "parts without end": ("email", "", HEAD + MIXED + b"--b\r\n\r\nx\r\n" * 100_000),
    "nested parts": (
        "email", "", HEAD + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (number, number) for number in range(2000)
        ),
    ),
    "encoded words": ("email", "", b"From: a@b\r\nSubject: " + b"=?utf-8?b?0J8=?= " * 15_000 + b"\r\n\r\nx"),
    "parameters": ("email", "", HEAD + b"Content-Type: text/plain" + b"; a*0*=b" * 30_000 + b"\r\n\r\nx"),
    "headers without end": ("email", "", b"X: y\r\n" * 200_000 + b"\r\nx"),
    "uuencoded without end": ("email", "", HEAD + b"\r\n" + b"begin 644 x\n" * 100_000),
    "quotes in html": ("email", "", HEAD + HTML + b"<blockquote>a</blockquote>" * 30_000),
    "attached messages": ("email", "", HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 2000 + b"x"),
    "fields of a mail service": ("mailgun", FORM, b"from=a%40b.ru&body-plain=" + b"%D0%B0+8+999+" * 100_000),
    "headers of a mail service": ("mailgun", FORM, b"message-headers=[" + b'["X","x"],' * 50_000 + b'["a","b"]]'),
    "parts of a mail service": ("sendgrid", "multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n" * 100_000),
    "brackets in a header": ("email", "", b"From: " + b"(" * 200_000 + b"\r\n\r\nx"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_body_is_read_or_refused_in_a_moment(name: str) -> None:
    slug, kind, body = HOSTILE[name]
    provider, source = provider_named(slug), SourceView(UUID(int=1), UUID(int=2), "form", slug)
    request = WireRequest("POST", "", "", {"content-type": kind or "application/json"}, body, AT)
    began = time.process_time()
    try:
        for found in provider.read(request, source):
            result = normalise(found, source, submission_id=UUID(int=3), revision=1, received_at=AT)
            screen(request, found, result, source)
    except Unreadable:
        pass
    assert time.process_time() - began < SECONDS_OF_WORK
