"""How contacts are written before they are hashed, value by value."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from crm_core.conversions.rules import (
    Conversion,
    google_conversion,
    google_email,
    google_phone,
    meta_email,
    meta_event,
    meta_name,
    meta_phone,
    sha256,
)

AT = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
MOSCOW = ZoneInfo("Europe/Moscow")


def made(**values: Any) -> Conversion:
    usual: dict[str, Any] = {
        "id": "42", "goal": "won", "at": AT, "emails": ["Ivan.Petrov@gmail.com"], "phones": ["+74951234567"],
        "first_name": "Иван", "last_name": "Петров", "amount": Decimal("21600.00"), "currency": "RUB",
        "click_ids": {}, "client_ids": {}, "clicked_at": None,
    }  # fmt: skip
    return Conversion(**usual | values)


def test_a_hash_is_that_of_the_algorithm_in_hexadecimal() -> None:
    # The vector of FIPS 180-2 for "abc".
    assert sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(
    ("normalise", "written", "normalised"),
    [
        (meta_email, " Ivan.Petrov@GMAIL.com ", "ivan.petrov@gmail.com"),
        (meta_email, "test@example.com", "test@example.com"),
        (meta_phone, "+7 (495) 123-45-67", "74951234567"),
        (meta_phone, "0049 30 901820", "4930901820"),
        (meta_phone, "+16505554444", "16505554444"),
        (meta_name, " ПЕТРОВ ", "петров"),
        (meta_name, "Mary", "mary"),
        (google_email, " Ivan.Petrov@GMAIL.com ", "ivanpetrov@gmail.com"),
        (google_email, "i.v.a.n@googlemail.com", "ivan@googlemail.com"),
        (google_email, "First.Last@example.com", "first.last@example.com"),
        (google_phone, "+7 (495) 123-45-67", "+74951234567"),
        (google_phone, "+74951234567", "+74951234567"),
    ],
)
def test_each_platform_hashes_what_it_itself_would_make_of_the_value(
    normalise: Any, written: str, normalised: str
) -> None:
    assert normalise(written) == hashlib.sha256(normalised.encode()).hexdigest()


def test_known_vectors_of_both_platforms() -> None:
    assert meta_email("test@example.com") == "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert google_email("test@example.com") == meta_email("test@example.com")
    assert meta_phone("+16505554444") != google_phone("+16505554444")


def test_meta_is_given_a_hash_as_it_is() -> None:
    hashed = "973DFE463EC85785F5F95AF5BA3906EEDB2D931C24E69824A89EA65DBA4E813B"
    assert meta_email(hashed) == hashed.lower()
    assert meta_phone("d" * 32) == "d" * 32


def test_a_meta_event_is_a_crm_event_with_time_value_and_hashed_person() -> None:
    event = meta_event(
        made(client_ids={"fbp": "fb.1.1.2"}, click_ids={"fbclid": "AbC"}, clicked_at=AT), "Purchase", MOSCOW
    )
    assert event["event_time"] == 1773306000
    assert (event["event_id"], event["action_source"]) == ("won:42", "system_generated")
    assert event["custom_data"] == {
        "event_source": "crm", "lead_event_source": "Leadflow", "value": 21600.0, "currency": "RUB",
    }  # fmt: skip
    user = event["user_data"]
    assert (user["fbp"], user["fbc"]) == ("fb.1.1.2", "fb.1.1773306000000.AbC")
    assert user["ln"] == [sha256("петров")]
    assert "Петров" not in str(event)


def test_a_google_conversion_has_local_time_identifiers_and_consent() -> None:
    told = google_conversion(made(amount=None, currency=None, click_ids={"gclid": "X"}), "Qualified lead", MOSCOW)
    assert told == {
        "conversionAction": "Qualified lead", "conversionDateTime": "2026-03-12 12:00:00+03:00", "orderId": "won:42",
        "gclid": "X", "consent": {"adUserData": "GRANTED"},
        "userIdentifiers": [
            {"hashedEmail": sha256("ivanpetrov@gmail.com")}, {"hashedPhoneNumber": sha256("+74951234567")},
        ],
    }  # fmt: skip
