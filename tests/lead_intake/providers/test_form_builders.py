"""Forms of site builders and plugins beyond the samples: other shapes, other encodings, what is no inquiry."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from lead_intake.providers import provider_named
from lead_intake.providers.base import Unreadable

from tests.lead_intake.providers.reading import AT, form, found, ignored_for, inquiry, request, source_of


def test_tilda_takes_orders_in_brackets_and_as_objects() -> None:
    brackets = (
        "payment[sys]=yookassa&payment[systranid]=2b&payment[orderid]=77&payment[amount]=300"
        "&payment[products][0][name]=A&payment[products][1][name]=B&payment[delivery_fio]=Иванов Иван&Phone=89990000001"
    )
    order = inquiry("tilda", brackets)
    assert (order.external_id, order.person.last_name) == ("77", "Иванов")
    assert order.extra["products"] == [{"name": "A"}, {"name": "B"}]
    assert (order.extra["payment_system"], order.extra["payment_id"]) == ("yookassa", "2b")
    nested = inquiry("tilda", {"Phone": "89990000001", "payment": {"orderid": "5", "products": ["A x 2"]}})
    assert (nested.extra["order_id"], nested.extra["products"]) == ("5", ["A x 2"])


@pytest.mark.parametrize(
    "cookies",
    [
        "TILDAUTM=utm_source%3Dvk%7C%7C%7Cutm_medium%3Dsocial%7C%7C%7C",
        "a=1; TILDAUTM=utm_source%253Dvk%257C%257C%257Cutm_medium%253Dsocial",
        "TILDAUTM=utm_source=vk|||amp%3Butm_medium=social",
    ],
    ids=["once", "twice", "escaped"],
)
def test_tilda_keeps_the_tags_of_the_last_visit_however_encoded(cookies: str) -> None:
    last = inquiry("tilda", form(Phone="89990000001", COOKIES=cookies)).attribution.last
    assert last is not None
    assert (last.source, last.medium) == ("vk", "social")


def test_tilda_drops_the_secrets_in_cookies_before_storing() -> None:
    sent = request(form(Phone="89990000001", COOKIES="_ym_uid=123; PHPSESSID=abc%3Bdef; TILDAUTM=utm_source%3Dvk"))
    stored = provider_named("tilda").mask(sent, source_of("tilda"))
    assert len(stored.body) == len(sent.body)
    assert b"abc" not in stored.body
    assert b"123" in stored.body
    assert found("tilda", stored) == found("tilda", sent)


def test_tilda_takes_its_key_from_any_field_or_header_and_keeps_it_from_the_inquiry() -> None:
    source, tilda = source_of("tilda", secret="tilda-key-000"), provider_named("tilda")
    named = request(form(Phone="89990000001", my_key="tilda-key-000"))
    assert tilda.verify(named, source)
    assert tilda.verify(request(form(Phone="89990000001"), x_mine="tilda-key-000"), source)
    assert not tilda.verify(request(form(Phone="89990000001", my_key="tilda-key-001")), source)
    [one] = found("tilda", named, source)
    assert "my_key" not in one.draft.extra
    assert found("tilda", tilda.mask(named, source), source) == [one]


def _response(**answers: Any) -> dict[str, Any]:
    fields = [{"id": kind, "title": f"Question {kind}", "ref": "9f0c"} for kind in answers]
    given = [{"type": kind, kind: value, "field": {"id": kind, "type": kind}} for kind, value in answers.items()]
    return {"event_type": "form_response", "form_response": {
        "token": "t", "definition": {"fields": fields}, "answers": given}}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "value", "line"),
    [
        ("choices", {"labels": ["A", "B"], "other": "C"}, "Question choices: A, B, C"),
        ("choice", {"other": "Mine"}, "Question choice: Mine"),
        ("boolean", True, "Question boolean: true"),
        ("number", 3, "Question number: 3"),
        ("date", "2026-04-01", "Question date: 2026-04-01"),
        ("file_url", "https://e.com/f.pdf", "Question file_url: https://e.com/f.pdf"),
        ("payment", {"amount": "10", "last4": "1234"}, "Question payment: 10"),
    ],
)
def test_typeform_answers_of_each_kind_are_a_line_of_the_message(kind: str, value: Any, line: str) -> None:
    assert inquiry("typeform", _response(**{kind: value})).message == line


def test_typeform_reads_the_parts_of_a_contact_block_and_the_consent() -> None:
    parts = [("a", "First name"), ("b", "Last name"), ("c", "Company")]
    inner = [{"id": key, "title": title} for key, title in parts]
    fields = [{"id": "x", "properties": {"fields": inner}}, {"id": "l", "title": "I accept", "type": "legal"}]
    answers: list[dict[str, Any]] = [
        {"type": "text", "text": text, "field": {"id": key, "type": "short_text"}}
        for key, text in (("a", "Jane"), ("b", "Sample"), ("c", "Acme"))
    ]
    answers.append({"type": "boolean", "boolean": True, "field": {"id": "l", "type": "legal"}})
    told = inquiry("typeform", {"form_response": {"token": "t", "definition": {"fields": fields}, "answers": answers}})
    assert (told.person.full_name, told.person.company, told.message) == ("Jane Sample", "Acme", None)
    assert told.consent is not None
    assert (told.consent.given, told.consent.text) == (True, "I accept")


def test_typeform_is_refused_until_it_has_its_secret() -> None:
    body = json.dumps(_response(number=1)).encode()
    sign = base64.b64encode(hmac.new(b"s", body, hashlib.sha256).digest()).decode()
    sent, typeform = request(body, typeform_signature=f"sha256={sign}"), provider_named("typeform")
    assert typeform.verify(sent, source_of("typeform", secret="s"))
    assert not typeform.verify(sent, source_of("typeform"))
    assert not typeform.verify(request(body), source_of("typeform", secret="s"))


def test_jotform_puts_split_fields_together() -> None:
    raw = {
        "q3_fullName": {"prefix": "Mr", "first": "John", "last": "Sample"},
        "q4_phone": {"country": "1", "area": "202", "phone": "5550162"},
        "q5_address": {"addr_line1": "1 Main", "city": "Boston", "postal": "02101"},
        "q6_date": {"year": "2026", "month": "4", "day": "5", "hour": "10", "min": "30"},
        "q7_services": ["A", "B"], "gclid": "G1", "path": "/submit/1",
    }  # fmt: skip
    told = inquiry("jotform", form(submissionID="6100000000000000009", formID="1", rawRequest=json.dumps(raw)))
    assert (told.external_id, told.person.full_name) == ("6100000000000000009", "John Sample")
    assert (told.phones, told.region) == (["+12025550162"], "Boston")
    assert told.extra["address"] == "1 Main, Boston, 02101"
    assert (told.extra["date"], told.extra["services"]) == ("2026-04-05 10:30", ["A", "B"])
    assert "path" not in told.extra
    assert told.attribution.last is not None
    assert told.attribution.last.click_ids == {"gclid": "G1"}


def test_gravity_forms_without_a_map_tells_blocks_and_shapes() -> None:
    entry = {
        "id": "9", "1.3": "Jane", "1.6": "Sample", "2": "jane@example.com", "3": "+1 202 555-0163",
        "5.1": "I agree to the policy", "6.1": "1 Main", "6.3": "Boston", "6.5": "02101", "ip": "192.0.2.1",
    }  # fmt: skip
    told = inquiry("gravityforms", entry)
    assert (told.person.full_name, told.region) == ("Jane Sample", "Boston")
    assert (told.phones, told.emails) == (["+12025550163"], ["jane@example.com"])
    assert told.consent is not None
    assert told.consent.given
    assert "ip" not in told.extra
    assert inquiry("gravityforms", form(**entry)).external_id == "9"
    assert found("gravityforms", request({**entry, "status": "spam"}))[0].draft.honeypot


def test_contact_form_7_may_send_by_get_and_name_the_moment() -> None:
    told = inquiry("cf7", method="GET", query="your-name=Anna&tel-1=89990000001&your-subject=Hi&key=secret")
    assert (told.person.first_name, told.phones, told.subject) == ("Anna", ["+79990000001"], "Hi")
    assert "key" not in told.extra
    dated = {"tel-1": "89990000001", "checkbox-2": ["a", "b"], "_date": "11.03.2026", "_time": "12:30"}
    told = inquiry("cf7", dated)
    assert told.occurred_at is not None
    assert told.occurred_at.isoformat() == "2026-03-11T09:30:00+00:00"
    assert told.extra["checkbox-2"] == ["a", "b"]
    for written in ("11 марта, 2026", "3/11/2026", "11/03/2026"):
        settings = {"default_region": "US" if written[0] == "3" else "GB", "time_zone": "Europe/Moscow"}
        told = inquiry("cf7", {**dated, "_date": written}, settings=settings)
        assert told.occurred_at is not None
        assert told.occurred_at.isoformat() == "2026-03-11T09:30:00+00:00"


def test_elementor_tells_fields_by_their_type_and_reads_the_flat_form() -> None:
    advanced = (
        "form[id]=abc&form[name]=Contact&fields[f1][id]=f1&fields[f1][type]=tel&fields[f1][title]=Number"
        "&fields[f1][value]=89990000001&fields[f2][id]=f2&fields[f2][type]=email&fields[f2][value]=a@b.ru"
        "&fields[name][id]=name&fields[name][type]=text&fields[name][value]=Анна&fields[ok][id]=ok"
        "&fields[ok][type]=acceptance&fields[ok][value]=on&meta[page_url][value]=https://e.ru/?utm_source=x"
        "&meta[remote_ip][value]=192.0.2.1&meta[credit][value]=Elementor"
    )
    told = inquiry("elementor", advanced)
    assert (told.person.full_name, told.phones, told.emails) == ("Анна", ["+79990000001"], ["a@b.ru"])
    assert told.consent is not None
    assert told.attribution.last is not None
    assert (told.attribution.last.source, told.attribution.last.form_id) == ("x", "abc")
    assert told.extra == {"form_name": "Contact"}
    flat = {"Name": "Jane", "Email": "j@x.com", "Date": "March 11, 2026", "Time": "3:30 pm", "Powered by": "Elementor"}
    told = inquiry("elementor", form(**flat))
    assert told.occurred_at is not None
    assert told.occurred_at.isoformat() == "2026-03-11T12:30:00+00:00"
    assert told.extra == {}
    assert inquiry("elementor", {"No Label name": "Jane", "form_name": "F"}).person.first_name == "Jane"


def test_wpforms_fields_with_their_types_are_read_too() -> None:
    fields = {
        "0": {"id": 0, "name": "Имя", "value": "Иван Сидоров"}, "1": {"id": 1, "name": "Email", "value": "i@s.ru"},
        "2": {"id": 2, "name": "Comment or Message", "value": "Hi"},
    }  # fmt: skip
    told = inquiry("wpforms", {"entry_id": "11", "fields": fields})
    assert (told.external_id, told.person.full_name, told.message) == ("11", "Иван Сидоров", "Hi")
    told = inquiry("wpforms", {"name": {"first": "John", "last": "Sample"}, "email": "j@x.com"})
    assert (told.person.full_name, told.person.last_name, told.extra) == ("John Sample", "Sample", {})


def test_hubspot_reads_the_old_form_and_the_company_apart() -> None:
    context = json.dumps({"hutk": "1", "pageUrl": "https://e.com/x"})
    old = inquiry("hubspot", form(email="a@b.com", firstname="Jane", hs_context=context))
    assert (old.emails, old.extra["hutk"]) == (["a@b.com"], "1")
    fields = [{"name": "email", "value": "a@b.com"}, {"objectTypeId": "0-2", "name": "name", "value": "Acme"}]
    interest = {"legitimateInterest": {"value": True, "text": "We may write"}}
    path = "/submissions/v3/integration/secure/submit/1000001/0000-form"
    new = inquiry(
        "hubspot", {"fields": fields, "submittedAt": "1773226800000", "legalConsentOptions": interest}, rest=path
    )
    assert (new.person.full_name, new.person.company) == (None, "Acme")
    assert new.consent is not None
    assert (new.consent.given, new.consent.text) == (True, "We may write")
    assert new.attribution.last is not None
    assert new.attribution.last.form_id == "0000-form"
    assert new.occurred_at is not None


def _webflow(body: bytes, secret: str, moment: str) -> str:
    return hmac.new(secret.encode(), f"{moment}:".encode() + body, hashlib.sha256).hexdigest()


def test_webflow_checks_signature_and_age_and_lets_unsigned_ones_carry_the_secret() -> None:
    webflow, source = provider_named("webflow"), source_of("webflow", secret="wf-secret")
    body, moment = b'{"triggerType":"form_submission"}', str(int(AT.timestamp() * 1000))
    sign = _webflow(body, "wf-secret", moment)
    assert webflow.verify(request(body, x_webflow_signature=sign, x_webflow_timestamp=moment), source)
    assert not webflow.verify(request(body + b" ", x_webflow_signature=sign, x_webflow_timestamp=moment), source)
    old = str(int((AT - timedelta(minutes=6)).timestamp() * 1000))
    late = request(body, x_webflow_signature=_webflow(body, "wf-secret", old), x_webflow_timestamp=old)
    assert not webflow.verify(late, source)
    assert webflow.verify(late, source_of("webflow", settings={"signature_tolerance_s": None}, secret="wf-secret"))
    assert webflow.verify(request(body, query="key=wf-secret"), source)
    assert not webflow.verify(request(body), source)
    assert webflow.verify(request(body), source_of("webflow"))
    assert not webflow.verify(request(body, x_webflow_signature=sign, x_webflow_timestamp=moment), source_of("webflow"))


@pytest.mark.parametrize(
    "body",
    [
        {"triggerType": "form_submission", "payload": {
            "id": "s1", "formId": "f", "submittedAt": "2026-03-11T12:30:00Z", "data": {"Phone": "89990000001"}}},
        {"payload": {"data": {"submissionId": "s1", "formId": "f", "fields": {"Phone": "89990000001"},
                              "dateSubmitted": "2026-03-11T12:30:00Z"}}},
        {"_id": "s1", "d": "2026-03-11T12:30:00Z", "data": {"Phone": "89990000001"}, "formId": "f"},
    ],
    ids=["v2", "the other v2", "v1"],
)  # fmt: skip
def test_webflow_is_read_in_each_envelope(body: dict[str, Any]) -> None:
    told = inquiry("webflow", body)
    assert (told.external_id, told.phones) == ("s1", ["+79990000001"])
    assert told.occurred_at is not None
    assert told.occurred_at.hour == 12
    assert told.attribution.last is not None
    assert told.attribution.last.form_id == "f"


@pytest.mark.parametrize(
    ("slug", "body", "reason"),
    [
        ("tilda", "test=test", "ping"),
        ("tilda", "test=test&api_key=long-key", "ping"),
        ("webflow", {"triggerType": "site_publish", "payload": {}}, "event site_publish"),
        ("typeform", {"event_type": "form_response_partial"}, "event form_response_partial"),
        ("cf7", {}, "empty"),
    ],
)
def test_what_is_no_form_is_ignored_with_the_reason(slug: str, body: Any, reason: str) -> None:
    assert ignored_for(slug, body) == reason


@pytest.mark.parametrize("slug", ["tilda", "jotform", "gravityforms", "cf7", "wpforms", "elementor", "hubspot"])
def test_a_secret_is_wanted_once_the_source_has_one(slug: str) -> None:
    provider, source = provider_named(slug), source_of(slug, secret="long-secret-000")
    body = {"phone": "89990000001"}
    assert not provider.verify(request(body), source)
    assert not provider.verify(request(body, query="key=long-secret-001"), source)
    assert provider.verify(request(body, query="key=long-secret-000"), source)
    assert provider.verify(request(body, x_webhook_key="long-secret-000"), source)
    assert provider.verify(request(body, authorization="Bearer long-secret-000"), source)
    assert provider.verify(request({**body, "api_key": "long-secret-000"}), source)
    assert provider.verify(request(body), source_of(slug))


@pytest.mark.parametrize("slug", ["typeform", "webflow", "tilda", "jotform", "elementor", "hubspot"])
def test_a_body_that_is_no_form_says_so(slug: str) -> None:
    for body in (b"[1, 2]", b"{no json", b"\xff\xfe\x00"):
        with pytest.raises(Unreadable):
            found(slug, request(body))
