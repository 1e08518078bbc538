"""Statements as platforms give them, in every encoding and manner, come out as the same spend."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from analytics.statements.decoding import UnreadableStatement, sheet
from analytics.statements.reading import Statement, read_statement
from analytics.statements.schemas import ImportOptions
from hypothesis import given, settings
from hypothesis import strategies as st
from leadkit.problems import UnsupportedMedia

SAMPLES = Path(__file__).parents[2] / "samples"
DIRECT = (SAMPLES / "cost_yandex_direct.tsv").read_text()
GOOGLE = (SAMPLES / "cost_google_ads.csv").read_text()


def _read(content: bytes | str, **options: Any) -> Statement:
    told = content.encode() if isinstance(content, str) else content
    return read_statement(sheet(told, options.get("encoding")), ImportOptions(**options), currency="RUB")


def _records(statement: Statement) -> list[dict[str, Any]]:
    return [
        {
            "date": item.date.isoformat(),
            "utm_source": item.source,
            "utm_medium": item.medium,
            "utm_campaign": item.campaign,
            "campaign_id": item.campaign_id,
            "impressions": item.impressions,
            "clicks": item.clicks,
            "cost": item.amount.amount,
            "currency": item.amount.currency,
        }
        for item in statement.items
    ]


def _first(statement: Statement) -> tuple[Any, ...]:
    assert statement.errors == []
    item = statement.items[0]
    return item.date.isoformat(), item.source, str(item.amount.amount), item.amount.currency, item.vat_included


@pytest.mark.parametrize(
    ("name", "platform"),
    [("cost_yandex_direct.tsv", "yandex_direct"), ("cost_google_ads.csv", "google_ads"),
     ("cost_metrika_expenses.csv", "yandex_metrika")],
)  # fmt: skip
def test_a_sample_is_known_and_read_as_expected(name: str, platform: str) -> None:
    expected = orjson.loads((SAMPLES / name).with_suffix(".expected.json").read_bytes())
    for options in ({}, {"format": platform}, expected["config"]):
        statement = _read((SAMPLES / name).read_bytes(), **options)
        assert statement.platform.key == platform
        assert statement.errors == []
        for told, wanted in zip(_records(statement), expected["records"], strict=True):
            assert told | {"cost": float(told["cost"])} == wanted | {"cost": float(wanted["cost"])}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
def test_the_encoding_is_found_out(encoding: str) -> None:
    statement = _read(DIRECT.encode(encoding))
    assert statement.items[0].campaign == "Поиск — Примерск"


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_the_delimiter_is_found_out(delimiter: str) -> None:
    assert _records(_read(DIRECT.replace("\t", delimiter))) == _records(_read(DIRECT))


def test_amounts_of_direct_are_millionths_unless_one_shows_otherwise() -> None:
    assert _first(_read(DIRECT))[2] == "852.34"
    plain = DIRECT.replace("852340000", "852.34")
    assert _first(_read(plain))[2] == "852.34"
    assert _first(_read(DIRECT.replace("852340000", "852"), money_in_micros=False))[2] == "852.00"
    assert "amounts are in millionths" in _read(DIRECT).assumed


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("utm_id,utm_source,utm_medium,utm_campaign,date,impressions,clicks,cost\n7,bing,cpc,brand,2026-03-10,5,1,12.5\n",
         ("2026-03-10", "bing", "12.50", "RUB", None)),
        ("ga:date,ga:source,ga:medium,ga:adCost,ga:adClicks\n20260310,bing,cpc,12.5,3\n",
         ("2026-03-10", "bing", "12.50", "RUB", None)),
        ("\ufeffReporting starts,Reporting ends,Campaign name,Campaign ID,Amount spent (USD),Impressions,Link clicks\n"
         '2026-03-10,2026-03-10,,,"1,500.00",9,9\n2026-03-10,2026-03-10,Spring,77,"1,500.00",9,9\n',
         ("2026-03-10", "facebook", "1500.00", "USD", None)),
        ("Day,Campaign name,Amount spent (USD),Reporting starts,Reporting ends\n"
         "2026-03-10,Spring,15.5,2026-03-01,2026-03-31\n", ("2026-03-10", "facebook", "15.50", "USD", None)),
        ("date_start,date_stop,campaign_name,spend,account_currency\n2026-03-10,2026-03-10,Spring,15.5,EUR\n",
         ("2026-03-10", "facebook", "15.50", "EUR", None)),
        ("segments.date,campaign.id,campaign.name,metrics.cost_micros\n2026-03-10,7,Brand,1234560000\n",
         ("2026-03-10", "google", "1234.56", "RUB", None)),
        ("Дата;№ кампании;Кампания;Показы;Клики;Расход (руб., с НДС)\n"
         "10.03.2026;7;Бренд;100;5;1 234,56\nИтого;;;100;5;1 234,56\n",
         ("2026-03-10", "yandex", "1234.56", "RUB", True)),
        ("Отчёт\n10 марта 2026 г. - 10 марта 2026 г.\n"
         "Кампания\tКод валюты\tСтоимость\tКлики\nБренд\tRUB\t1 234,56\t5\n",
         ("2026-03-10", "google", "1234.56", "RUB", None)),
        ("date;source;amount;currency\n2026-03-10;2gis;1500,00;руб.\n", ("2026-03-10", "2gis", "1500.00", "RUB", None)),
    ],
    ids=["ga4", "universal", "meta", "meta by day", "meta api", "google api", "direct ru", "google ru", "generic"],
)  # fmt: skip
def test_other_writings_of_the_same_platforms_are_read(text: str, first: tuple[Any, ...]) -> None:
    assert _first(_read(text)) == first


def test_a_row_of_several_days_is_refused_or_spread_to_the_cent() -> None:
    text = "Reporting starts,Reporting ends,Campaign name,Amount spent (RUB)\n2026-03-10,2026-03-12,Spring,100.00\n"
    [error] = _read(text).errors
    assert (error.line, error.column) == (2, "date")
    spread = _read(text, spread_periods=True)
    assert [str(item.amount.amount) for item in spread.items] == ["33.34", "33.33", "33.33"]


def test_rows_that_cannot_be_read_are_told_and_the_rest_is_taken() -> None:
    wrong = "soon,a,1,1\n2026-03-10,a,x,1\n2026-03-10,a,1,-1\n2026-13-10,a,1,1\n10/03/2026,a,1,1\n"
    text = f"date,source,amount,clicks\n{wrong}2026-03-10,a,1,1\n"
    statement = _read(text)
    assert [(error.line, error.column) for error in statement.errors] == [
        (2, "date"), (3, "cost"), (4, "clicks"), (5, "date"), (6, "date"),
    ]  # fmt: skip
    assert [error.detail for error in statement.errors[3:]] == [
        "is not a day", "may be day or month first: say date_order=dmy or mdy",
    ]  # fmt: skip
    assert len(statement.items) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x00" * 1000, bytes(range(256)) * 50, b"date,cost\n2026-03-10,5\n", b"source,cost\na,5\n",
     b"date,source\n2026-03-10,a\n", b'date,source,cost\n"' + b"x" * 200_000],
)  # fmt: skip
def test_what_is_no_statement_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableStatement):
        _read(content)


def test_a_workbook_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnsupportedMedia, match="CSV"):
        _read(b"PK\x03\x04rest")


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(1, 28), st.sampled_from("abc"), st.integers(0, 10**9)), min_size=1, max_size=20))
def test_what_a_file_says_comes_out_to_the_cent(rows: list[tuple[int, str, int]]) -> None:
    lines = [f"2026-03-{day:02};{source};{cents // 100},{cents % 100:02}" for day, source, cents in rows]
    statement = _read("\n".join(["date;source;amount", *lines]))
    assert sum(int(item.amount.amount * 100) for item in statement.items) == sum(cents for *_, cents in rows)
