"""Mail services that post messages: as parts or whole, signed or with a word in the address."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView, Unreadable, WireRequest
from lead_intake.providers.sendgrid import SIGNATURE, TIMESTAMP
from lead_intake.providers.ses_sns import is_amazon
from lead_intake.receiving.certificates import Certificates
from leadkit.problems import Unavailable

AT = datetime(2026, 3, 11, 9, 1, tzinfo=UTC)
STAMP = str(int(AT.timestamp()) - 30)
RAW = (
    "From: =?utf-8?b?0JDQvdC90LA=?= <anna@example.org>\r\nTo: leads@example.ru\r\nDate: Wed, 11 Mar 2026 12:00:00 +0300"
    "\r\nMessage-ID: <raw-1@example.org>\r\nContent-Type: text/plain; charset={charset}\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nНужно окно, 8 999 000-00-01\r\n"
)
FORM, JSON = {"content-type": "application/x-www-form-urlencoded"}, {"content-type": "application/json"}


def source(slug: str, settings: dict[str, Any] | None = None, **secrets: str) -> SourceView:
    model = provider_named(slug).settings_model
    return SourceView(UUID(int=1), UUID(int=2), "email", slug, model(**settings or {}), secrets)


def request(body: bytes, headers: dict[str, str], query: str = "") -> WireRequest:
    return WireRequest("POST", "", query, headers, body, AT)


def read(slug: str, told: WireRequest) -> Normalised:
    [found] = provider_named(slug).read(told, source(slug))
    return normalise(found, source(slug), submission_id=UUID(int=3), revision=1, received_at=AT)


def verified(slug: str, told: WireRequest, of: SourceView) -> bool:
    return provider_named(slug).verify(told, of)


def multipart(*parts: tuple[str, bytes]) -> WireRequest:
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b"\r\n\r\n" + content + b"\r\n"
        for name, content in parts
    )
    return request(body + b"--x--\r\n", {"content-type": "multipart/form-data; boundary=x"})


def mailgun(key: str = "k", stamp: str = STAMP, **fields: str) -> WireRequest:
    signature = hmac.new(key.encode(), f"{stamp}t1".encode(), hashlib.sha256).hexdigest()
    return request(urlencode({**fields, "timestamp": stamp, "token": "t1", "signature": signature}).encode(), FORM)


def test_mailgun_is_signed_with_the_key_of_the_source_and_lately() -> None:
    of = source("mailgun", secret="k")
    assert verified("mailgun", mailgun(), of)
    assert not verified("mailgun", mailgun(key="other"), of)
    assert not verified("mailgun", mailgun(stamp=str(int(STAMP) - 600)), of)
    assert verified("mailgun", mailgun(stamp="1"), source("mailgun", {"signature_tolerance_s": None}, secret="k"))
    assert not verified("mailgun", mailgun(), source("mailgun"))


def test_the_last_of_mailguns_repeated_fields_counts() -> None:
    told = mailgun()
    repeated = request(b"timestamp=1&token=evil&signature=00&" + told.body, FORM)
    assert verified("mailgun", repeated, source("mailgun", secret="k"))


@pytest.mark.parametrize("charset", ["utf-8", "koi8-r", "windows-1251"])
def test_mailguns_whole_message_keeps_its_own_charset(charset: str) -> None:
    body = b"body-mime=" + "".join(f"%{byte:02X}" for byte in RAW.format(charset=charset).encode(charset)).encode()
    inquiry = read("mailgun", request(body, FORM)).inquiry
    assert (inquiry.message, inquiry.external_id) == ("Нужно окно, 8 999 000-00-01", "<raw-1@example.org>")
    assert (inquiry.person.full_name, inquiry.phones) == ("Анна", ["+79990000001"])


def test_mailguns_attachments_are_listed_and_its_spam_flag_is_heeded() -> None:
    told = multipart(
        ('from"', b"Anna <anna@example.org>"), ('body-plain"', "Окно".encode()), ('body-html"', b"<p>x</p>"),
        ('attachments"', b'[{"name": "a.pdf", "content-type": "application/pdf", "size": 5, "url": "https://x"}]'),
        ('attachment-1"; filename="plan.png"\r\nContent-Type: image/png', b"12345"),
    )  # fmt: skip
    inquiry = read("mailgun", told).inquiry
    assert [(one["name"], one["size"]) for one in inquiry.extra["attachments"]] == [("plan.png", 5), ("a.pdf", 5)]
    spam = read("mailgun", mailgun(**{"from": "a@b.ru", "message-headers": '[["X-Mailgun-Sflag", "Yes"]]'}))
    assert (spam.status, spam.reason) == ("ignored", "marked_as_spam")


def test_mailguns_news_about_our_own_mail_are_no_inquiry() -> None:
    signature = {"timestamp": STAMP, "token": "t", "signature": hmac.digest(b"k", f"{STAMP}t".encode(), "sha256").hex()}
    told = request(json.dumps({"signature": signature, "event-data": {"event": "failed"}}).encode(), JSON)
    assert verified("mailgun", told, source("mailgun", secret="k"))
    assert (read("mailgun", told).status, read("mailgun", told).reason) == ("ignored", "mail_event")


def test_sendgrids_signature_is_checked_where_its_key_is_known() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(
        key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    told = multipart(('from"', b"a@b.ru"))
    signature = base64.b64encode(key.sign(STAMP.encode() + told.body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {**told.headers, SIGNATURE: signature, TIMESTAMP: STAMP}
    of = source("sendgrid", public_key=public)
    assert verified("sendgrid", request(told.body, headers), of)
    assert not verified("sendgrid", request(told.body + b" ", headers), of)
    assert not verified("sendgrid", told, of)
    assert not verified("sendgrid", told, source("sendgrid", secret="s"))
    assert verified("sendgrid", request(told.body, dict(told.headers), "secret=s"), source("sendgrid", secret="s"))


def test_sendgrids_whole_message_and_html_in_its_own_charset_are_read() -> None:
    raw = multipart(('email"', RAW.format(charset="koi8-r").encode("koi8-r")))
    assert read("sendgrid", raw).inquiry.message == "Нужно окно, 8 999 000-00-01"
    parsed = multipart(
        ('headers"', b"Message-ID: <s@x>\r\nReferences: <a@x>\r\n"), ('from"', "Анна <a@b.ru>".encode("koi8-r")),
        ('html"', "<p>Нужно<br>окно</p>".encode("cp1251")), ('charsets"', b'{"from":"koi8-r","html":"windows-1251"}'),
        ('envelope"', b'{"to":["leads@example.ru"],"from":"a@b.ru"}'), ('spam_score"', b"0.1"),
    )  # fmt: skip
    inquiry = read("sendgrid", parsed).inquiry
    assert (inquiry.message, inquiry.person.full_name, inquiry.in_reply_to) == ("Нужно\nокно", "Анна", "<a@x>")


def postmark(**fields: Any) -> WireRequest:
    return request(json.dumps({"From": "a@b.ru", "MessageID": "u-1", **fields}).encode(), JSON)


def test_postmark_is_known_by_user_and_secret_or_the_query() -> None:
    of = source("postmark", username="pm", secret="s")
    for pair, right in (("pm:s", True), ("pm:x", False), ("other:s", False)):
        headers = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        assert verified("postmark", request(b"{}", headers), of) is right
    assert verified("postmark", request(b"{}", JSON, "key=s"), of)
    assert not verified("postmark", request(b"{}", JSON), of)


def test_half_a_character_in_a_header_costs_no_message() -> None:
    body = rb'{"From": "\ud800 <anna@example.org>", "TextBody": "Hi", "OriginalRecipient": "\udbffx@example.ru"}'
    assert read("postmark", request(body, JSON)).inquiry.emails == ["anna@example.org"]


def test_postmarks_raw_message_attachments_and_ids_are_read() -> None:
    assert read("postmark", postmark(TextBody="x")).inquiry.external_id == "u-1"
    raw = RAW.format(charset="utf-8").replace("Нужно окно", "Window")
    assert read("postmark", postmark(RawEmail=raw)).inquiry.external_id == "<raw-1@example.org>"
    attachment = {"Name": "план.pdf", "ContentType": "application/pdf", "Content": base64.b64encode(b"123").decode()}
    inquiry = read("postmark", postmark(HtmlBody="<b>Окно</b>", Attachments=[attachment, "x"], FromName="A")).inquiry
    assert inquiry.message == "Окно"
    assert inquiry.extra["attachments"] == [{"name": "план.pdf", "type": "application/pdf", "size": 3}]


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = (
    KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)
CERT_URL = "https://sns.eu-central-1.amazonaws.com/cert.pem"


def sns(notice: Any, version: str = "2", **changes: Any) -> WireRequest:
    node = {
        "Type": "Notification", "MessageId": "m-1", "TopicArn": "arn:ours", "Timestamp": "2026-03-11T09:00:00.000Z",
        "Message": notice if isinstance(notice, str) else json.dumps(notice), "SignatureVersion": version,
        "SigningCertURL": CERT_URL, **changes,
    }  # fmt: skip
    keys = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    told = "".join(f"{key}\n{node[key]}\n" for key in keys if key in node)
    algorithm = hashes.SHA256() if version == "2" else hashes.SHA1()
    node["Signature"] = base64.b64encode(KEY.sign(told.encode(), padding.PKCS1v15(), algorithm)).decode()
    return request(json.dumps(node).encode(), {"content-type": "text/plain; charset=UTF-8"})


def received(content: str | None, encoding: str = "BASE64", **receipt: Any) -> dict[str, Any]:
    mail = {"timestamp": "2026-03-11T09:00:02Z", "source": "anna@example.org", "messageId": "ses-1"}
    action = {"type": "SNS", "encoding": encoding, "bucketName": "mails", "objectKey": "k"}
    notice = {"notificationType": "Received", "mail": mail, "receipt": {"action": action, **receipt}}
    return notice if content is None else {**notice, "content": content}


@pytest.mark.parametrize("version", ["1", "2"])
def test_sns_is_signed_in_both_versions_and_from_our_topic(version: str) -> None:
    told = sns(received("x"), version)
    assert verified("ses_sns", told, source("ses_sns", {"topic_arn": ["arn:ours"]}, test_public_key_pem=PEM))
    assert not verified("ses_sns", told, source("ses_sns", {"topic_arn": "arn:other"}, test_public_key_pem=PEM))
    other = request(told.body.replace(b"m-1", b"m-2"), dict(told.headers))
    assert not verified("ses_sns", other, source("ses_sns", test_public_key_pem=PEM))
    lying = request(told.body, {**told.headers, "x-amz-sns-topic-arn": "arn:other"})
    assert not verified("ses_sns", lying, source("ses_sns", test_public_key_pem=PEM))


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        (CERT_URL, True), ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True), ("http" + CERT_URL[5:], False),
        ("https://sns.eu.amazonaws.com.evil.ru/x.pem", False),
        ("https://evil.ru/sns.eu-central-1.amazonaws.com", False),
        ("https://sns.eu-central-1.amazonaws.com@evil.ru/x.pem", False),
        ("https://sns.eu-central-1.amazonaws.com:8/", 0),
        ("", False), ("https://[", False),
    ],
)  # fmt: skip
def test_only_amazon_itself_is_asked(url: str, theirs: bool) -> None:
    assert is_amazon(url) == theirs


async def test_amazons_certificate_is_fetched_once_and_without_it_nothing_is_decided() -> None:
    asked: list[str] = []

    def amazon(asking: httpx.Request) -> httpx.Response:
        asked.append(str(asking.url))
        return httpx.Response(200, text=PEM) if len(asked) > 1 else httpx.Response(503)

    provider, certificates = provider_named("ses_sns"), Certificates(httpx.MockTransport(amazon))
    told, of = sns(received("x")), source("ses_sns")
    with pytest.raises(Unavailable):
        await certificates.beside(provider, told, of)
    for _ in range(2):
        assert provider.verify(told, await certificates.beside(provider, told, of))
    assert asked == [CERT_URL] * 2
    elsewhere = sns(received("x"), SigningCertURL="https://evil.ru/cert.pem")
    assert not provider.verify(elsewhere, await certificates.beside(provider, elsewhere, of))
    assert len(asked) == 2


def test_ses_content_is_read_in_both_encodings_and_missed_when_it_lies_in_s3() -> None:
    raw = RAW.format(charset="utf-8")
    for content, encoding in ((base64.b64encode(raw.encode()).decode(), "BASE64"), (raw, "UTF8"), (raw, "")):
        assert read("ses_sns", sns(received(content, encoding))).inquiry.message == "Нужно окно, 8 999 000-00-01"
    with pytest.raises(Unreadable, match="s3://mails/k"):
        read("ses_sns", sns(received(None)))


def test_ses_verdicts_and_other_notices_are_ignored_with_the_reason() -> None:
    raw = RAW.format(charset="utf-8")
    for notice, reason in (
        (received(raw, "UTF8", virusVerdict={"status": "FAIL"}), "virus"),
        (received(raw, "UTF8", spamVerdict={"status": "FAIL"}), "marked_as_spam"),
        ({"notificationType": "Bounce", "mail": {}}, "bounce"),
        ({"eventType": "Delivery", "mail": {}}, "mail_event"),
        ("Successfully validated SNS topic for Amazon SES event publishing.", "test"),
    ):
        ignored = read("ses_sns", sns(notice))
        assert (ignored.status, ignored.reason) == ("ignored", reason)
    gone = read("ses_sns", sns("bye", Type="UnsubscribeConfirmation", Token="t", SubscribeURL=CERT_URL))
    assert gone.reason == "unsubscribed"
    with pytest.raises(Unreadable):
        read("ses_sns", sns("hello"))
