"""Landing pages that post to a CRM's interface: Bitrix24's methods and amoCRM's unsorted, old and new."""

import json
from typing import Any
from uuid import UUID

import pytest
from lead_intake.providers import provider_named

from tests.lead_intake.providers.reading import found, ignored_for, inquiry, request, source_of, told

CODE = "code-000000"
ADD = f"/rest/1/{CODE}/crm.lead.add.json"
FIELDS = {
    "TITLE": "Заявка", "NAME": "Иванов Иван Иванович", "PHONE": [{"VALUE": "89990000001", "VALUE_TYPE": "WORK"}],
    "EMAIL": "a@b.ru", "OPPORTUNITY": "15000", "CURRENCY_ID": "RUB", "COMPANY_TITLE": "ООО Ромашка", "UF_CRM_1": "v",
    "ORIGINATOR_ID": "site", "ORIGIN_ID": "17", "IM": [{"VALUE": "@anna", "VALUE_TYPE": "TELEGRAM"}],
}  # fmt: skip


def test_a_lead_as_json_is_read_whole() -> None:
    lead = inquiry("bitrix24", {"fields": FIELDS, "params": {"REGISTER_SONET_EVENT": "Y"}}, rest=ADD)
    assert (lead.external_id, lead.person.last_name, lead.person.first_name) == ("site:17", "Иванов", "Иван")
    assert (lead.phones, lead.emails, lead.person.company) == (["+79990000001"], ["a@b.ru"], "ООО Ромашка")
    assert lead.budget is not None
    assert (str(lead.budget.amount), lead.budget.currency) == ("15000.00", "RUB")
    assert [(one.network, one.id) for one in lead.messengers] == [("telegram", "anna")]
    assert (lead.subject, lead.extra["title"], lead.extra["UF_CRM_1"]) == ("Заявка", "Заявка", "v")


@pytest.mark.parametrize(
    ("comments", "message"),
    [
        ("Имя: X\nТелефон: 1", "Имя: X\nТелефон: 1"),
        ("<p>Замер</p><p>в&nbsp;субботу</p>", "Замер\nв субботу"),
        ("Окна: <b>3</b>\nДвери: 1", "Окна: 3\nДвери: 1"),
    ],
)
def test_comments_are_text_whether_html_or_not(comments: str, message: str) -> None:
    assert inquiry("bitrix24", {"fields": {"COMMENTS": comments}}, rest=ADD).message == message


def test_a_lead_comes_by_get_without_a_path_or_by_the_item_method() -> None:
    query = "fields[NAME]=Anna&fields[PHONE][n0][VALUE]=89990000001&fields[UTM_SOURCE]=vk"
    by_get = inquiry("bitrix24", "", method="GET", query=query, rest=ADD)
    assert by_get.attribution.last is not None
    assert (by_get.phones, by_get.attribution.last.source) == (["+79990000001"], "vk")
    assert inquiry("bitrix24", "fields[PHONE][0][VALUE]=89990000001").phones == ["+79990000001"]
    item = {"name": "Anna", "lastName": "B", "fm": [{"typeId": "PHONE", "value": "89990000001"}], "utmSource": "vk"}
    by_item = inquiry("bitrix24", {"entityTypeId": 1, "fields": item}, rest=f"/rest/1/{CODE}/crm.item.add")
    assert (by_item.person.full_name, by_item.phones) == ("Anna B", ["+79990000001"])


@pytest.mark.parametrize(
    ("method", "body", "result"),
    [
        ("crm.lead.add", {"fields": FIELDS}, 8),
        ("crm.item.add", {"fields": {"name": "A"}}, {"item": {"id": 8}}),
        ("profile", {}, True),
        ("batch", {"cmd": {"lead": "crm.lead.add?fields[NAME]=A", "me": "user.current"}},
         {"result": {"lead": 8}, "result_error": [], "result_total": [], "result_next": []}),
    ],
)  # fmt: skip
def test_the_page_reads_the_result_it_knows(method: str, body: Any, result: Any) -> None:
    sent = request(body, rest=f"/rest/1/{CODE}/{method}.json")
    made = len([one for one in found("bitrix24", sent) if one.disposition == "inquiry"]) or 1
    answer = provider_named("bitrix24").answer(sent, source_of("bitrix24"), [UUID(int=7)] * made)
    assert answer.body.startswith(b'{"result":')
    assert json.loads(answer.body)["result"] == result


def test_the_code_in_the_path_is_the_secret_and_is_not_stored() -> None:
    bitrix, source = provider_named("bitrix24"), source_of("bitrix24", secret=CODE)
    sent = request({"fields": FIELDS}, rest=ADD)
    assert bitrix.verify(sent, source)
    assert bitrix.verify(request({"fields": FIELDS}, query=f"key={CODE}"), source)
    assert not bitrix.verify(request({"fields": FIELDS}, rest=ADD.replace("code-", "code=")), source)
    assert not bitrix.verify(request({"fields": FIELDS}), source)
    for owner in (source, source_of("bitrix24")):
        stored = bitrix.mask(sent, owner)
        assert stored.rest == ADD.replace(CODE, "*" * len(CODE))
        assert found("bitrix24", stored) == found("bitrix24", sent)


