"""Forms of every shape give the same canonical inquiry."""

import json
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView, Unreadable, WireRequest
from lead_intake.providers.settings import ConsentSettings, SourceSettings, SpamSettings

from tests.lead_intake.providers.forms import AT, FORM, GENERIC, found, inquiry, multipart, normalised, request, source

SECRET = "a-long-secret-word"


def test_answers_of_a_quiz_are_kept_each_under_its_question() -> None:
    quiz = {"answers": [{"q": "Комната?", "a": "Кухня"}, {"q": "Цвет?", "a": ["Белый", "Серый"]}], "phone": "1"}
    assert inquiry(quiz).extra == {"Комната?": "Кухня", "Цвет?": ["Белый", "Серый"], "phone": "1"}
    assert inquiry({"rooms": [{"m2": 5}, {"m2": 7}], "a": "b"}).extra == {"rooms.m2": 5, "rooms.1.m2": 7, "a": "b"}


def test_field_map_of_the_source_goes_first() -> None:
    mapped = source(field_map={"f1": "phone", "f2": "name", "website": "company", "junk": "ignore", "f3": "room"})
    read = inquiry({"f1": "89990000001", "f2": "анна", "website": "ООО Окна", "junk": "x", "f3": "12"}, of=mapped)
    assert (read.phones, read.person.full_name, read.person.company) == (["+79990000001"], "Анна", "ООО Окна")
    assert read.extra == {"room": "12"}


def test_urlencoded_multipart_and_json_say_the_same() -> None:
    fields = {"name": "Анна Примерова", "phone": "89990000001", "message": "Окна & двери", "utm_source": "vk"}
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    read = inquiry(fields)
    assert inquiry(urlencode(fields).encode(), FORM) == read
    assert inquiry(multipart(*parts), "multipart/form-data; boundary=b0") == read
    assert inquiry(json.dumps(fields).encode(), "text/plain;charset=UTF-8") == read


def test_uploaded_files_are_listed_and_not_kept() -> None:
    body = multipart(('name="phone"', b"89990000001"), ('name="plan"; filename="план.pdf"', b"%PDF-1"))
    assert inquiry(body, "multipart/form-data; boundary=b0").extra["attachments"] == [
        {"name": "план.pdf", "type": "application/octet-stream", "size": 6}
    ]


def test_nested_objects_and_label_value_pairs_are_read() -> None:
    body = {
        "form": {"id": "f7", "name": "Обратный звонок"},
        "data": {"contact": {"first_name": "Анна", "last_name": "Примерова", "phones": ["89990000001"]}},
        "fields": [{"label": "Эл. почта", "value": "a@b.ru"}, {"label": "Этаж", "value": "3"}],
        "manager": {"name": "Пётр", "phone": "+7 999 000-00-99"},
    }
    read = inquiry(body)
    assert (read.person.full_name, read.phones, read.emails) == ("Анна Примерова", ["+79990000001"], ["a@b.ru"])
    assert read.extra["Этаж"] == "3"
    assert read.extra["manager.phone"] == "+7 999 000-00-99"
    assert read.attribution.last is not None
    assert read.attribution.last.form_id == "f7"


def test_each_lead_of_an_array_is_an_inquiry_and_shared_marks_go_to_all() -> None:
    leads = [{"name": "Анна", "phone": "89990000001", "lead_id": "1"}, {"name": "Пётр", "phone": "89990000002"}]
    first, second = found({"leads": leads, "utm_source": "vk", "event_id": "batch"})
    assert (first.external_id, second.external_id) == ("1", None)
    assert first.draft.touch == second.draft.touch == {"utm_source": "vk"}
    assert len(found(leads)) == 2


def test_items_of_an_order_are_no_leads() -> None:
    [one] = found({"phone": "89990000001", "items": [{"name": "Окно", "price": 100}, {"name": "Дверь", "price": 5}]})
    assert one.draft.extra["items"][1]["name"] == "Дверь"


def test_marks_are_read_from_fields_urls_cookies_and_referrer() -> None:
    body = {
        "phone": "89990000001",
        "landing_url": "https://a.ru/?utm_source=ya&yclid=12345678901234567890&email=x@y.ru",
    }
    touch = inquiry(body, cookie="_ga=GA1.2.11.22; session=secret; _ym_uid=177").attribution.last
    assert touch is not None
    assert (touch.source, touch.click_ids, touch.channel_group) == (
        "ya",
        {"yclid": "12345678901234567890"},
        "paid_search",
    )
    assert touch.client_ids == {"ga": "11.22", "ym": "177"}
    assert touch.landing_url == "https://a.ru/?utm_source=ya&yclid=12345678901234567890"
    organic = inquiry({"phone": "89990000001", "referrer": "https://www.google.com/"}).attribution.last
    assert organic is not None
    assert (organic.source, organic.medium, organic.channel_group) == ("google", "organic", "organic")


