"""Answers and facts as CSV, Parquet and Arrow, read back by programs that are not ours."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pytest_asyncio
from analytics.exports import files, queries
from analytics.exports.files import Column, Csv, Form, Parquet
from analytics.exports.sets import SETS
from analytics.metrics.wire import accepted, form_for
from leadkit import clock
from leadkit.testing.services import RunningService

from tests.analytics.conftest import Books, new_books
from tests.analytics.spring import NOW, SPEND, happen

APRIL = "from=2026-04-01&to=2026-05-01"


@pytest_asyncio.fixture(scope="module")
async def shop(running_analytics: RunningService) -> AsyncIterator[Books]:
    """To be read only."""
    books = await new_books(running_analytics)
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
        yield books


async def _bytes(books: Books, path: str, **headers: str) -> bytes:
    answer = await books.client.get(f"/v1/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize(
    ("accept", "format"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("text/html, text/csv;q=0.9", "csv"),
        ("application/json;q=0.5, application/vnd.apache.parquet", "parquet"),
        ("application/vnd.apache.arrow.stream", "arrow"),
        ("text/csv;q=rubbish, application/json", "json"),
    ],
)
def test_the_format_liked_best_is_given(accept: str, format: str) -> None:
    assert accepted(accept) == format


@pytest.mark.parametrize(
    ("language", "comma"), [("ru", True), ("ru-RU,ru;q=0.9,en;q=0.8", True), ("en-US", False), ("", False)]
)
def test_a_language_decides_how_numbers_and_cells_are_parted(language: str, comma: bool) -> None:
    assert form_for(language, excel=False).decimal_comma is comma


def test_csv_is_that_of_the_standard_and_of_the_reader() -> None:
    columns = [Column("имя", "text"), Column("n", "money"), Column("at", "time"), Column("yes", "flag")]
    file = Csv(columns, Form(decimal_comma=True, excel=True))
    rows = [('a;"b"', Decimal("-1.50"), datetime(2026, 4, 1, 9, tzinfo=UTC), True), ("=1+1", None, None, None)]
    assert (file.add(rows) + file.end()).decode("utf-8") == (
        '\ufeffимя;n;at;yes\r\n"a;""b""";-1,50;2026-04-01T09:00:00Z;true\r\n\'=1+1;;;\r\n'
    )


def test_parquet_goes_out_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROWS_A_GROUP", 100)
    file = Parquet([Column("id", "text"), Column("amount", "money")], Form())
    pages = [[(f"{page}/{row}", Decimal(row)) for row in range(20)] for page in range(12)]
    parts = [file.add(page) for page in pages]
    # Held for a group at most: bytes leave with the 100th and the 200th row.
    assert [place for place, part in enumerate(parts) if len(part) > 100] == [4, 9]
    table = pq.read_table(io.BytesIO(b"".join((*parts, file.end()))))
    assert [tuple(row.values()) for row in table.to_pylist()] == [row for page in pages for row in page]


async def test_an_answer_is_the_same_numbers_in_every_format(shop: Books) -> None:
    asked = f"query?metrics=leads,spend,leads_to_won&by=source,day&{APRIL}"
    told = (await shop.client.get(f"/v1/{asked}")).json()
    parquet = pq.read_table(io.BytesIO(await _bytes(shop, f"{asked}&format=parquet")))
    arrow = pa.ipc.open_stream(await _bytes(shop, asked, Accept="application/vnd.apache.arrow.stream")).read_all()
    assert arrow.equals(parquet)
    assert parquet.schema.field("spend").type == pa.decimal128(20, 2)
    assert parquet.schema.field("day").type == pa.date32()
    assert parquet.to_pylist() == [
        row | {"day": date.fromisoformat(row["day"]), "spend": Decimal(row["spend"]["amount"]), "currency": "RUB"}
        for row in told["rows"]
    ]


async def test_funnel_and_cost_are_tables_too(shop: Books) -> None:
    rows = list(csv.DictReader(io.StringIO((await _bytes(shop, f"funnel?{APRIL}&format=csv")).decode())))
    assert [(row["step"], row["entered"]) for row in rows][2:5] == [
        ("leads", "5"),
        ("contacted", "3"),
        ("qualified", "2"),
    ]
    grouped = (await _bytes(shop, f"funnel?{APRIL}&by=source&format=csv&locale=ru")).decode().splitlines()
    assert grouped[0].startswith("source;step;name;entered;")
    cost = (await _bytes(shop, f"cost-per-lead?{APRIL}", Accept="text/csv", **{"Accept-Language": "ru"})).decode()
    assert "yandex;1000,00;3;" in cost
    for path in ("reconciliation", "stage-flow"):
        told = list(csv.DictReader(io.StringIO((await _bytes(shop, f"{path}?{APRIL}&format=csv")).decode())))
        answer = await shop.get(path, from_="2026-04-01", to="2026-05-01")
        [first, *_] = answer.get("stages", [answer])
        assert {key: told[0][key] for key in ("received", "entered") if key in first} == {
            key: str(first[key]) for key in ("received", "entered") if key in first
        }