def test_other_methods_make_no_inquiry() -> None:
    assert ignored_for("bitrix24", {}, rest="/rest/1/x/crm.lead.fields.json") == "method crm.lead.fields"


def test_leads_are_taken_at_the_address_they_went_to_formerly() -> None:
    fields = {
        "LOGIN": "u",
        "PASSWORD": CODE,
        "TITLE": "T",
        "NAME": "Анна",
        "PHONE_WORK": "9990000001",
        "EMAIL_HOME": "a@b.ru",
    }
    bitrix, source = provider_named("bitrix24"), source_of("bitrix24", secret=CODE)
    sent = request(fields, rest="/crm/configs/import/lead.php")
    assert bitrix.verify(sent, source)
    assert CODE.encode() not in bitrix.mask(sent, source_of("bitrix24")).body
    made = inquiry("bitrix24", fields, rest="/crm/configs/import/lead.php")
    assert (made.phones, made.emails, made.extra) == (["+79990000001"], ["a@b.ru"], {"title": "T"})


CALL = {
    "from": "79990000032", "phone": "74950000000", "called_at": 1773241200, "duration": 54, "uniq": "abc",
    "link": "https://e.com/1.mp3", "call_responsible": "Мария",
}  # fmt: skip


def test_a_call_is_told_by_its_metadata_not_by_the_path() -> None:
    items = [{"source_uid": "u", "metadata": CALL}, {"metadata": {**CALL, "duration": 0, "uniq": "def"}}]
    answered, missed = found("amocrm", request(items, rest="/api/v4/leads/unsorted/forms"))
    inquiry_made = told(answered, "amocrm").inquiry
    assert (inquiry_made.external_id, inquiry_made.phones) == ("abc", ["+79990000032"])
    assert inquiry_made.call is not None
    assert (inquiry_made.call.result, inquiry_made.call.duration_seconds) == ("answered", 54)
    assert (inquiry_made.call.line_number, inquiry_made.call.operator) == ("+74950000000", "Мария")
    assert missed.draft.call is not None
    assert (missed.external_id, missed.draft.call.result) == ("def", "missed")


def test_codes_of_fields_tell_contacts_and_marks() -> None:
    lead = {"name": "L", "price": 5000, "custom_fields_values": [
        {"field_code": "UTM_SOURCE", "values": [{"value": "ya"}]},
        {"field_code": "YCLID", "values": [{"value": "123456789012345678901"}]},
        {"field_id": 77, "field_name": "Комментарий", "values": [{"value": "текст"}]},
    ], "_embedded": {"tags": [{"name": "сайт"}]}}  # fmt: skip
    contact = {"first_name": "Анна", "last_name": "Б", "custom_fields_values": [
        {"field_code": "PHONE", "values": [{"value": "89990000001"}, {"value": "89990000002"}]},
        {"field_code": "IM", "values": [{"value": "@anna", "enum_code": "TELEGRAM"}]},
    ]}  # fmt: skip
    embedded = {"leads": [lead], "contacts": [contact], "companies": [{"name": "ООО Роза"}]}
    made = inquiry("amocrm", [{"_embedded": embedded, "metadata": {"form_id": 1}}])
    assert (made.person.full_name, made.person.company, made.message) == ("Анна Б", "ООО Роза", "текст")
    assert made.phones == ["+79990000001", "+79990000002"]
    assert made.attribution.last is not None
    assert made.attribution.last.source == "ya"
    assert made.attribution.last.click_ids == {"yclid": "123456789012345678901"}
    assert made.extra["tags"] == ["сайт"]
    assert made.external_id is None


@pytest.mark.parametrize("wrapped", [True, False], ids=["request[unsorted]", "add"])
def test_posts_of_older_versions_hold_the_same(wrapped: bool) -> None:
    contact = {"name": "Пётр", "custom_fields": [{"id": 5, "values": [{"value": "+79990000031", "enum": "WORK"}]}]}
    held = {"leads": [{"name": "L"}], "contacts": [contact]}
    if wrapped:
        data = {"form_id": "f", "date": 1773241200, "origin": {"referer": "https://ya.ru"}}
        body: Any = {"request": {"unsorted": {"add": [{"source_uid": "u", "data": held, "source_data": data}]}}}
    else:
        info = {"form_id": "f", "form_sent_at": 1773241200, "referer": "https://ya.ru"}
        body = {"add": [{"source_uid": "u", "incoming_entities": held, "incoming_lead_info": info}]}
    made = inquiry("amocrm", body)
    assert (made.external_id, made.phones) == ("u:f:1773241200", ["+79990000031"])
    assert made.attribution.last is not None
    assert made.attribution.last.source == "yandex"


def test_an_older_post_as_a_form_is_read_to_its_deepest_bracket() -> None:
    contact = "request[unsorted][add][0][data][contacts][0]"
    field = f"{contact}[custom_fields][0]"
    made = inquiry("amocrm", f"{contact}[name]=A&{field}[name]=Телефон&{field}[values][0][value]=9990000031")
    assert made.phones == ["+79990000031"]
