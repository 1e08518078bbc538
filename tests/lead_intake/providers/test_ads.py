"""Ad platforms: leads beyond the samples, test leads, handshakes and the proofs of each."""

import hmac
import json
from typing import Any

import pytest
from lead_intake.providers import provider_named

from tests.lead_intake.providers.reading import found, ignored_for, inquiry, merged, request, source_of


def column(identity: str, value: str, **fields: str) -> dict[str, str]:
    return {"column_id": identity, "string_value": value, **fields}


def test_google_columns_are_told_by_their_id_and_ids_keep_all_digits() -> None:
    columns = [
        column("FIRST_NAME", "Jane"), column("LAST_NAME", "Sample"), column("WORK_EMAIL", "j@w.com"),
        column("COMPANY_NAME", "Acme"), column("JOB_TITLE", "CEO"), column("POSTAL_CODE", "94043"),
        column("Do you need it?", "yes"), column("PHONE_NUMBER", ""),
    ]  # fmt: skip
    lead = {"lead_id": "L1", "user_column_data": columns, "form_id": 9223372036854775807, "campaign_id": 0}
    told = inquiry("google_ads", lead)
    assert (told.person.full_name, told.person.company, told.person.position) == ("Jane Sample", "Acme", "CEO")
    assert (told.emails, told.phones, told.message) == (["j@w.com"], [], "Do you need it?: yes")
    assert told.extra["postal_code"] == "94043"
    assert told.attribution.last is not None
    assert (told.attribution.last.form_id, told.attribution.last.campaign_id) == ("9223372036854775807", None)


@pytest.mark.parametrize(
    "lead",
    [
        {"lead_id": "x", "is_test": True},
        {"lead_id": "x", "is_test": "true"},
        {"lead_id": "TeSter-123-abc", "user_column_data": []},
        {"user_column_data": [column("FULL_NAME", "dummy_value")]},
    ],
)
def test_google_test_leads_are_ignored(lead: dict[str, Any]) -> None:
    assert ignored_for("google_ads", lead) == "test_lead"


def test_googles_key_is_wanted_and_never_stored() -> None:
    google, lead = provider_named("google_ads"), {"lead_id": "L1", "user_column_data": [], "google_key": "google-key-1"}
    assert google.verify(request(lead), source_of("google_ads", secret="google-key-1"))
    assert not google.verify(request(lead), source_of("google_ads", secret="google-key-2"))
    for source in (source_of("google_ads", secret="google-key-1"), source_of("google_ads")):
        assert b"google-key-1" not in google.mask(request(lead), source).body


def vk(kind: str = "lead_forms_new", **lead: Any) -> dict[str, Any]:
    return {"type": kind, "event_id": "e1", "group_id": 5, "secret": "vk-secret-0", "object": lead}


def test_vk_answers_come_as_text_object_or_list() -> None:
    answers = [
        {"key": "phone_number", "answer": {"value": "+79990000001"}},
        {"key": "custom_1", "question": "Когда?", "answer": [{"value": "утром"}, {"value": "вечером"}]},
        {"key": "location", "answer": "Омск"},
    ]
    told = inquiry("vk", vk(lead_id=2, form_id=3, user_id=7, ad_id=99, answers=answers))
    assert (told.external_id, told.phones, told.region) == ("5:3:2", ["+79990000001"], "Омск")
    assert told.message == "Когда?: утром, вечером"
    assert [(one.network, one.id) for one in told.messengers] == [("vk", "7")]
    assert told.attribution.last is not None
    assert told.attribution.last.ad_id == "99"
    read = {"lead_id": "2", "form_id": 3, "date": 1773226800, "answers": answers[:1]}
    told = inquiry("vk", read, settings={"group_id": 5})
    assert told.occurred_at is not None
    assert (told.external_id, told.occurred_at.timestamp()) == ("5:3:2", 1773226800)


def test_vk_wants_its_secret_and_its_community_but_for_the_confirmation() -> None:
    callback, event = provider_named("vk"), vk(lead_id=1, answers=[])
    assert callback.verify(request(event), source_of("vk", secret="vk-secret-0"))
    assert not callback.verify(request(event), source_of("vk", secret="vk-secret-1"))
    settings = {"group_id": "6"}
    assert not callback.verify(request(event), source_of("vk", settings=settings, secret="vk-secret-0"))
    asked, source = request({"type": "confirmation", "group_id": 5}), source_of("vk", secret="s", confirmation="a1b2")
    assert callback.verify(asked, source)
    assert callback.answer(asked, source, []).body == b"a1b2"
    assert callback.answer(request(event), source, []).body == b"ok"
    assert not callback.verify(asked, source_of("vk", settings=settings, secret="s"))


