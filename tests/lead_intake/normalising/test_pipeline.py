"""The canonical inquiry as a whole."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from lead_intake.normalising.pipeline import Normalised, bounded_id, normalise
from lead_intake.providers.base import CallDraft, Draft, Found, Raw, SourceView
from lead_intake.providers.settings import SourceDefaults, SourceSettings
from leadkit.contracts.inquiry import Channel, Touch

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)


def source(channel: Channel = "form", defaults: SourceDefaults | None = None, **settings: Any) -> SourceView:
    return SourceView(
        UUID(int=1), UUID(int=2), channel, "generic", SourceSettings(**settings), defaults=defaults or SourceDefaults()
    )


def done(draft: Draft, of: SourceView | None = None, disposition: Any = "inquiry") -> Normalised:
    found = Found("id-1", disposition, draft)
    return normalise(found, of or source(), submission_id=UUID(int=3), revision=2, received_at=AT)


def phone(value: str) -> list[Raw]:
    return [Raw(value, "field phone")]


def test_inquiry_carries_the_submission_and_the_source() -> None:
    inquiry = done(Draft(phones=phone("89990000001"))).inquiry
    assert (inquiry.id, inquiry.revision, inquiry.source_id, inquiry.external_id) == (
        UUID(int=3),
        2,
        UUID(int=1),
        "id-1",
    )
    assert (inquiry.occurred_at, inquiry.received_at) == (AT, AT)


def test_long_ids_are_hashed_and_dirty_ones_cleaned() -> None:
    assert bounded_id("a" * 255) == "a" * 255
    assert bounded_id("я" * 200) == bounded_id("я" * 200)
    assert str(bounded_id("я" * 200)).startswith("sha256:")
    assert bounded_id("a\x00b ") == "ab"
    assert bounded_id("") is None


def test_defaults_of_the_source_fill_what_the_inquiry_does_not_say() -> None:
    defaults = SourceDefaults(
        attribution=Touch(source="2gis", medium="referral"), product="Окна", region="Омск", language="ru"
    )
    bare = done(Draft(phones=phone("89990000001")), source(defaults=defaults)).inquiry
    assert (bare.product, bare.region, bare.language) == ("Окна", "Омск", "ru")
    assert bare.attribution.last is not None
    assert (bare.attribution.last.source, bare.attribution.last.channel_group) == ("2gis", "referral")
    told = done(
        Draft(phones=phone("89990000001"), product="Двери", touch={"utm_source": "vk"}), source(defaults=defaults)
    ).inquiry
    assert told.product == "Двери"
    assert told.attribution.last is not None
    assert told.attribution.last.source == "vk"


def test_own_numbers_are_never_a_clients_phone() -> None:
    one = done(Draft(phones=phone("8 495 123-45-67")), source(own_numbers=["+7 (495) 123-45-67"]))
    assert (one.inquiry.phones, one.status) == ([], "interest")


def test_name_of_a_carrier_is_kept_verbatim_with_a_warning() -> None:
    one = done(Draft(full_name="SAMPLE JANE", name_verbatim=True, phones=phone("89990000001")))
    assert one.inquiry.person.full_name == "SAMPLE JANE"
    assert [line.warning for line in one.report if line.field == "person/full_name"] == ["capitals not repaired"]


def test_extension_and_what_is_no_email_stay_in_extra() -> None:
    draft = Draft(phones=phone("8 495 123-45-67 доб. 12"), emails=[Raw("нет", "field email")])
    assert done(draft).inquiry.extra == {"phone_extension": "12", "email": "нет"}


def test_call_without_a_caller_is_ignored_and_anything_else_is_an_interest() -> None:
    call = Draft(call=CallDraft("inbound", "missed", line_number="74950000010"))
    assert (done(call, source("call")).status, done(call, source("call")).reason) == ("ignored", "hidden_number")
    assert done(Draft(message="Сколько стоит?")).status == "interest"
    reachable = Draft(call=CallDraft("inbound", "missed"), messengers=[("sip", "a@b.ru")])
    assert done(reachable, source("call")).status == "ready"


@pytest.mark.parametrize("disposition", ["pending", "update"])
def test_what_waits_for_more_is_pending(disposition: str) -> None:
    assert done(Draft(phones=phone("89990000001")), disposition=disposition).status == "pending"


def test_message_is_trimmed_to_its_limit_with_a_warning() -> None:
    one = done(Draft(message="я" * 30000, phones=phone("89990000001")))
    assert len(one.inquiry.message or "") == 20000
    assert [line.warning for line in one.report if line.field == "message"] == ["cut to 20,000 characters"]


def test_budget_becomes_money_or_stays_as_written() -> None:
    budget = done(Draft(budget="12 500 руб", phones=phone("1"))).inquiry.budget
    assert budget is not None
    assert budget.model_dump(mode="json") == {"amount": "12500.00", "currency": "RUB"}
    assert done(Draft(budget="обсудим")).inquiry.extra["budget"] == "обсудим"