async def test_every_report_is_a_table_too(shop: Books) -> None:
    reports = [each["path"] for each in (await shop.get("reports"))["items"]]
    assert len(reports) > 5
    for path in reports:
        period = "" if path.endswith("forecast") else f"{APRIL}&"
        told = (await shop.client.get(f"{path}?{period}")).json()
        for format in ("csv", "parquet", "arrow"):
            answer = await shop.client.get(f"{path}?{period}format={format}")
            assert answer.status_code == 200, (path, format, answer.text)
            if format == "parquet":
                table = pq.read_table(io.BytesIO(answer.content))
                assert table.num_rows == len(told["rows"]), path
                assert table.column_names[: len(told["columns"])] == told["columns"], path


async def test_the_tag_of_an_answer_is_of_its_format(shop: Books) -> None:
    tags = [
        (await shop.client.get(f"/v1/query?metrics=leads&{APRIL}&format={form}")).headers["etag"]
        for form in ("json", "csv", "csv&locale=ru", "csv&excel=true", "parquet", "parquet")
    ]
    assert len(set(tags)) == 5


async def test_facts_come_out_with_names_and_local_days(shop: Books) -> None:
    text = (await _bytes(shop, f"exports/leads.csv?{APRIL}")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["day"], row["source"], row["owner_name"], row["status"]) for row in rows][:1] == [
        ("2026-04-01", "yandex", "Анна", "converted")
    ]
    assert len(rows) == 5
    assert {row["loss_reason_name"] for row in rows} == {"", "Дорого"}


async def test_another_program_sums_the_facts_to_the_same_numbers(shop: Books, tmp_path: Any) -> None:
    for facts in ("leads", "deals", "inquiries", "spend"):
        (tmp_path / f"{facts}.parquet").write_bytes(await _bytes(shop, f"exports/{facts}.parquet?{APRIL}"))
    with duckdb.connect() as db:
        sums = db.execute(
            f"SELECT (SELECT sum(amount) FROM '{tmp_path}/spend.parquet'), "
            f"(SELECT sum(amount) FROM '{tmp_path}/deals.parquet' WHERE status = 'won' AND source = 'yandex'), "
            f"(SELECT count(*) FROM '{tmp_path}/leads.parquet' WHERE qualified_at IS NOT NULL), "
            f"(SELECT count(*) FROM '{tmp_path}/inquiries.parquet')"
        ).fetchone()
    assert sums == (Decimal("1600.01"), Decimal("90000.00"), 2, 6)


async def test_facts_are_read_in_pages_of_which_none_is_lost_or_doubled(
    shop: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await _bytes(shop, f"exports/leads.csv?{APRIL}")
    monkeypatch.setattr(queries, "ROWS_A_PAGE", 2)
    assert await _bytes(shop, f"exports/leads.csv?{APRIL}") == whole


async def test_facts_already_known_are_not_sent_again(running_analytics: RunningService) -> None:
    books = await new_books(running_analytics)
    first = await books.client.get(f"/v1/exports/spend.csv?{APRIL}")
    again = await books.client.get(f"/v1/exports/spend.csv?{APRIL}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    with clock.at(NOW):
        await books.spend(SPEND[0])
    answer = await books.client.get(f"/v1/exports/spend.csv?{APRIL}", headers={"If-None-Match": first.headers["etag"]})
    assert (answer.status_code, answer.text.count("yandex")) == (200, 1)


async def test_exports_keep_to_the_workspace_and_the_scope(shop: Books, books: Books) -> None:
    assert (await _bytes(books, f"exports/leads.csv?{APRIL}")).count(b"\r\n") == 1
    assert (await books.client.get("/v1/exports/secrets.csv")).status_code == 404
    assert (await books.client.get("/v1/exports/leads.doc")).status_code == 404
    assert (await books.client.get("/v1/exports/funnel_daily.csv")).status_code == 404
    async with books.service.client_as("manager", books.workspace_id) as client:
        assert (await client.get("/v1/exports/spend.csv")).status_code == 403


def test_every_column_of_every_set_says_what_it_means() -> None:
    for each in SETS:
        assert set(each.order) <= {column.key for column in each.columns}
        for column in each.columns:
            assert column.definition.endswith("."), (each.key, column.key)