def test_other_events_of_vk_are_answered_and_ignored() -> None:
    [event] = found("vk", request(vk("message_new")))
    assert (event.disposition, event.reason, event.external_id) == ("ignored", "event message_new", "e1")


def notice(*values: dict[str, Any]) -> dict[str, Any]:
    return {"object": "page", "entry": [{"id": 1, "changes": [{"field": "leadgen", "value": one}]} for one in values]}


def test_a_notice_of_meta_announces_each_lead_by_itself() -> None:
    both = found("meta", request(notice({"leadgen_id": 200000000000001, "ad_id": 0}, {"leadgen_id": "7"})))
    assert [(one.external_id, one.disposition) for one in both] == [("200000000000001", "pending"), ("7", "pending")]
    assert "ad_id" not in both[0].draft.touch
    assert ignored_for("meta", {"object": "page", "entry": [{"messaging": []}]}) == "event without leadgen"
    sample = {"leadgen_id": "444444444444", "page_id": "444444444444"}
    assert ignored_for("meta", notice(sample)) == "test_lead"


LEAD = {"id": "7", "created_time": "2026-03-11T11:00:00+0000", "platform": "fb", "is_organic": True, "ad_id": "0"}


def test_a_lead_of_the_graph_api_is_read_with_its_questions() -> None:
    fields = {
        "first_name": "Jane", "last_name": "Sample", "work_email": "w@x.com", "city": "Paris", "job_title": "CEO",
        "what_is_your_budget?": "1000",
    }  # fmt: skip
    data = [{"name": name, "values": [value]} for name, value in fields.items()]
    told = inquiry("meta", {**LEAD, "field_data": data})
    assert (told.person.full_name, told.person.position, told.emails) == ("Jane Sample", "CEO", ["w@x.com"])
    assert (told.region, told.extra["city"], told.message) == ("Paris", "Paris", "what_is_your_budget?: 1000")
    assert told.attribution.last is not None
    assert (told.attribution.last.source, told.attribution.last.ad_id) == ("facebook", None)
    dummy = [{"name": "full_name", "values": ["<test lead: dummy data for full_name>"]}]
    assert ignored_for("meta", {**LEAD, "field_data": dummy}) == "test_lead"


def test_notice_and_answer_make_one_lead_in_any_order() -> None:
    asked = notice({"leadgen_id": "7", "page_id": "1001", "form_id": 5, "created_time": 1773226800})
    told = {**LEAD, "field_data": [{"name": "email", "values": ["a@b.com"]}]}
    for events in ([asked, told], [told, asked], [asked, told, told, asked]):
        lead = merged("meta", events)
        assert (lead.status, lead.inquiry.emails, lead.inquiry.extra["page_id"]) == ("ready", ["a@b.com"], "1001")
        assert lead.inquiry.attribution.last is not None
        assert lead.inquiry.attribution.last.form_id == "5"
    assert merged("meta", [asked, asked]).status == "pending"


def test_meta_signs_with_sha_256_and_once_signed_with_sha_1() -> None:
    meta, source = provider_named("meta"), source_of("meta", secret="app-secret")
    body = json.dumps(notice({"leadgen_id": "7"})).encode()
    new, old = (hmac.new(b"app-secret", body, kind).hexdigest() for kind in ("sha256", "sha1"))
    assert meta.verify(request(body, x_hub_signature_256=f"sha256={new}"), source)
    assert meta.verify(request(body, x_hub_signature=f"sha1={old}"), source)
    assert not meta.verify(request(body, x_hub_signature_256=f"sha256={old}", x_hub_signature=f"sha1={old}"), source)
    assert not meta.verify(request(body), source)
    assert not meta.verify(request(body), source_of("meta"))
    assert not meta.verify(request(body, x_hub_signature_256=f"sha256={new}"), source_of("meta"))


@pytest.mark.parametrize(
    ("secrets", "token", "accepted"),
    [
        ({"verify_token": "v", "secret": "s"}, "v", True),
        ({"verify_token": "v", "secret": "s"}, "s", False),
        ({"secret": "s"}, "s", True),
        ({"secret": "s"}, "", False),
        ({}, "anything", True),
    ],
)
def test_metas_handshake_needs_the_token_that_is_set(secrets: dict[str, Any], token: str, accepted: bool) -> None:
    meta, source = provider_named("meta"), source_of("meta", **secrets)
    query = f"hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444"
    asked = request(method="GET", query=query)
    assert meta.verify(asked, source) == accepted
    answer = meta.answer(asked, source, [])
    assert (answer.body, answer.headers["content-type"]) == (b"1158201444", "text/plain; charset=utf-8")
