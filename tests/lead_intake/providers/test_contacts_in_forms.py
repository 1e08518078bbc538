"""Whoever left a way to be reached in a form is reached, wherever it was written."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.lead_intake.providers.forms import FORM, inquiry, normalised, source


@pytest.mark.parametrize(
    "name",
    [
        "phone",
        "Phone",
        "tel",
        "your-phone",
        "Телефон",
        "Ваш телефон",
        "contact[phone]",
        "billing_phone_1",
        "Номер телефона",
        "mobileNumber",
        "form_fields[tel]",
    ],
)
def test_phone_is_recognised_by_name(name: str) -> None:
    body = urlencode({name: "8 999 000-00-01"}).encode()
    assert inquiry(body, FORM).phones == ["+79990000001"]


@pytest.mark.parametrize("name", ["email", "E-mail", "your-email", "Почта", "Эл. почта", "contact_email", "userEmail"])
def test_email_is_recognised_by_name(name: str) -> None:
    assert inquiry({name: "Anna@Example.ru"}).emails == ["anna@example.ru"]


def test_values_are_recognised_by_shape_where_names_tell_nothing() -> None:
    read = inquiry({"input_1": "Анна", "input_2": "+7 (999) 000-00-01", "input_3": "a@b.ru", "order": "79990000002123"})
    assert (read.phones, read.emails) == (["+79990000001"], ["a@b.ru"])
    assert read.extra["order"] == "79990000002123"


@pytest.mark.parametrize(
    "body",
    [
        {"name": "+7 999 000-00-01"},
        {"name": "Анна, тел. 8 (999) 000-00-01"},
        {"name": "Анна", "message": "Наберите 8-999-000-00-01, после шести"},
        {"text-911": "8 999 000 00 01"},
        {"contact": "Анна 89990000001, Омск"},
        {"input_2": "9990000001"},
        {"phone": "+7 (___) ___-__-__", "subject": "8 999 000-00-01"},
        {"phone": {"code": "999", "number": "0000001"}},
        {"phone": {"country_code": "+7", "number": "9990000001"}},
        {"client": {"phones": [{"value": "9990000001", "type": "WORK"}]}},
        {"phones": ["+79990000001", {"type": "work"}]},
        {"telefon": "9990000001"},
        {"Оставьте номер, менеджер Вам перезвонит": "+7 999 000-00-01"},
        {"phone": "999 000-00-01", "country_code": "+7"},
    ],
)
def test_a_phone_is_not_lost_wherever_it_was_written(body: Any) -> None:
    one = normalised(body)
    assert (one.status, one.inquiry.phones) == ("ready", ["+79990000001"])
    assert one.inquiry.person.full_name in (None, "Анна")


def test_a_country_code_in_a_field_of_its_own_counts_for_a_number_that_is_none_without() -> None:
    assert inquiry({"phone_code": "+375", "phone": "29 123-45-67", "email": "a@b.ru"}).phones == ["+375291234567"]
    assert inquiry({"phone_code": "+375", "phone": "8 999 000-00-01"}).phones == ["+79990000001"]


def test_numbers_of_others_and_of_things_are_no_contact() -> None:
    body = {"name": "Анна", "manager": {"phone": "+7 999 000-00-99"}, "order_id": "9990000001", "ts": "1773200000111"}
    assert normalised(body).status == "interest"
    assert normalised({"name": "Анна", "Телефон менеджера": "+7 999 000-00-99"}).status == "interest"
    own = source(own_domains=["shop.example"])
    assert normalised({"name": "Анна", "message": "Пишу с info@shop.example"}, of=own).status == "interest"


def test_messengers_are_contacts() -> None:
    read = normalised({"name": "Анна", "telegram": "https://t.me/anna"})
    assert read.status == "ready"
    assert [(one.network, one.id) for one in read.inquiry.messengers] == [("telegram", "anna")]
    assert inquiry({"whatsapp": "+7 999 000-00-01"}).phones == ["+79990000001"]


@pytest.mark.parametrize(
    ("network", "written", "told"),
    [
        ("telegram", "https://t.me/anna/", "anna"),
        ("vk", "https://m.vk.com/anna?from=x", "anna"),
        ("vk", "id17", "id17"),
        ("whatsapp", "https://wa.me/79990000001?text=Hi", "+79990000001"),
        ("whatsapp", "8 (999) 000-00-01", "+79990000001"),
        ("whatsapp", "api.whatsapp.com/send?phone=79990000001", "+79990000001"),
        ("instagram", "@anna", "anna"),
    ],
)
def test_addresses_in_messengers_are_told_one_way(network: str, written: str, told: str) -> None:
    assert [(one.network, one.id) for one in inquiry({network: written}).messengers] == [(network, told)]
