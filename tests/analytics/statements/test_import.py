"""`POST /v1/spend/import`: a file becomes spend, told again it changes nothing, tried dry it stores nothing."""

from pathlib import Path
from typing import Any

from tests.analytics.conftest import Books, money

SAMPLES = Path(__file__).parents[2] / "samples"
MARCH = {"from_": "2026-03-01", "to": "2026-04-01"}


async def _import(books: Books, name: str, *, status: int = 200, content: bytes | None = None, **fields: Any) -> Any:
    file = {"file": (name, content or (SAMPLES / name).read_bytes(), "text/csv")}
    answer = await books.client.post("/v1/spend/import", files=file, data=fields)
    assert answer.status_code == status, answer.text
    return answer.json()


async def _spent(books: Books) -> Any:
    return (await books.get("query", metrics="spend", **MARCH))["totals"]["spend"]


async def test_a_file_is_tried_imported_and_changes_nothing_the_second_time(books: Books) -> None:
    tried = await _import(books, "cost_yandex_direct.tsv", dry_run="true")
    assert (tried["units"]["created"], tried["after"], await _spent(books)) == (2, money("852.34"), money("0.00"))
    done = await _import(books, "cost_yandex_direct.tsv", format="yandex_direct", utm_source="yandex")
    assert (done["format"], done["origin"], done["rows"], done["totals_skipped"]) == (
        "yandex_direct", "yandex_direct", 2, 1,
    )  # fmt: skip
    assert await _spent(books) == money("852.34")
    again = await _import(books, "cost_yandex_direct.tsv")
    assert again["units"] == {"created": 0, "replaced": 0, "unchanged": 2, "withdrawn": 0}


async def test_a_restated_file_sent_as_the_whole_body_says_what_changed(books: Books) -> None:
    await _import(books, "cost_metrika_expenses.csv")
    restated = (SAMPLES / "cost_metrika_expenses.csv").read_bytes().replace(b"3200.50", b"3000.00")
    answer = await books.client.post(
        "/v1/spend/import", content=restated, headers={"Content-Type": "text/csv"}, params={"replace": "true"}
    )
    [change] = answer.json()["changes"]
    assert (change["change"], change["before"], change["after"]) == ("replaced", money("3200.50"), money("3000.00"))
    listed = await books.get("spend", superseded="true", source="vk")
    assert [line["version"] for line in listed["items"]] in ([1, 2], [2, 1])


async def test_a_file_in_another_currency_counts_once_its_rate_is_known(books: Books) -> None:
    posted = await _import(books, "cost_google_ads.csv")
    assert posted["left_out"] == [{"amount": "1234.56", "currency": "USD"}]
    assert await _spent(books) == money("0.00")
    table = await books.get("cost-per-lead", **MARCH)
    assert table["left_out"] == [{"amount": "1234.56", "currency": "USD"}]
    rates = {"items": [{"date": "2026-03-01", "currency": "USD", "rate": "90"}]}
    assert (await books.client.post("/v1/exchange-rates", json=rates)).json()["created"] == 1
    assert await _spent(books) == money("111110.40")


async def test_a_key_tells_one_raw_body_from_another(books: Books) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "one"}
    body = b"date,source,amount\n2026-03-10,a,1\n"
    first = await books.client.post("/v1/spend/import", content=body, headers=headers)
    again = await books.client.post("/v1/spend/import", content=body, headers=headers)
    other = await books.client.post("/v1/spend/import", content=body + b"2026-03-10,b,1\n", headers=headers)
    assert [each.status_code for each in (first, again, other)] == [200, 200, 422]
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_whole_days_are_not_replaced_by_half_a_file(books: Books) -> None:
    content = b"date,source,amount\n2026-03-10,a,1\nsoon,a,1\n"
    problem = await _import(books, "half.csv", content=content, replace="true", status=422)
    assert problem["type"] == "/problems/rows-unreadable"
    assert problem["errors"] == [{"pointer": "/rows/3/date", "detail": "is not a day"}]
    posted = await _import(books, "half.csv", content=content)
    assert (posted["failed"], posted["after"]) == (1, money("1.00"))


async def test_an_unknown_format_and_a_missing_file_are_refused(books: Books) -> None:
    assert (await _import(books, "x.csv", content=b"x", format="myspace", status=422))["errors"]
    answer = await books.client.post("/v1/spend/import", data={"format": "generic"}, files={"other": (None, "x")})
    assert answer.status_code == 422
