from itertools import starmap
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lead_intake.normalising.attribution import _pairs, touch
from lead_intake.normalising.marks import ADDRESSES, CLICK_IDS, CLIENT_IDS, UTM
from lead_intake.normalising.report import Report, ReportLine
from leadkit.contracts.inquiry import Touch

VALUES = st.text(max_size=40) | st.sampled_from(
    [
        "https://a.ru/?utm_source=x&gclid=1&phone=1",
        "https://vk.com/",
        "cpc",
        "vk",
        "{ad_id}",
        "GA1.2.3.4",
        "https://",
        "//",
    ]
)


def of(marks: dict[str, str], channel: Any = "form", own: list[str] | None = None) -> dict[str, Any]:
    return touch(marks, channel, own or [], None, "attribution/last", [])


@pytest.mark.parametrize(
    ("marks", "group"),
    [
        ({"utm_source": "google", "utm_medium": "cpc"}, "paid_search"),
        ({"utm_source": "vk", "utm_medium": "cpc"}, "social"),
        ({"utm_source": "google", "utm_medium": "organic"}, "organic"),
        ({"utm_source": "news", "utm_medium": "email"}, "email"),
        ({"utm_source": "telegram"}, "messenger"),
        ({"utm_source": "leaflet", "utm_medium": "qr"}, "offline"),
        ({"yclid": "123"}, "paid_search"),
        ({"referrer": "https://yandex.ru/search"}, "organic"),
        ({"referrer": "https://www.google.co.uk/"}, "organic"),
        ({"referrer": "https://m.vk.com/feed"}, "social"),
        ({"referrer": "https://t.me/"}, "messenger"),
        ({"referrer": "https://blog.example.org/post"}, "referral"),
        ({"referrer": "https://m.ok.ru/"}, "social"),
        ({"referrer": "https://e.mail.ru/inbox"}, "email"),
        ({"referrer": "android-app://com.google.android.gm/"}, "email"),
        ({"referrer": "https://docs.google.com/"}, "referral"),
        ({"referrer": "https://e.shop.example/"}, "referral"),
        ({"referrer": "https://go.mail.ru/search"}, "organic"),
        ({"page_url": "https://a.ru/"}, "direct"),
        ({"page_url": "https://a.ru/", "referrer": "https://www.a.ru/cart"}, "direct"),
        ({"page_url": "https://a.ru/", "referrer": "https://yookassa.ru/pay"}, "direct"),
    ],
)
def test_channel_group_follows_from_the_marks(marks: dict[str, str], group: str) -> None:
    assert of(marks)["channel_group"] == group


@pytest.mark.parametrize(
    ("channel", "group"), [("call", "call"), ("email", "email"), ("chat", "messenger"), ("import", "offline")]
)
def test_without_marks_the_channel_tells_the_group(channel: str, group: str) -> None:
    assert of({}, channel)["channel_group"] == group
    assert of({}, "form") == {}


def test_untagged_visit_gets_source_and_medium_from_click_id_or_referrer() -> None:
    assert (of({"yclid": "1"})["source"], of({"yclid": "1"})["medium"]) == ("yandex", "cpc")
    search = of({"referrer": "https://duckduckgo.com/?q=x"})
    assert (search["source"], search["medium"]) == ("duckduckgo", "organic")
    assert of({"utm_source": "{source}", "utm_medium": "cpc", "gclid": "1"})["source"] == "google"


def test_fields_go_before_addresses_and_placeholders_are_empty() -> None:
    told = of(
        {
            "utm_source": "vk",
            "utm_campaign": "{campaign_id}",
            "landing_url": "https://a.ru/?utm_source=x&utm_campaign=y",
        }
    )
    assert (told["source"], told["campaign"]) == ("vk", "y")


def test_personal_values_leave_the_address() -> None:
    assert (
        of({"page_url": "https://a.ru/?email=a@b.ru&utm_source=x&phone=7"})["page_url"] == "https://a.ru/?utm_source=x"
    )


def test_own_domains_are_no_referrers() -> None:
    assert (
        of({"referrer": "https://shop.a.ru/", "page_url": "https://b.ru/"}, own=["a.ru"])["channel_group"] == "direct"
    )


def test_each_value_has_a_line_in_the_report() -> None:
    report: Report = []
    touch({"_ga": "GA1.2.11.22", "utm_source": "vk"}, "form", [], None, "attribution/last", report)
    assert [(line.field, line.value, line.raw, line.rule) for line in starmap(ReportLine, report)] == [
        ("attribution/last/ga", "11.22", "GA1.2.11.22", "field _ga"),
        ("attribution/last/source", "vk", "vk", "field utm_source"),
    ]


@given(st.dictionaries(st.sampled_from([*UTM, *CLICK_IDS, *CLIENT_IDS, *ADDRESSES]), VALUES, max_size=6))
def test_normalised_touch_is_valid_and_stays_as_it_is(marks: dict[str, str]) -> None:
    first = of(marks)
    told = Touch.model_validate(first).model_dump(exclude_none=True)
    again = {
        **{f"utm_{key}": told[key] for key in ("source", "medium", "campaign", "content", "term") if key in told},
        **{key: told[key] for key in ("landing_url", "page_url", "referrer") if key in told},
        **told["click_ids"],
    }
    repeated = Touch.model_validate(of(again)).model_dump(exclude_none=True)
    kept = ("source", "medium", "landing_url", "page_url", "referrer", "click_ids")
    assert {key: repeated.get(key) for key in kept} == {key: told.get(key) for key in kept}


@given(st.text(st.sampled_from("abй=&;%+1 "), max_size=12))
def test_query_is_taken_apart_as_the_library_does_it(query: str) -> None:
    assert _pairs(query) == parse_qsl(query)
