"""`/v1/reports`: the standard reports of the shop, whose numbers were worked out by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from leadkit import clock
from leadkit.testing.services import RunningService

from tests.analytics.conftest import Books, money, new_books
from tests.analytics.projections.histories import deal, lead, told
from tests.analytics.spring import ANNA, APRIL, BORIS, TOO_DEAR

Row = dict[str, Any]


async def _rows(shop: Books, report: str, *columns: str, **params: str) -> list[list[Any]]:
    answer = await shop.get(f"reports/{report}", **(APRIL | params))
    assert answer["report"] == report
    assert all(list(row) == answer["columns"] for row in answer["rows"])
    return [[row[column] for column in columns] for row in answer["rows"]]


async def test_leads_by_status(shop: Books) -> None:
    rows = await _rows(shop, "leads-by-status", "status", "leads", "share")
    assert {row[0]: row[1:] for row in rows} == {
        status: [1, 0.2] for status in ("converted", "qualified", "disqualified", "in_progress", "new")
    }


async def test_leads_by_source_has_the_largest_first(shop: Books) -> None:
    rows = await _rows(shop, "leads-by-source", "source", "leads", "share", "cost_per_lead")
    assert rows[0] == ["yandex", 3, 0.6, money("333.33")]
    # Bing cost 100.00 and brought nobody: without it the rows would not sum to what was spent.
    assert {row[0] for row in rows[1:]} == {"google", "bing", None}
    [[_, few]] = await _rows(
        shop, "leads-by-source", "leads_to_won_low", "leads_to_won_few", where="source:yandex", intervals="true"
    )
    assert few is True


async def test_leads_by_manager(shop: Books) -> None:
    rows = await _rows(shop, "leads-by-manager", "owner_name", "leads", "qualified", "customers", "revenue")
    assert sorted(rows, key=str) == [
        ["Анна", 2, 1, 1, money("90000.00")], ["Борис", 2, 1, 0, money("0.00")], [None, 1, 0, 0, money("0.00")],
    ]  # fmt: skip


async def test_loss_reasons(shop: Books) -> None:
    rows = await _rows(shop, "loss-reasons", "loss_reason", "loss_reason_name", "disqualified", "lost", "share")
    assert rows == [[TOO_DEAR, "Дорого", 1, 0, 1.0]]


async def test_card_completeness(shop: Books) -> None:
    assert await _rows(shop, "card-completeness", "leads", "completeness", by="source", where="source:google") == [
        [1, 0.25]
    ]


async def test_reports_are_asked_by_other_dimensions_with_conditions(shop: Books) -> None:
    rows = await _rows(shop, "leads-by-status", "owner_name", "leads", by="owner", where=f"owner:{BORIS}")
    assert rows == [["Борис", 2]]
    problem = await shop.refused("reports/assignment-fairness", {"by": "source"})
    assert problem["type"] == "/problems/unknown-dimension"


async def test_a_report_is_csv_too_and_keeps_its_tag(shop: Books) -> None:
    asked = {"from": "2026-04-01", "to": "2026-05-01", "format": "csv"}
    answer = await shop.client.get("/v1/reports/loss-reasons", params=asked)
    lines = answer.text.split("\r\n")
    assert lines[0] == "loss_reason,loss_reason_name,disqualified,lost,share"
    assert lines[1].endswith("Дорого,1,0,1.0")
    again = await shop.client.get(
        "/v1/reports/loss-reasons", params=asked, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


async def test_the_catalogue_names_every_report(shop: Books) -> None:
    listed = [report["path"] for report in (await shop.get("reports"))["items"]]
    assert len(listed) == 9
    for path in listed:
        await shop.get(path.removeprefix("/v1/"))


def _given(owner: str, at: datetime, **values: Any) -> Row:
    owned = {"owner_id": owner, "team_id": None, "owners": [{"owner_id": owner, "team_id": None, "at": told(at)}]}
    moments = dict.fromkeys(("occurred_at", "created_at", "updated_at"), told(at))
    return lead(**moments, **owned, reached={"assigned": told(at)}, **values)


@pytest.mark.usefixtures("shop")
async def test_response_time_and_fairness_are_told_by_whom_leads_were_given_to(
    running_analytics: RunningService,
) -> None:
    books = await new_books(running_analytics)
    start = datetime(2026, 4, 6, 8, tzinfo=UTC)
    minutes = timedelta(minutes=1)
    quick = {"respond_by": told(start + 15 * minutes), "first_response_at": told(start + 5 * minutes)}
    late = {"respond_by": told(start + 15 * minutes), "first_response_at": told(start + 60 * minutes)}
    given = [_given(ANNA, start, **quick) for _ in range(3)] + [_given(BORIS, start, **late)]
    # Given to Anna first, and handed on: it was Anna who was given it.
    handed = _given(ANNA, start, **quick)
    handed |= {"owner_id": BORIS, "owners": [*handed["owners"], handed["owners"][0] | {"owner_id": BORIS,
               "at": told(start + 30 * minutes)}]}  # fmt: skip
    await books.tell(*(("lead.updated", state) for state in (*given, handed)))
    with clock.at(datetime(2026, 4, 8, tzinfo=UTC)):
        answer = await books.get("reports/response-time", by="owner", basis="period", **APRIL)
        fair = await books.get("reports/assignment-fairness", **APRIL)
    times = {row["owner"]: row for row in answer["rows"]}
    assert times[ANNA]["first_response"] == pytest.approx(300, rel=0.021)
    assert (times[ANNA]["answered_in_time_share"], times[BORIS]["answered_in_time_share"]) == (1.0, 0.0)
    found = {row["owner"]: (row["assigned"], row["expected"], row["breaches"]) for row in fair["rows"]}
    assert fair["basis"] == "period"
    assert found == {ANNA: (4, 2.5, 0), BORIS: (1, 2.5, 1)}


async def test_the_forecast_goes_on_from_complete_weeks(running_analytics: RunningService) -> None:
    now = datetime(2026, 4, 15, 12, tzinfo=UTC)  # a Wednesday
    with clock.at(now):
        books = await new_books(running_analytics)
    states, sales = [], []
    for week in range(13):
        at = told(now - timedelta(weeks=week))
        moments = dict.fromkeys(("occurred_at", "created_at", "updated_at"), at)
        states += [lead(**moments) for _ in range(4 if week else 1)]
        sales.append(deal(status="won", won_at=at, created_at=at, updated_at=at, amount="100.00"))
    await books.tell(*(("lead.updated", state) for state in states), *(("deal.won", sale) for sale in sales))
    with clock.at(now):
        answer = await books.get("reports/forecast", weeks="2")
        written = await books.client.get("/v1/reports/forecast", params={"format": "csv"})
    history = [row for row in answer["rows"] if row["kind"] == "history"]
    coming = [row for row in answer["rows"] if row["kind"] == "forecast"]
    assert (len(history), history[0]["leads"], history[-1]["week"]) == (12, 4, "2026-04-06")
    assert [row["week"] for row in coming] == ["2026-04-13", "2026-04-20"]
    assert coming[0]["leads"] == 4.0
    assert coming[0]["leads_low"] == pytest.approx(0.1, abs=0.05)
    assert coming[0]["revenue"] == money("100.00")
    assert answer["this_week"]["leads"] == 1
    assert answer["backtest"]["leads"] == {"weeks": 4, "within": 1.0, "error": 0.0, "naive_error": 0.0}
    assert written.text.startswith("week,kind,leads,leads_low,leads_high,revenue,revenue_low,revenue_high,currency")


async def test_a_young_workspace_has_no_forecast_yet(running_analytics: RunningService) -> None:
    books = await new_books(running_analytics)
    answer = await books.get("reports/forecast")
    assert (answer["rows"], answer["backtest"]) == ([], {"leads": None, "revenue": None})
