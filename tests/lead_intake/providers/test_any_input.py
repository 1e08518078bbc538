"""Whatever arrives: a reader gives inquiries or says `Unreadable`, twice the same, and all of it can be stored."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import PROVIDERS
from lead_intake.providers.base import Provider, SourceView, Unreadable, WireRequest
from lead_intake.providers.fields import _WORDS
from lead_intake.screening.rules import content_key, screen
from lead_intake.submissions.rules import same_words
from leadkit.contracts.inquiry import Inquiry

from tests.lead_intake.providers.sample import samples

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
WORDS = [word for words in _WORDS.values() for word in words.split()]
KEYS = (
    st.sampled_from([*WORDS, "utm_source", "gclid", "first_touch", "utm", "fields", "landing_url", "_ga"]) | st.text()
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["+7 999 000-00-01", "a@b.ru", "{{phone}}", "Иван", "https://a.ru/?utm_source=x&gclid=1", "2026-03-01", "1e400"]
    )
)
NODES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5))
TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
        "é;;=",
        "application/json; charset=koi8-r",
        "application/x-www-form-urlencoded; charset=base64",
    ]
)
MAIL = st.lists(
    st.sampled_from(
        [
            "From: ",
            "To: ",
            "Date: ",
            "Subject: ",
            "Message-ID: ",
            "Content-Type: ",
            "Content-Transfer-Encoding: ",
            "multipart/mixed; boundary=x",
            "text/html; charset=",
            "message/rfc822",
            "utf-8",
            "base64",
            "quoted-printable",
            "=?koi8-r?b?5qPEz9I=?=",
            "<a@b.ru>",
            "\n",
            "\n\n",
            "--x\n",
            "--x--",
            "Tue, 10 Mar 2026 12:00:00 +0300",
            "> quote",
            "Имя: Анна\nТелефон: +7 999 000-00-01\n",
            "---------- Forwarded message ---------\nFrom: c@d.ru\n\n",
            "<p>hi<br>there</p>",
            "filename*=utf-8''%ZZ",
            "; charset*=a'b",
            "References: <x@y>",
        ]
    )
    | st.text(max_size=20),
    max_size=30,
).map("".join)
BODIES = (
    st.binary(max_size=400)
    | NODES.map(lambda node: json.dumps(node).encode())
    | st.dictionaries(KEYS, st.text(), max_size=6).map(lambda fields: urlencode(fields, errors="replace").encode())
    | st.dictionaries(KEYS, NODES, max_size=6).map(lambda node: urlencode({"json": json.dumps(node)}).encode())
    | MAIL.map(lambda text: text.encode("utf-8", "replace"))
    | st.binary(max_size=100).map(
        lambda raw: b'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n' + raw + b"\r\n--x--"
    )
)


def source_of(provider: Provider) -> SourceView:
    return SourceView(UUID(int=1), UUID(int=2), provider.channels[0], provider.slug)


def read(provider: Provider, request: WireRequest, source: SourceView) -> Iterator[tuple[Normalised, Any]]:
    for found in provider.read(request, source):
        normalised = normalise(found, source, submission_id=UUID(int=3), revision=1, received_at=AT)
        yield normalised, (screen(request, found, normalised, source), content_key(normalised, source))
        closed = provider.close(provider.merge([found, found]))
        yield normalise(closed, source, submission_id=UUID(int=3), revision=1, received_at=AT), None


@given(body=BODIES, content_type=TYPES, query=st.text(max_size=30), rest=st.sampled_from(["", "/events/call", "/x"]))
def test_every_reader_gives_storable_inquiries_or_says_unreadable(
    body: bytes, content_type: str, query: str, rest: str
) -> None:
    headers = {"content-type": content_type, "authorization": query, "cookie": query}
    request = WireRequest("POST", rest, query, headers, body, AT)
    for provider in PROVIDERS:
        try_reader(provider, request, source_of(provider))


def try_reader(provider: Provider, request: WireRequest, source: SourceView) -> None:
    provider.verify(request, source)
    provider.answer(request, source, [UUID(int=4)])
    assert len(provider.mask(request, source).body) == len(request.body)
    try:
        results = list(read(provider, request, source))
    except Unreadable:
        return
    assert results == list(read(provider, request, source))
    for normalised, _ in results:
        assert_storable(normalised)


def assert_storable(normalised: Normalised) -> None:
    written = orjson.dumps(normalised.values, option=orjson.OPT_UTC_Z)
    assert b"\\u0000" not in written + orjson.dumps(normalised.lines)
    read_back = Inquiry.model_validate_json(written)
    assert read_back == normalised.inquiry
    assert same_words(orjson.loads(written), read_back.model_dump(mode="json"))


ODD: tuple[Any, ...] = (None, -1, True, [[{}]], {"0": "a"}, "\x00")


def test_a_sample_with_any_value_exchanged_is_read_or_unreadable() -> None:
    tried = 0
    for sample in samples():
        if not sample.request.body.startswith((b"{", b"[")):
            continue
        tree = json.loads(sample.request.body)
        for holder, key in list(places(tree)):
            value = holder[key]
            for odd in (ODD[tried % 6], ODD[(tried + 3) % 6]):
                holder[key] = odd
                try_reader(sample.provider, replace(sample.request, body=json.dumps(tree).encode()), sample.source)
                tried += 1
            holder[key] = value
    assert tried > 800


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Each value in a nested object, as what holds it and under which key."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield node, key
        yield from places(value)


def test_half_a_character_in_the_place_of_a_secret_is_hidden_like_any_other() -> None:
    for provider in PROVIDERS:
        field = getattr(provider, "proof_field", None) or "secret"
        body = f'{{"{field}": "\\ud800x", "phone": "89990000001"}}'.encode()
        sent = WireRequest("POST", "", "", {"content-type": "application/json"}, body, AT)
        source = SourceView(UUID(int=1), UUID(int=2), provider.channels[0], provider.slug)
        assert len(provider.mask(sent, source).body) == len(body)
