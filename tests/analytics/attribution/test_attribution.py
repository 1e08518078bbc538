"""`/v1/reports/attribution`: persons' touches share their leads and money, whatever order they were told in."""

from datetime import UTC, datetime
from typing import Any

from analytics.attribution.models import ATTRIBUTION_MODELS
from leadkit.ids import new_id

from tests.analytics.conftest import Books, money
from tests.analytics.projections.histories import deal, inquiry, lead, told, touch

APRIL = {"from_": "2026-04-01", "to": "2026-05-01"}


def _day(day: int) -> str:
    return told(datetime(2026, 4, day, 9, tzinfo=UTC))


def _attribution(first: dict[str, Any] | None, last: dict[str, Any]) -> dict[str, Any]:
    return {"first": first or last, "last": last, "last_non_direct": last}


def _told() -> list[tuple[str, dict[str, Any]]]:
    """Two persons: one found us by yandex, came back by google and bought; one came by mail and did not."""
    anna, boris, contact = str(new_id()), str(new_id()), str(new_id())
    yandex, google = touch(source="yandex", at=_day(1)), touch(source="google", at=_day(8))
    mail = touch(source="mail", at=_day(3))
    seen = _attribution(yandex, google)
    return [
        ("lead.converted", lead(id=anna, contact_id=contact, occurred_at=_day(8), attribution=seen,
                                status="converted", reached={"qualified": _day(9), "converted": _day(9)})),
        ("inquiry.recorded", inquiry(lead_id=anna, attribution=seen, occurred_at=_day(8), received_at=_day(8))),
        ("deal.won", deal(lead_id=anna, contact_id=contact, status="won", won_at=_day(12), amount="1000.01")),
        ("inquiry.recorded", inquiry(contact_id=contact, attribution=_attribution(yandex, touch(at=_day(11))),
                                     occurred_at=_day(11), received_at=_day(11), result="attached")),
        ("lead.created", lead(id=boris, occurred_at=_day(3), attribution=_attribution(None, mail))),
        ("inquiry.recorded", inquiry(lead_id=boris, attribution=_attribution(None, mail), occurred_at=_day(3),
                                     received_at=_day(3))),
        ("lead.created", lead(occurred_at=_day(4))),
    ]  # fmt: skip


async def test_touches_share_leads_and_revenue_as_worked_out_by_hand(books: Books) -> None:
    await books.tell(*_told())
    linear = await books.get("reports/attribution", model="linear", **APRIL)
    assert linear["rows"] == [
        {"source": None, "leads": 1.0, "qualified": 0.0, "won": 0.33, "revenue": money("333.33")},
        {"source": "mail", "leads": 1.0, "qualified": 0.0, "won": 0.0, "revenue": money("0.00")},
        {"source": "yandex", "leads": 0.5, "qualified": 0.5, "won": 0.34, "revenue": money("333.34")},
        {"source": "google", "leads": 0.5, "qualified": 0.5, "won": 0.33, "revenue": money("333.34")},
    ]
    mixed = await books.get("reports/attribution", metric="leads:first,revenue:last_non_direct", **APRIL)
    assert mixed["models"] == {"leads": "first", "revenue": "last_non_direct"}
    owed = {row["source"]: (row["leads"], row["revenue"]["amount"]) for row in mixed["rows"]}
    assert owed == {"yandex": (1.0, "0.00"), "google": (0.0, "1000.01"), "mail": (1.0, "0.00"), None: (1.0, "0.00")}


async def test_every_model_sums_to_the_totals_of_the_cohort_in_any_order_of_events(books: Books) -> None:
    events = _told()
    await books.tell(*events[::-1])
    await books.tell(*events)
    query = (await books.get("query", metrics="leads,qualified,won,revenue", **APRIL))["totals"]
    for model in ATTRIBUTION_MODELS:
        for by in ("source", "medium,campaign"):
            answer = await books.get("reports/attribution", model=model.key, by=by, **APRIL)
            assert answer["totals"] == query, (model.key, by)


async def test_an_unknown_model_metric_or_dimension_is_refused_with_those_there_are(books: Books) -> None:
    for wrong in ({"model": "best"}, {"metric": "spam"}, {"by": "owner"}, {"metric": ","}):
        problem = await books.refused("reports/attribution", wrong)
        assert problem["type"] == "/problems/unknown-attribution"
    assert len((await books.get("attribution-models"))["items"]) == len(ATTRIBUTION_MODELS)


async def test_metrics_follow_a_model_and_every_model_gives_out_the_same_totals(books: Books) -> None:
    await books.tell(*_told())
    await books.spend({"date": "2026-04-01", "source": "yandex", "amount": "90.00"})
    await books.spend({"date": "2026-04-01", "source": "bing", "amount": "10.00"})
    metrics = "leads,revenue,spend,cost_per_lead,romi,leads_to_qualified"
    linear = await books.get("query", metrics=metrics, by="source", model="linear", **APRIL)
    rows = {row["source"]: row for row in linear["rows"]}
    assert rows["yandex"] == {
        "source": "yandex", "leads": 0.5, "revenue": money("333.34"), "spend": money("90.00"),
        "cost_per_lead": money("180.00"), "romi": rows["yandex"]["romi"], "leads_to_qualified": 1.0,
    }  # fmt: skip
    assert (rows["bing"]["leads"], rows["bing"]["cost_per_lead"]) == (0.0, None)
    # Of 3 leads half a one is owed to what was paid for; 90 of 100 went where leads came from.
    assert linear["coverage"] == {"leads": 0.5 / 3, "spend": 0.9}
    counted = (await books.get("query", metrics=metrics, **APRIL))["totals"]
    for model in (*(model.key for model in ATTRIBUTION_MODELS), "leads:first,revenue:data_driven"):
        for by in ("source", "campaign,source", ""):
            assert (await books.get("query", metrics=metrics, by=by, model=model, **APRIL))["totals"] == counted
    mixed = await books.get("query", metrics="revenue,leads", by="medium", model="leads:first", where="source:yandex")
    assert mixed["models"] == {"leads": "first", "revenue": "last_non_direct"}


async def test_what_no_model_gives_out_is_refused(books: Books) -> None:
    for wrong in (
        {"metrics": "spam"}, {"metrics": "leads", "by": "owner"}, {"metrics": "leads", "where": "channel:form"},
        {"metrics": "leads", "basis": "period"}, {"metrics": "leads", "model": "spam:linear"},
        {"metrics": "leads", "model": "best"},
    ):  # fmt: skip
        problem = await books.refused("query", {"model": "linear"} | wrong)
        assert problem["type"] == "/problems/unknown-attribution", wrong
