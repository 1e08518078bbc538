"""`/v1/cost-per-lead`: what a lead, a qualified lead and a sale cost."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from leadkit import clock
from leadkit.testing.services import RunningService

from tests.analytics.conftest import Books, money, new_books
from tests.analytics.projections.histories import attribution, lead
from tests.analytics.spring import APRIL, BRAND, NOW, SPEND, day


async def test_the_table_by_source_is_as_worked_out_by_hand(shop: Books) -> None:
    answer = await shop.get("cost-per-lead", **APRIL)
    assert answer["rows"] == [
        {
            "source": "yandex",
            "spend": money("1000.00"),
            "leads": 3,
            "qualified": 2,
            "won": 1,
            "revenue": money("90000.00"),
            "cost_per_lead": money("333.33"),
            "cost_per_qualified": money("500.00"),
            "cost_per_won": money("1000.00"),
            "romi": 89.0,
        },
        {
            "source": "google",
            "spend": money("500.01"),
            "leads": 1,
            "qualified": 0,
            "won": 0,
            "revenue": money("0.00"),
            "cost_per_lead": money("500.01"),
            "cost_per_qualified": None,
            "cost_per_won": None,
            "romi": -1.0,
        },
        {
            "source": "bing",
            "spend": money("100.00"),
            "leads": 0,
            "qualified": 0,
            "won": 0,
            "revenue": money("0.00"),
            "cost_per_lead": None,
            "cost_per_qualified": None,
            "cost_per_won": None,
            "romi": -1.0,
        },
        {
            "source": None,
            "spend": money("0.00"),
            "leads": 1,
            "qualified": 0,
            "won": 0,
            "revenue": money("0.00"),
            "cost_per_lead": money("0.00"),
            "cost_per_qualified": None,
            "cost_per_won": None,
            "romi": None,
        },
    ]
    assert answer["totals"]["spend"] == money("1600.01")
    assert answer["totals"]["cost_per_lead"] == money("320.00")
    assert answer["totals"]["cost_per_qualified"] == money("800.01")
    assert answer["read"] == "cells"


async def test_coverage_tells_how_far_the_costs_can_be_trusted(shop: Books) -> None:
    by_source = await shop.get("cost-per-lead", **APRIL)
    # 4 of 5 leads have a source that was paid for; 1,500.01 of 1,600.01 went where leads came from.
    assert by_source["coverage"] == {"leads": 0.8, "spend": float(Decimal("1500.01") / Decimal("1600.01"))}
    assert (by_source["unattributed"], by_source["share_unattributed"]) == (money("0.00"), 0.0)
    by_owner = await shop.get("cost-per-lead", by="owner", **APRIL)
    assert by_owner["unattributed"] == money("100.00")
    assert by_owner["share_unattributed"] == float(Decimal(100) / Decimal("1600.01"))
    assert by_owner["totals"] == by_source["totals"]


async def test_coverage_stands_beside_every_cost_that_is_asked_for(shop: Books) -> None:
    told = (await shop.get("cost-per-lead", **APRIL))["coverage"]
    for asked in ({"metrics": "cost_per_lead", "by": "source"}, {"metrics": "cac"}, {"metrics": "romi", "by": "owner"}):
        assert (await shop.get("query", **asked, **APRIL))["coverage"] == told, asked
    for by in ("owner", "source,week", "product"):
        assert (await shop.get("cost-per-lead", by=by, **APRIL))["coverage"] == told, by
    assert (await shop.get("query", metrics="spend,leads", by="source", **APRIL))["coverage"] is None


async def test_a_campaign_is_joined_by_its_id_before_its_name(shop: Books) -> None:
    answer = await shop.get("cost-per-lead", by="campaign", **APRIL)
    costs = {row["campaign"]: (row["leads"], row["spend"]["amount"]) for row in answer["rows"]}
    assert costs == {"brand": (3, "1000.00"), "spring": (1, "500.01"), "unattributed": (0, "100.00"), None: (1, "0.00")}


async def test_leads_of_another_campaign_id_claim_nothing_of_an_unknown_one(books: Books) -> None:
    with clock.at(NOW):
        await books.tell(("lead.created", lead(attribution=BRAND, occurred_at=day(1))))
        await books.spend(SPEND[0] | {"campaign_id": "c2", "campaign": None})
        answer = await books.get("cost-per-lead", by="channel", **APRIL)
    assert answer["unattributed"] == money("1000.00")


async def test_costs_come_as_csv_too(shop: Books) -> None:
    answer = await shop.client.get("/v1/cost-per-lead?from=2026-04-01&to=2026-05-01&format=csv")
    assert answer.text.splitlines()[1] == "yandex,1000.00,3,2,1,90000.00,333.33,500.00,1000.00,89.0,RUB"


some = st.sampled_from((None, "a", "b"))
named = st.fixed_dictionaries({"medium": some, "campaign": some, "campaign_id": st.sampled_from((None, "1", "2"))})
sources = st.sampled_from(("yandex", "google"))
spent = st.tuples(sources, named, st.integers(0, 10**7), st.integers(1, 5))
came = st.tuples(st.one_of(st.none(), sources), named, st.sampled_from(("form", "call")), st.integers(1, 5))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(spent, min_size=1, max_size=6), st.lists(came, max_size=6))
@example(  # spend without the id by which it is asked
    [("yandex", {"medium": None, "campaign": None, "campaign_id": None}, 0, 1)],
    [(None, {"medium": None, "campaign": None, "campaign_id": "1"}, "form", 1)],
)
async def test_spend_in_is_spend_out_to_the_cent_by_any_dimension(
    running_analytics: RunningService, spends: list[Any], leads: list[Any]
) -> None:
    books = await new_books(running_analytics)
    states = [
        lead(attribution=attribution(source=source, **names), channel=channel, occurred_at=day(number))
        for source, names, channel, number in leads
    ]
    await books.tell(*(("lead.created", state) for state in states))
    items = [
        {"date": (date(2026, 4, 1) + timedelta(days=number)).isoformat(), "source": source, "amount": _written(cents)}
        | names
        for source, names, cents, number in spends
    ]
    await books.spend(*items)
    whole = sum(cents for _, _, cents, _ in spends)
    for by in ("", "source", "campaign", "channel,week", "medium,campaign_id", "owner,day", "term"):
        answer = await books.get("cost-per-lead", by=by, **APRIL)
        assert answer["totals"]["spend"] == money(_written(whole)), by
        assert sum(Decimal(row["spend"]["amount"]) for row in answer["rows"]) == Decimal(whole) / 100, by
    # By source alone PostgreSQL tells what most leads with a campaign's id are called, else that is worked out here.
    assert await _by_source(books, "source") == await _by_source(books, "source,channel")


async def _by_source(books: Books, by: str) -> dict[str | None, Decimal]:
    sums: dict[str | None, Decimal] = {}
    for row in (await books.get("cost-per-lead", by=by, **APRIL))["rows"]:
        sums[row["source"]] = sums.get(row["source"], Decimal(0)) + Decimal(row["spend"]["amount"])
    return {source: amount for source, amount in sums.items() if amount}


def _written(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