def test_marks_in_one_string_are_taken_apart_and_other_cookies_dropped() -> None:
    read = inquiry({"phone": "1", "utm": "utm_source=ya|medium=cpc", "cookies": "SID=secret; _ym_uid=177"})
    assert read.attribution.last is not None
    assert (read.attribution.last.source, read.attribution.last.medium) == ("ya", "cpc")
    assert (read.attribution.last.client_ids, read.extra) == ({"ym": "177"}, {"phone": "1"})
    assert inquiry({"phone": "1", "marketing": "a=b"}).extra["marketing"] == "a=b"


def test_long_numbers_are_never_made_floats() -> None:
    body = (
        b'{"phone": 79990000001, "lead_id": 123456789012345678901234567890, "ym_uid": 1773200000111111111, "x": 1e400}'
    )
    read = inquiry(body)
    assert read.phones == ["+79990000001"]
    assert read.external_id == "123456789012345678901234567890"
    assert read.attribution.last is not None
    assert read.attribution.last.client_ids == {"ym": "1773200000111111111"}
    assert read.extra["x"] == "1e400"


@pytest.mark.parametrize("name", ["event_id", "submission_id", "leadId", "external_id", "request_id", "tranid"])
def test_ids_of_the_sender_become_the_external_id(name: str) -> None:
    assert found({"phone": "1", name: "abc-1"})[0].external_id == "abc-1"


