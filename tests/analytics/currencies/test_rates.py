"""`/v1/exchange-rates`: the last rate known on a day converts, and a changed one restates what was spent."""

from datetime import UTC, datetime
from typing import Any

from tests.analytics.conftest import Books, money
from tests.analytics.projections.histories import attribution, deal, lead, told

APRIL = {"from_": "2026-04-01", "to": "2026-05-01"}


def _usd(day: int, amount: str, **values: Any) -> dict[str, Any]:
    spent = {"amount": amount, "currency": "USD"}
    return {"date": f"2026-04-{day:02}", "source": "google", "campaign": "brand", "amount": spent} | values


async def _tell(books: Books, *rates: tuple[str, str], status: int = 200, **more: Any) -> Any:
    items = [{"date": day, "currency": "USD", "rate": rate} | more for day, rate in rates]
    answer = await books.client.post("/v1/exchange-rates", json={"items": items})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_each_day_is_converted_with_the_last_rate_known_by_then(books: Books) -> None:
    await _tell(books, ("2026-04-02", "90"), ("2026-04-04", "100.5"))
    await books.spend(_usd(1, "1.00"), _usd(2, "1.00"), _usd(3, "1.00"), _usd(5, "1.00"))
    table = await books.get("cost-per-lead", by="day", **APRIL)
    spent = {row["day"]: row["spend"]["amount"] for row in table["rows"]}
    assert spent == {"2026-04-02": "90.00", "2026-04-03": "90.00", "2026-04-05": "100.50"}
    assert table["left_out"] == [{"amount": "1.00", "currency": "USD"}]


async def test_a_changed_rate_restates_what_it_converts(books: Books) -> None:
    await _tell(books, ("2026-04-01", "90"))
    posted = await books.spend(_usd(1, "10.00"))
    assert (posted["after"], posted["left_out"]) == (money("900.00"), [])
    assert await _tell(books, ("2026-04-01", "80")) == {"items": 1, "created": 0, "changed": 1, "unchanged": 0}
    assert (await books.get("query", metrics="spend", **APRIL))["totals"]["spend"] == money("800.00")
    assert (await books.spend(_usd(1, "11.00")))["before"] == money("800.00")


async def test_converted_spend_sums_to_the_same_by_anything(books: Books) -> None:
    await _tell(books, ("2026-03-01", "91.2345"))
    await books.spend(*(_usd(day, f"0.{day:02}", campaign=f"c{day % 3}", ad_id=f"{day}") for day in range(1, 29)))
    await books.spend({"date": "2026-04-01", "source": "yandex", "amount": "7.77"})
    totals = [
        (await books.get("query", metrics="spend", by=by, **APRIL))["totals"]["spend"]
        for by in ("", "source", "campaign", "day", "owner", "ad_id")
    ]
    assert totals == [totals[0]] * 6


async def test_rates_are_listed_and_what_is_none_is_refused(books: Books) -> None:
    await _tell(books, ("2026-04-01", "90.50"), ("2026-04-02", "91"))
    listed = (await books.get("exchange-rates", currency="USD", from_="2026-04-01"))["items"]
    assert [(rate["date"], rate["rate"], rate["base"]) for rate in listed] == [
        ("2026-04-02", "91", "RUB"), ("2026-04-01", "90.5", "RUB"),
    ]  # fmt: skip
    assert (await _tell(books, ("2026-04-01", "1"), status=422, currency="RUB"))["type"] == "/problems/no-exchange"
    await _tell(books, ("2026-04-01", "0"), status=422)


def _sold(day: int, amount: str, currency: str = "USD", **values: Any) -> dict[str, Any]:
    at = told(datetime(2026, 4, day, 9, tzinfo=UTC))
    return deal(status="won", amount=amount, currency=currency, won_at=at, created_at=at, **values)


async def test_deals_are_converted_by_the_day_they_count_on_and_told_where_no_rate_is_known(books: Books) -> None:
    came = lead(attribution=attribution(source="google"), occurred_at=told(datetime(2026, 4, 1, 9, tzinfo=UTC)))
    await books.tell(
        ("lead.created", came), ("deal.won", _sold(3, "1000.00", "RUB")), ("deal.won", _sold(1, "7.00")),
        ("deal.won", _sold(4, "10.00", lead_id=came["id"])), ("deal.won", _sold(4, "5.00", "EUR")),
        ("deal.created", deal(amount="2.00", currency="USD", probability=0.5, created_at=_sold(4, "0")["won_at"])),
    )  # fmt: skip
    await _tell(books, ("2026-04-02", "90"), ("2026-04-04", "100"))
    await books.spend(_usd(4, "1.00"))
    for by in ("source", "channel", "pipeline", "day", "content", ""):
        table = await books.get("query", metrics="revenue,won,unconverted,pipeline,forecast", by=by, **APRIL)
        totals = table["totals"]
        assert (totals["revenue"], totals["won"], totals["unconverted"]) == (money("2000.00"), 4, 2), by
        assert (totals[[key for key in totals if key.startswith("pipeline")][-1]], totals["forecast"]) == (
            money("200.00"), money("100.00"),
        )  # fmt: skip
        assert table["unconverted"]["revenue"] == [
            {"amount": "5.00", "currency": "EUR"}, {"amount": "7.00", "currency": "USD"},
        ]  # fmt: skip
    by_source = await books.get("cost-per-lead", basis="period", **APRIL)
    google = next(row for row in by_source["rows"] if row["source"] == "google")
    assert (google["revenue"], google["romi"]) == (money("1000.00"), 9.0)
    owed = await books.get("reports/attribution", metric="revenue", **APRIL)
    assert owed["totals"]["revenue"] == money("2000.00")
    await _tell(books, ("2026-04-04", "110"), ("2026-03-01", "80"))
    after = await books.get("query", metrics="revenue,unconverted", **APRIL)
    assert (after["totals"], after["unconverted"]["revenue"]) == (
        {"revenue": money("2660.00"), "unconverted": 1}, [{"amount": "5.00", "currency": "EUR"}],
    )  # fmt: skip
