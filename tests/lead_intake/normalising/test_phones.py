import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lead_intake.normalising.phones import international, line_number, phones_in_field, phones_in_text

DIGITS = st.text("0123456789", min_size=7, max_size=13)
REGIONS = st.sampled_from(["RU", "KZ", "US", "DE", "GB"])


def numbers(value: str, region: str = "RU") -> list[str]:
    return [phone.e164 for phone in phones_in_field(value, region)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("8 (495) 123-45-67", ["+74951234567"]),
        ("+7\xa0999\u202f000‑00‑01", ["+79990000001"]),
        ("79990000001", ["+79990000001"]),
        ("9990000001", ["+79990000001"]),
        ("тел. 8-999-000-00-01 (Иван)", ["+79990000001"]),
        ("89990000001, 8 495 123 45 67", ["+79990000001", "+74951234567"]),
        ("89990000001 84951234567", ["+79990000001", "+74951234567"]),
        ("8 999 000 00 01 или +7 495 123-45-67", ["+79990000001", "+74951234567"]),
        ("7,9990000403E+10", ["+79990000403"]),
        ("79990000403.0", ["+79990000403"]),
        ("+44 7700 900123", ["+447700900123"]),
        ("380501234567", ["+380501234567"]),
        ("8-800-555-35-35", ["+78005553535"]),
        ("+8 (495) 123-45-67 доб. 3", ["+74951234567"]),
        ("8 999 000-00-01 (после 18:00)", ["+79990000001"]),
        ("8 999 000-00-01 с 9 до 18", ["+79990000001"]),
        ("84951234567/68", ["+74951234567"]),
        ("(495) 123-45-67, 123-45-68", ["+74951234567"]),
        ("123-45-67", ["+71234567"]),
        ("+7 (799) 900-00-00-1", ["+79990000001"]),
        ("+7 +7 999 000 00 01", ["+79990000001"]),
        ("8 9О9 000-0О-01", ["+79090000001"]),
        ("0049 30 123456", ["+4930123456"]),
        ("+89990000001", ["+79990000001"]),
        ("+84951234567", ["+84951234567"]),
        ("+852 1234 5678", ["+85212345678"]),
        ("+٧٩٩٩٠٠٠٠٠٠١", ["+79990000001"]),
    ],
)
def test_numbers_in_a_field_become_e164(value: str, expected: list[str]) -> None:
    assert numbers(value) == expected


@pytest.mark.parametrize(
    "value",
    ["89990000001234", "", "12345", "101", "sip:sales@example.ru", "позвоните", "7,999E+10", "a@79990000001.ru"],
)
def test_what_is_no_number_gives_none(value: str) -> None:
    assert numbers(value) == []


def test_extension_is_told_apart_from_the_number() -> None:
    [phone] = phones_in_field("8 (495) 123-45-67, доб. 12", "RU")
    assert (phone.e164, phone.extension) == ("+74951234567", "12")


def test_assumed_country_is_a_warning() -> None:
    assert phones_in_field("8 999 000-00-01", "RU")[0].warning == "country RU assumed"
    assert phones_in_field("+7 999 000-00-01", "RU")[0].warning is None
    assert phones_in_field("123-45-67", "RU")[0].warning == "without an area code"


def test_region_of_the_source_decides_a_national_number() -> None:
    assert numbers("(212) 555-0123", "US") == ["+12125550123"]


def test_dates_addresses_and_order_numbers_in_a_text_are_no_phones() -> None:
    text = "Заказ 1234567890123 от 10.03.2026 14:22, IP 192.0.2.30. Звоните 8-999-000-03-02 или +44 7700 900123!"
    assert phones_in_text(text, "RU") == ("8-999-000-03-02", "+44 7700 900123")


def test_sip_line_stays_as_it_is() -> None:
    assert line_number("sip:roistat-0001@vpbx.mangosip.ru", "RU") == "sip:roistat-0001@vpbx.mangosip.ru"
    assert line_number("74950000010", "RU") == "+74950000010"


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("79990000001", "+79990000001"),
        ("89990000001", "89990000001"),
        ("81312345678", "+81312345678"),
        ("8613912345678", "+8613912345678"),
        ("810447700900123", "810447700900123"),
        ("9990000001", "9990000001"),
    ],
)
def test_a_carrier_s_number_gets_its_plus_unless_it_is_dialled_at_home(told: str, number: str) -> None:
    assert international(told) == number


@given(st.sampled_from(["+7", "8", "7", ""]), st.text("0123456789", min_size=10, max_size=10), REGIONS)
@example("8", "1012345678", "RU")
def test_quick_way_gives_what_libphonenumber_gives(prefix: str, digits: str, region: str) -> None:
    ours = numbers(prefix + digits, region)
    try:
        parsed = phonenumbers.parse(prefix + digits, region)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_possible_number(parsed):
        assert ours == [phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)]


@given(st.text() | DIGITS | DIGITS.map(lambda digits: f"+{digits}"), REGIONS)
def test_normalised_number_stays_as_it_is(value: str, region: str) -> None:
    for phone in phones_in_field(value, region):
        assert numbers(phone.e164, region) == [phone.e164]


@given(st.text("0123456789+-() .,/abdo\n", max_size=400), REGIONS)
def test_what_is_found_in_a_text_is_a_number_in_a_field(text: str, region: str) -> None:
    for written in phones_in_text(text, region):
        assert numbers(written, region)
