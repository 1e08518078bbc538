"""The canonical inquiry as a whole."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.pipeline import Normalised, bounded_id, normalise
from lead_intake.providers.base import CallDraft, ConsentDraft, Draft, Found, Raw, SourceView
from lead_intake.providers.settings import SourceDefaults, SourceSettings
from lead_intake.submissions import canonical
from lead_intake.submissions.rules import same_words
from leadkit.contracts.inquiry import Channel, Inquiry, Touch

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


TEXT = st.text(max_size=12) | st.sampled_from(
    ["ООО «Ромашка», Иван", "ИВАНОВ ПЁТР", "İ" * 300, "я" * 2100, "+7 999 000-00-01 доб. 5", "1e400", "{{phone}}",
     "a@b.ru", "https://a.ru/?utm_source=x&gclid=1&phone=1", "12 500 руб", "9" * 30, "\x00\ud800\u2028", "é" * 300,
     "ru", " "]
)  # fmt: skip
MAYBE = st.none() | TEXT
TIMES = st.none() | st.datetimes(datetime(1999, 1, 1), datetime(2027, 1, 1), timezones=st.timezones())
MARKS = st.dictionaries(
    st.sampled_from(["utm_source", "gclid", "_ga", "page_url", "referrer", "landing_url", "at"]), TEXT, max_size=3
)
DRAFTS = st.builds(
    Draft,
    full_name=MAYBE, first_name=MAYBE, last_name=MAYBE, name_verbatim=st.booleans(), company=MAYBE, position=MAYBE,
    phones=st.lists(st.builds(Raw, TEXT, st.just("field tel")), max_size=2),
    emails=st.lists(st.builds(Raw, TEXT, st.just("field mail")), max_size=2),
    messengers=st.lists(st.tuples(TEXT, TEXT), max_size=2), subject=MAYBE, message=MAYBE, product=MAYBE, region=MAYBE,
    language=MAYBE, budget=MAYBE, budget_currency=MAYBE, occurred_at=TIMES, touch=MARKS, first_touch=MARKS,
    call=st.none() | st.builds(CallDraft, st.just("inbound"), st.just("missed"), st.integers(), line_number=MAYBE),
    consent=st.none() | st.builds(ConsentDraft, st.booleans(), purpose=MAYBE, text=MAYBE, at=TIMES),
    extra=st.dictionaries(TEXT, st.none() | TEXT | st.integers() | st.floats() | st.lists(TEXT), max_size=2),
    in_reply_to=MAYBE, references=st.lists(TEXT, max_size=2), warnings=st.lists(st.just("odd"), max_size=1),
)  # fmt: skip


@given(DRAFTS)
def test_what_is_written_is_the_contract_s_inquiry_whatever_was_found(draft: Draft) -> None:
    one = done(draft)
    written = orjson.dumps(one.values, option=orjson.OPT_UTC_Z)
    inquiry = Inquiry.model_validate_json(written)
    assert same_words(orjson.loads(written), inquiry.model_dump(mode="json"))
    assert inquiry == one.inquiry
    orjson.dumps(one.lines)


@given(DRAFTS)
def test_normalising_what_is_normal_changes_nothing(draft: Draft) -> None:
    # Of names only the whole one: whose parts came in fields of their own is looked at differently.
    inquiry = done(replace(draft, first_name=None, last_name=None, name_verbatim=False)).inquiry
    again = done(canonical.draft(inquiry)).inquiry
    parts = {"person": {"first_name", "middle_name", "last_name"}}
    assert inquiry.model_dump(mode="json", exclude=parts) == again.model_dump(mode="json", exclude=parts)