def test_bare_id_counts_only_when_it_is_a_uuid() -> None:
    assert found({"phone": "1", "id": "contact-form"})[0].external_id is None
    assert found({"phone": "1", "id": "5d5a0c9e-0000-4000-8000-000000000001"})[0].external_id is not None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{not json", "application/json"),
        (b"[1, 2]", "application/json"),
        (b'"text"', "application/json"),
        (b"[" * 100_000, "application/json"),
        ('{"имя": "Анна"}'.encode("cp1251"), "application/json"),
        ('{"имя": "Анна"}'.encode("koi8-r"), "application/json; charset=no-such"),
        (b"\xff\xfe\x80\x81rubbish", "application/octet-stream"),
        (b"name=%FF%FE%80%81", FORM),
        (b"just words", "text/plain"),
        (b"--x\r\n", "multipart/form-data"),
    ],
)
def test_rubbish_is_unreadable(body: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        inquiry(body, kind)


def test_declared_charset_is_honoured_and_old_pages_are_understood() -> None:
    assert (
        inquiry('{"name": "Анна"}'.encode("cp1251"), "application/json; charset=windows-1251").person.full_name
        == "Анна"
    )
    assert (
        inquiry(f"name={quote('Анна Примерова', encoding='cp1251')}".encode(), FORM).person.full_name
        == "Анна Примерова"
    )
    assert inquiry(b"\xef\xbb\xbf" + '{"name": "Анна"}'.encode()).person.full_name == "Анна"


def test_lone_surrogates_and_nul_do_not_stop_a_lead() -> None:
    read = inquiry(b'{"name": "An\\u0000na", "phone": "89990000001", "note": "\\ud800!"}')
    assert (read.person.full_name, read.phones, read.message) == ("Anna", ["+79990000001"], "!")


def test_phone_that_is_no_phone_is_a_warning_and_kept() -> None:
    one = normalised({"name": "Анна", "phone": "позже скажу", "email": "a@b.ru"})
    assert one.status == "ready"
    assert one.inquiry.extra["phone"] == "позже скажу"
    assert [line.warning for line in one.report if line.field == "phones"] == ["no telephone number"]


def test_person_without_contact_is_an_interest() -> None:
    one = normalised({"name": "Анна", "message": "Сколько стоит?", "email": "{{email}}"})
    assert (one.status, one.reason) == ("interest", "no_contact")
    assert normalised({}).status == "ignored"


def test_consent_is_kept_as_evidence() -> None:
    consent = inquiry({"phone": "89990000001", "agree": "on", "consent_text": "Согласен с политикой"}).consent
    assert consent is not None
    assert (consent.given, consent.text, consent.at) == (True, "Согласен с политикой", AT)
    assert consent.ip_hash is not None
    assert "192.0.2.7" not in consent.ip_hash
    refused = inquiry({"phone": "89990000001", "consent": {"given": False, "purpose": "ads"}}).consent
    assert refused is not None
    assert (refused.given, refused.purpose) == (False, "ads")


def test_consent_takes_wording_and_version_from_the_source_unless_the_form_showed_another() -> None:
    asked = ConsentSettings(text="Согласен на обработку", version="2026-03")
    view = SourceView(UUID(int=1), UUID(int=2), "form", "generic", SourceSettings(consent=asked), workspace_key=b"k")

    def told(**fields: str) -> tuple[bool, str | None, str | None, str | None]:
        consent = GENERIC.read(request({"phone": "1", **fields}), view)[0].draft.consent
        assert consent is not None
        return consent.given, consent.text, consent.text_version, consent.purpose

    assert told(consent="on") == (True, "Согласен на обработку", "2026-03", "personal_data")
    assert told(consent="on", consent_version="2026-03") == (True, "Согласен на обработку", "2026-03", "personal_data")
    assert told(consent="on", consent_version="2025-01") == (True, None, "2025-01", "personal_data")
    assert told(consent="on", consent_text="Иной текст") == (True, "Иной текст", None, "personal_data")
    assert told(consent_version="2026-03")[0] is False
    assert view.hashed("192.0.2.7") != SourceView(UUID(int=1), UUID(int=2), "form", "generic").hashed("192.0.2.7")


def test_filled_honeypot_is_noted_unless_the_source_maps_it() -> None:
    assert found({"phone": "1", "website": "http://spam"})[0].draft.honeypot == "http://spam"
    assert found({"phone": "1", "website": ""})[0].draft.honeypot is None
    assert found({"phone": "1", "website": "x"}, of=source(field_map={"website": "company"}))[0].draft.honeypot is None


@pytest.mark.parametrize("slug", ["tilda", "cf7", "wpforms", "elementor", "gravityforms"])
def test_a_website_is_asked_for_in_earnest_where_forms_are_of_a_builder(slug: str) -> None:
    asked = SourceView(UUID(int=1), UUID(int=2), "form", slug)
    [one] = provider_named(slug).read(request({"phone": "89990000001", "website": "https://a.ru"}), asked)
    assert (one.draft.honeypot, one.draft.extra["website"]) == (None, "https://a.ru")
    trapped = SourceView(UUID(int=1), UUID(int=2), "form", slug, spam=SpamSettings(honeypot_fields=["website"]))
    [one] = provider_named(slug).read(request({"phone": "89990000001", "website": "https://a.ru"}), trapped)
    assert one.draft.honeypot == "https://a.ru"


def test_time_told_is_in_the_zone_of_the_source_and_never_later_than_the_receipt() -> None:
    zone = source(time_zone="Asia/Novosibirsk")
    assert inquiry({"phone": "1", "created_at": "12.03.2026 12:00"}, of=zone).occurred_at == datetime(
        2026, 3, 12, 5, tzinfo=UTC
    )
    for written in ("12.03.26 12:00", "12 марта 2026, 12:00", "12/03/2026 12:00 PM"):
        of = source(time_zone="Asia/Novosibirsk", default_region="GB")
        assert inquiry({"phone": "1", "created_at": written}, of=of).occurred_at == datetime(2026, 3, 12, 5, tzinfo=UTC)
    late = normalised({"phone": "1", "created_at": "2027-01-01T00:00:00Z"})
    assert late.inquiry.occurred_at == AT
    assert [line.warning for line in late.report if line.field == "occurred_at"] == ["impossible time"]


@pytest.mark.parametrize(
    "sent",
    [
        request({"phone": "1"}, query=f"key={SECRET}"),
        request({"phone": "1"}, query=f"token={SECRET}"),
        request({"phone": "1"}, authorization=f"Bearer {SECRET}"),
        request({"phone": "1"}, authorization="Basic dXNlcjphLWxvbmctc2VjcmV0LXdvcmQ="),
        request({"phone": "1"}, x_api_key=SECRET),
        request({"phone": "1", "api_key": SECRET}),
        request(urlencode({"phone": "1", "secret": SECRET}).encode(), FORM),
    ],
)
def test_secret_of_the_source_is_taken_from_every_place_and_masked_in_all(sent: WireRequest) -> None:
    guarded = source({"secret": SECRET})
    assert GENERIC.verify(sent, guarded)
    masked = GENERIC.mask(sent, guarded)
    stored = f"{masked.query} {masked.headers} {masked.body!r}"
    assert SECRET not in stored
    assert "dXNlcjph" not in stored
    assert len(masked.body) == len(sent.body)
    assert not GENERIC.verify(masked, guarded)
    assert "secret" not in GENERIC.read(sent, guarded)[0].draft.extra


def test_request_without_the_secret_is_refused() -> None:
    assert not GENERIC.verify(request({"phone": "1"}), source({"secret": SECRET}))
    assert GENERIC.verify(request({"phone": "1"}), source())


def test_short_secret_is_masked_only_as_a_whole_value() -> None:
    masked = GENERIC.mask(request({"secret": "777", "phone": "89997770001"}), source({"secret": "777"}))
    assert json.loads(masked.body) == {"secret": "***", "phone": "89997770001"}


def test_page_without_javascript_is_sent_on_and_a_program_gets_ids() -> None:
    view = SourceView(UUID(int=1), UUID(int=2), "form", "generic", redirect_url="https://a.ru/thanks")
    page = GENERIC.answer(request(b"phone=1", FORM, accept="text/html,*/*"), view, [UUID(int=9)])
    assert (page.status, page.headers["location"]) == (303, "https://a.ru/thanks")
    program = GENERIC.answer(request({"phone": "1"}), view, [UUID(int=9)])
    assert program.status == 202
    assert json.loads(program.body) == {
        "submission_id": str(UUID(int=9)),
        "submission_ids": [str(UUID(int=9))],
        "status": "received",
    }
