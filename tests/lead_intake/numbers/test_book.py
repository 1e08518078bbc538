"""What a called number stands for: by source, by time, and how it is written."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.numbers.book import NumberBook, NumberUse, overlap
from lead_intake.providers.base import CallDraft, Draft, Found, Raw, SourceView
from lead_intake.providers.settings import SourceDefaults
from lead_intake.submissions.canonical import draft
from leadkit.contracts.inquiry import Touch

AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
OURS, OTHER = UUID(int=1), UUID(int=2)
LINE = "+73832553333"
DAYS = st.none() | st.integers(0, 6).map(lambda day: AT + timedelta(days=day))


def use(**values: Any) -> NumberUse:
    told = {"number": LINE, "source_id": None, "kind": "static", "label": None, "attribution": None, "since": None}
    return NumberUse(**{**told, "until": None, **values})


def received(
    *uses: NumberUse, line: str = "73832553333", touch: dict[str, str] | None = None, **fields: Any
) -> Normalised:
    view = SourceView(OURS, UUID(int=9), "call", "mango_office", numbers=NumberBook(uses), **fields)
    call = CallDraft("inbound", "answered", 10, line_number=line)
    drafted = Draft(phones=[Raw("89990000101", "from"), Raw(LINE, "to")], call=call, touch=touch or {}, occurred_at=AT)
    found = Found("x", "inquiry", drafted)
    return normalise(found, view, submission_id=UUID(int=3), revision=1, received_at=AT + timedelta(hours=1))


def test_number_of_the_source_goes_before_that_of_any_and_others_are_nothing_to_it() -> None:
    any_source, ours, other = use(), use(source_id=OURS), use(source_id=OTHER)
    book = NumberBook([any_source, other, ours])
    assert book.use_of(LINE, OURS, AT) is ours
    assert book.use_of(LINE, UUID(int=5), AT) is any_source
    assert NumberBook([other]).use_of(LINE, OURS, AT) is None


def test_number_moves_from_one_campaign_to_another_at_its_time() -> None:
    before, after = use(until=AT), use(since=AT)
    book = NumberBook([before, after])
    assert book.use_of(LINE, OURS, AT - timedelta(seconds=1)) is before
    assert book.use_of(LINE, OURS, AT) is after


@given(st.tuples(DAYS, DAYS, DAYS, DAYS))
def test_two_uses_overlap_exactly_when_one_call_could_mean_both(days: tuple[datetime | None, ...]) -> None:
    one, other = (use(since=days[i], until=days[i + 1]) for i in (0, 2))
    if any(a.since and a.until and a.since >= a.until for a in (one, other)):
        return
    hours = [AT + timedelta(hours=12 * hour) for hour in range(-2, 16)]
    assert overlap(one, other) == any(one.counts_at(at) and other.counts_at(at) for at in hours)
    assert not overlap(one, use(source_id=OURS))


@pytest.mark.parametrize("line", ["sip:Roistat-0001@vpbx.example.ru", "roistat-0001@VPBX.example.ru"])
def test_sip_lines_are_the_same_in_any_case(line: str) -> None:
    assert NumberBook([use(number="sip:roistat-0001@vpbx.example.ru")]).use_of(line, OURS, AT) is not None


def test_called_number_decides_the_campaign_and_names_the_call() -> None:
    campaign = Touch(source="yandex", medium="cpc", campaign="spring")
    inquiry = received(use(attribution=campaign, label="Landing page")).inquiry
    last = inquiry.attribution.last
    assert last is not None
    assert (last.source, last.medium, last.campaign, last.channel_group) == ("yandex", "cpc", "spring", "paid_search")
    assert inquiry.attribution.call_tracking == {"number": LINE, "type": "static", "label": "Landing page"}
    assert inquiry.subject == "Call to +7 383 255-33-33"
    assert inquiry.language is None
    assert inquiry.phones == ["+79990000101"]


def test_what_the_provider_tells_of_the_visitor_goes_before_the_number_and_that_before_the_source() -> None:
    number = use(kind="dynamic", attribution=Touch(source="pool", campaign="pool"))
    defaults = SourceDefaults(attribution=Touch(source="pbx", term="x"))
    told = received(number, touch={"utm_source": "vk"}, defaults=defaults).inquiry.attribution.last
    assert told is not None
    assert (told.source, told.campaign) == ("vk", None)
    filled = received(number, defaults=defaults).inquiry.attribution.last
    assert filled is not None
    assert (filled.source, filled.campaign, filled.channel_group) == ("pool", "pool", "call")
    only_source = received(use(label="x"), defaults=defaults).inquiry.attribution.last
    assert only_source is not None
    assert only_source.source == "pbx"


def test_unknown_and_sip_lines_are_named_as_they_are() -> None:
    assert (
        received(line="sip:roistat-0001@vpbx.example.ru").inquiry.subject == "Call to sip:roistat-0001@vpbx.example.ru"
    )
    without = received(line="")
    assert (without.inquiry.subject, without.inquiry.attribution.call_tracking) == (None, None)


def test_subject_that_we_gave_says_nothing_of_the_callers_language() -> None:
    one = received()
    again = normalise(
        Found("x", "inquiry", draft(one.inquiry)), SourceView(OURS, UUID(int=9), "call", "mango_office"),
        submission_id=UUID(int=3), revision=1, received_at=AT + timedelta(hours=1),
    )  # fmt: skip
    assert (again.inquiry.subject, again.inquiry.language) == ("Call to +7 383 255-33-33", None)
