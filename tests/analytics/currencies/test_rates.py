"""`/v1/exchange-rates`: the last rate known on a day converts, and a changed one restates what was spent."""

from typing import Any

from tests.analytics.conftest import Books, money

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
