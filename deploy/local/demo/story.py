"""What happened in the made-up months: who inquired when and how. Pure: the same random seed tells the same story."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from random import Random

from deploy.local.demo.campaigns import CAMPAIGNS, Campaign, campaign_for
from deploy.local.demo.doors import WireInquiry, form_fields, mango_call, posted_form, raw_email
from deploy.local.demo.people import Person, population

DAYS = 90
INQUIRIES = 360
ASKS_AGAIN = 0.1
VISITS_AN_INQUIRY = 30


def inquiries(random: Random, now: datetime, telephony: Mapping[str, str]) -> list[WireInquiry]:
    """All requests, oldest first. Some people ask twice; a few requests are spam, repeats, or leave no contact."""
    moments = sorted(_moment(random, now) for _ in range(INQUIRIES))
    strangers = population(random, INQUIRIES)
    told: list[WireInquiry] = []
    for number, at in enumerate(moments):
        again = number > 0 and random.random() < ASKS_AGAIN
        person = strangers[random.randrange(max(0, number - 20), number)] if again else strangers[number]
        told.extend(_one(random, person, at, telephony))
    return told


def _moment(random: Random, now: datetime) -> datetime:
    """Business grows a little over the months and rests at night and at weekends."""
    while True:
        days_ago = DAYS * (1 - random.random() ** 0.8)
        day = now - timedelta(days=days_ago)
        at = datetime.combine(day.date(), time(random.randint(8, 20), random.randrange(60)), tzinfo=now.tzinfo)
        if at < now - timedelta(minutes=30) and (at.weekday() < 5 or random.random() < 0.35):
            return at


def _one(random: Random, person: Person, at: datetime, telephony: Mapping[str, str]) -> Iterator[WireInquiry]:
    channel = random.choices(("form", "call", "email", "oddity"), (58, 22, 14, 6))[0]
    if channel == "form":
        campaign = campaign_for(random, person.language)
        yield posted_form(random, form_fields(random, person, campaign, at))
    elif channel == "call":
        yield mango_call(random, person.phone, at, telephony, answered=random.random() < 0.7)
    elif channel == "email":
        yield raw_email(random, person, at)
    else:
        yield from _oddity(random, person, at, telephony)


def _oddity(random: Random, person: Person, at: datetime, telephony: Mapping[str, str]) -> Iterator[WireInquiry]:
    """What a door meets beside leads: a robot, a double click, a form without contact, a call of our own."""
    campaign = campaign_for(random, person.language)
    fields = form_fields(random, person, campaign, at)
    kind = random.choice(("robot", "double", "nobody", "ours"))
    if kind == "robot":
        yield posted_form(random, {**fields, "website": "https://casino.example", "message": "BUY NOW"})
    elif kind == "double":
        once = posted_form(random, fields)
        yield from (once, once)
    elif kind == "nobody":
        contacts = ("phone", "email")
        yield posted_form(random, {name: value for name, value in fields.items() if name not in contacts})
    else:
        yield mango_call(random, person.phone, at, telephony, direction=2)


def spend_items(random: Random, now: datetime) -> list[dict[str, object]]:
    """What every paid campaign cost on every day, with some noise and less at weekends."""
    return [
        _spend(random, campaign, now - timedelta(days=days_ago))
        for campaign in CAMPAIGNS
        if campaign.roubles_a_day
        for days_ago in range(DAYS + 1)
    ]


def visit_items(random: Random, now: datetime) -> list[dict[str, object]]:
    """The visits that every campaign brought on every day: some thirty for each inquiry, fewer at weekends."""
    return [
        {"date": day.date().isoformat(), "source": campaign.source, "medium": campaign.medium,
         "campaign": campaign.name, "visits": _visits(random, campaign, day)}
        for campaign in CAMPAIGNS
        for day in (now - timedelta(days=days_ago) for days_ago in range(DAYS + 1))
    ]  # fmt: skip


def _visits(random: Random, campaign: Campaign, day: datetime) -> int:
    usual = VISITS_AN_INQUIRY * campaign.share * INQUIRIES / DAYS
    return round(usual * random.uniform(0.7, 1.3) * (0.5 if day.weekday() >= 5 else 1))


def _spend(random: Random, campaign: Campaign, day: datetime) -> dict[str, object]:
    roubles = campaign.roubles_a_day * random.uniform(0.7, 1.3) * (0.5 if day.weekday() >= 5 else 1)
    clicks = max(1, int(roubles / random.uniform(45, 90)))
    return {
        "date": day.date().isoformat(),
        "source": campaign.source,
        "medium": campaign.medium,
        "campaign": campaign.name,
        "amount": {"amount": f"{roubles:.2f}", "currency": "RUB"},
        "clicks": clicks,
        "impressions": clicks * random.randint(20, 60),
    }
