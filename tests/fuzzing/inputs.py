"""What the fuzzer's bytes stand for: a request, or the parts of a draft; and the samples as such bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from lead_intake.providers.base import CallDraft, ConsentDraft, Draft, Found, Provider, Raw, SourceView, WireRequest

from tests.lead_intake.providers.sample import Sample, samples

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
SAMPLES = samples()
KINDS = tuple(
    dict.fromkeys(
        [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain; charset=koi8-r",
            "message/rfc822",
            "",
            "é;;=",
            *[sample.request.headers.get("content-type", "") for sample in SAMPLES],
        ]
    )
)
RESTS = tuple(dict.fromkeys(["", "/x", *[sample.request.rest for sample in SAMPLES]]))
LONGEST = 256 * 1024
"""Of a body that is made long by repeating its middle."""

SEPARATOR = "\x1f"


def request_in(data: bytes) -> WireRequest:
    """Four bytes tell content type, path, length of the query and how often the body's middle third is repeated."""
    kind, rest, length, times = (data[:4] + bytes(4))[:4]
    query, body = data[4 : 4 + length].decode("latin-1"), data[4 + length :]
    third = len(body) // 3
    if times > 240 and third:
        again = min(4 ** (times - 240), LONGEST // third)
        body = body[:third] + body[third : 2 * third] * again + body[2 * third :]
    headers = {"content-type": KINDS[kind % len(KINDS)], "authorization": query, "cookie": query}
    return WireRequest("POST", RESTS[rest % len(RESTS)], query, headers, body, AT)


def bytes_of(sample: Sample) -> bytes:
    """The sample's request as the fuzzer holds it."""
    request = sample.request
    query = request.query.encode()[:255]
    kind = KINDS.index(request.headers.get("content-type", ""))
    return bytes([kind, RESTS.index(request.rest), len(query), 0]) + query + request.body


def sources_of(provider: Provider) -> list[SourceView]:
    """A source without settings, and those that the provider's samples are sent to."""
    plain = SourceView(UUID(int=1), UUID(int=2), provider.channels[0], provider.slug)
    return [plain, *[sample.source for sample in SAMPLES if sample.provider is provider]][:3]


def seeds_of(provider: Provider) -> Iterator[bytes]:
    """The provider's own samples; where it has none, all."""
    own = [sample for sample in SAMPLES if sample.provider is provider]
    yield from map(bytes_of, own or SAMPLES)


def found_in(data: bytes) -> Found:
    """An inquiry whose every text is the fuzzer's, parted by U+001F."""
    parts = iter([*data.decode("utf-8", "replace").split(SEPARATOR), *[""] * 40])
    draft = Draft(
        full_name=next(parts), first_name=next(parts), middle_name=next(parts), last_name=next(parts),
        phones=[Raw(next(parts), "field phone"), Raw(next(parts), "text")],
        emails=[Raw(next(parts), "field email"), Raw(next(parts), "text")],
        company=next(parts), position=next(parts), subject=next(parts), message=next(parts), product=next(parts),
        region=next(parts), language=next(parts), budget=next(parts), budget_currency=next(parts),
        touch={"landing_url": next(parts), "referrer_url": next(parts), "utm_source": next(parts), "_ga": next(parts),
               next(parts): next(parts)},
        first_touch={"landing_url": next(parts), "utm_medium": next(parts), "at": next(parts)},
        messengers=[(next(parts), next(parts)), ("telegram", next(parts))],
        call=CallDraft("inbound", "missed", line_number=next(parts), recording_url=next(parts), operator=next(parts)),
        consent=ConsentDraft(True, purpose=next(parts), text=next(parts)),
        extra={next(parts): next(parts)}, in_reply_to=next(parts), references=[next(parts)],
    )  # fmt: skip
    return Found(next(parts) or None, "inquiry", draft)
