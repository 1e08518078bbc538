"""A filled honeypot alone makes spam; other signs only add points."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers.base import CallDraft, Draft, Found, Raw, SourceView, WireRequest
from lead_intake.providers.settings import SpamSettings
from lead_intake.screening.rules import Screening, Sign, content_key, screen

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
REQUEST = WireRequest("POST", "", "", {}, b"", AT, "192.0.2.7")
ANNA = [Raw("89990000001", "field phone")]


def source(spam: SpamSettings | None = None, number: int = 1) -> SourceView:
    return SourceView(UUID(int=number), UUID(int=2), "form", "generic", spam=spam or SpamSettings())


def normalised(draft: Draft) -> Normalised:
    found = Found(None, "inquiry", draft)
    return normalise(found, source(), submission_id=UUID(int=3), revision=1, received_at=AT)


def screened(draft: Draft, spam: SpamSettings | None = None) -> Screening:
    return screen(REQUEST, Found(None, "inquiry", draft), normalised(draft), source(spam))


def test_person_who_asks_is_no_spam() -> None:
    assert screened(Draft(full_name="Анна", phones=ANNA, message="Сколько стоит?")) == Screening()


def test_filled_honeypot_alone_is_spam_whatever_the_threshold() -> None:
    assert screened(Draft(phones=ANNA, honeypot="http://x"), SpamSettings(threshold=5000)).spam
    assert screened(Draft(phones=ANNA, honeypot="http://x")).reasons == ["honeypot"]


@pytest.mark.parametrize(
    "draft",
    [
        Draft(phones=ANNA, message="см. https://example.ru http://a.b www.c.d [url=e] https://f.g"),
        Draft(phones=[Raw("123", "field phone")], message="Сколько стоит?"),
        Draft(emails=[Raw("x@mailinator.com", "field email")]),
        Draft(phones=ANNA, fill_seconds=0.5),
    ],
)
def test_other_signs_only_add_points(draft: Draft) -> None:
    result = screened(draft, SpamSettings(minimum_fill_seconds=3))
    assert result.score > 0
    assert not result.spam


def test_a_link_in_the_name_counts_though_it_makes_no_name() -> None:
    assert screened(Draft(full_name="Сайт https://a.ru", phones=ANNA)).reasons == ["link_in_name"]


def test_several_signs_together_reach_the_threshold() -> None:
    draft = Draft(
        phones=[Raw("123", "field phone")], emails=[Raw("x@mailinator.com", "field email")],
        message="https://a https://b https://c https://d",
    )  # fmt: skip
    result = screened(draft)
    assert (result.score, result.reasons, result.spam) == (100, ["links", "impossible_phone", "disposable_email"], True)


def test_blocklists_of_the_source_are_kept() -> None:
    spam = SpamSettings(
        blocked_words=["Казино"], blocked_emails=["bad.example", "x@y.ru"], blocked_phones=["+79990000001"]
    )
    assert screened(Draft(phones=ANNA), spam).spam
    assert screened(Draft(emails=[Raw("any@bad.example", "field email")]), spam).reasons == ["blocked_email"]
    assert screened(Draft(emails=[Raw("a@b.ru", "field email")], message="лучшее казино"), spam).reasons == [
        "blocked_word"
    ]


def test_each_sign_tells_its_rule_points_and_what_it_saw() -> None:
    draft = Draft(emails=[Raw("x@mailinator.com", "field email")], message="https://a", fill_seconds=0.5)
    assert screened(draft, SpamSettings(minimum_fill_seconds=3)).signs == [
        Sign("filled_too_fast", 50, "0.5 s"), Sign("links", 10, "1"), Sign("disposable_email", 40, "mailinator.com")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spam", "reasons"),
    [
        (SpamSettings(blocked_countries=["RU"]), ["blocked_country"]),
        (SpamSettings(blocked_countries=["CN"]), []),
        (SpamSettings(blocked_addresses=["192.0.2.0/24", "2001:db8::/32"]), ["blocked_address"]),
        (SpamSettings(blocked_addresses=["192.0.2.7"]), ["blocked_address"]),
        (SpamSettings(blocked_addresses=["198.51.100.1"]), []),
    ],
)
def test_countries_of_phones_and_networks_of_senders_can_be_blocked(spam: SpamSettings, reasons: list[str]) -> None:
    assert screened(Draft(phones=ANNA), spam).reasons == reasons


def test_calls_and_switched_off_screening_have_no_score() -> None:
    call = Draft(call=CallDraft("inbound", "missed"), phones=[Raw("123", "from.number")])
    assert screened(call) == Screening()
    assert screened(Draft(honeypot="x"), SpamSettings(enabled=False)) == Screening()


def test_content_key_knows_a_repeat_by_site_contact_and_message() -> None:
    draft = Draft(phones=ANNA, message="Окна", touch={"page_url": "https://a.ru/x?utm_source=1"})
    key = content_key(normalised(draft), source())
    written_otherwise = Draft(
        phones=[Raw("+7 (999) 000-00-01", "x")], message="Окна", touch={"page_url": "https://a.ru/x?b=2"}
    )
    assert content_key(normalised(written_otherwise), source()) == key
    assert content_key(normalised(draft), source(number=9)) != key
    assert content_key(normalised(Draft(phones=ANNA, message="Двери")), source()) != key
