"""The demo's story: plausible, in the past, and told alike from the same seed."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import parse_qs

import httpx

from deploy.local.api import Api
from deploy.local.demo import story
from deploy.local.demo.doors import mango_call
from deploy.local.demo.people import population
from deploy.local.demo.sales import Work

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECRETS = {"vpbx_api_key": "key", "vpbx_api_salt": "salt"}


def test_same_seed_tells_the_same_story() -> None:
    first, second = (story.inquiries(Random(7), NOW, SECRETS) for _ in range(2))
    assert first == second
    assert first != story.inquiries(Random(8), NOW, SECRETS)


def test_inquiries_come_through_every_door_and_in_every_form_format() -> None:
    told = story.inquiries(Random(7), NOW, SECRETS)
    assert len(told) >= story.INQUIRIES
    assert set(Counter(inquiry.door for inquiry in told)) == {"form", "call", "email"}
    formats = {inquiry.headers["Content-Type"].partition(";")[0] for inquiry in told if inquiry.door == "form"}
    assert formats == {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}


def test_everything_happened_in_the_past_months() -> None:
    told = story.inquiries(Random(7), NOW, SECRETS)
    moments = [
        datetime.fromisoformat(json.loads(inquiry.content)["submitted_at"])
        for inquiry in told
        if inquiry.headers["Content-Type"] == "application/json"
    ]
    assert moments == sorted(moments)
    assert NOW - timedelta(days=story.DAYS + 1) < moments[0]
    assert moments[-1] < NOW


def test_people_differ_in_phone_and_address_and_some_write_english() -> None:
    people = population(Random(7), 300)
    assert len({person.phone for person in people}) == len({person.email for person in people}) == 300
    assert {person.language for person in people} == {"ru", "en"}
    assert all(person.email.isascii() for person in people)


def test_calls_are_signed_as_mango_office_signs() -> None:
    fields = parse_qs(mango_call(Random(7), "+79001234567", NOW, SECRETS).content.decode())
    [sign], [body] = fields["sign"], fields["json"]
    assert sign == hashlib.sha256(f"key{body}salt".encode()).hexdigest()


def test_every_paid_campaign_costs_something_on_every_day() -> None:
    items = story.spend_items(Random(7), NOW)
    per_campaign = Counter((item["source"], item["campaign"]) for item in items)
    assert set(per_campaign.values()) == {story.DAYS + 1}
    assert len({(item["source"], item["campaign"], item["date"]) for item in items}) == len(items)


def test_every_campaign_brings_visits_on_every_day() -> None:
    visits = story.visit_items(Random(7), NOW)
    assert len({(item["source"], item["medium"], item["campaign"], item["date"]) for item in visits}) == len(visits)
    assert sum(int(str(item["visits"])) for item in visits) > 20 * story.INQUIRIES


def test_a_lead_that_a_call_has_begun_meanwhile_is_left_to_whoever_called() -> None:
    asked = []

    def refusing(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(409, json={"status": 409, "title": "Conflict"})

    lead = {"id": "7", "occurred_at": "2026-09-01T09:00:00Z", "attribution": {"last": None}}
    with httpx.Client(transport=httpx.MockTransport(refusing)) as client:
        Work(Api(client, "http://core", "token"), lead, ["first"], NOW).until_done()
    assert asked == ["/v1/leads/7/start"]
