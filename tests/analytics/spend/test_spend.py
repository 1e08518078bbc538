"""`/v1/spend`: told again it changes nothing, told anew it replaces its unit, and nothing told is forgotten."""

import asyncio
from typing import Any

import pytest

from tests.analytics.conftest import Books, money, new_books

APRIL = {"from_": "2026-04-01", "to": "2026-05-01"}


def _item(amount: str = "100.00", **values: Any) -> dict[str, Any]:
    return {"date": "2026-04-01", "source": "google", "medium": "cpc", "campaign": "brand", "amount": amount} | values


async def _total(books: Books) -> str:
    total: str = (await books.get("query", metrics="spend", **APRIL))["totals"]["spend"]["amount"]
    return total


async def test_the_answer_says_what_is_new(books: Books) -> None:
    posted = await books.spend(_item(), _item("50.00", campaign="other"))
    assert posted["units"] == {"created": 2, "replaced": 0, "unchanged": 0, "withdrawn": 0}
    assert (posted["before"], posted["after"]) == (money("0.00"), money("150.00"))
    assert [change["campaign"] for change in posted["changes"]] == ["brand", "other"]
    assert await _total(books) == "150.00"


async def test_spend_told_again_changes_nothing(books: Books) -> None:
    await books.spend(_item("100.00"))
    posted = await books.spend(_item("100"))
    assert posted["units"]["unchanged"] == 1
    assert posted["changes"] == []
    assert await _total(books) == "100.00"


async def test_a_restated_unit_replaces_the_older_version_and_keeps_it(books: Books) -> None:
    await books.spend(_item("100.00"), _item("7.00", campaign="other"))
    posted = await books.spend(_item("80.00"))
    [change] = posted["changes"]
    assert (change["change"], change["version"]) == ("replaced", 2)
    assert (change["before"], change["after"]) == (money("100.00"), money("80.00"))
    assert await _total(books) == "87.00"
    assert [line["amount"] for line in await _stored(books)] == [money("7.00"), money("80.00")]
    assert len(await _stored(books, superseded="true")) == 3


async def test_a_campaign_is_known_by_its_id_when_it_has_one(books: Books) -> None:
    await books.spend(_item("100.00", campaign_id="7"))
    posted = await books.spend(_item("90.00", campaign_id=7, campaign="renamed"))
    assert posted["units"]["replaced"] == 1
    assert await _total(books) == "90.00"


async def test_several_lines_of_one_unit_are_one_version(books: Books) -> None:
    await books.spend(_item("1.00", ad_id="a"), _item("2.00", ad_id="b"))
    assert await _total(books) == "3.00"
    await books.spend(_item("5.00", ad_id="a"))
    assert await _total(books) == "5.00"


async def test_whole_days_are_replaced_only_when_asked_and_only_for_the_named_sources(books: Books) -> None:
    await books.spend(
        _item("1.00"),
        _item("2.00", campaign="old"),
        _item("4.00", date="2026-04-02", campaign="old"),
        _item("8.00", source="yandex"),
    )
    posted = await books.spend(_item("1.50"), replace=True)
    assert posted["units"] == {"created": 0, "replaced": 1, "unchanged": 0, "withdrawn": 1}
    assert (posted["before"], posted["after"]) == (money("3.00"), money("1.50"))
    assert await _total(books) == "13.50"


async def test_origins_stand_beside_each_other(books: Books) -> None:
    await books.spend(_item("1.00"))
    await books.spend(_item("2.00"), origin="google_ads", replace=True)
    assert await _total(books) == "3.00"


async def test_a_withdrawn_unit_may_be_told_again(books: Books) -> None:
    await books.spend(_item("1.00", campaign="old"))
    await books.spend(_item("2.00"), replace=True)
    await books.spend(_item("4.00", campaign="old"))
    assert await _total(books) == "6.00"


async def test_writers_of_one_unit_at_the_same_time_leave_one_version(books: Books) -> None:
    answers = await asyncio.gather(*(books.spend(_item(f"{number}.00"), _item("1.00", campaign=f"{number % 3}"))
                                     for number in range(1, 9)))  # fmt: skip
    versions = [
        change["version"] for posted in answers for change in posted["changes"] if change["campaign"] == "brand"
    ]
    assert sorted(versions) == list(range(1, 9))
    [last] = [line for line in await _stored(books) if line["campaign"] == "brand"]
    assert last["version"] == 8


async def test_a_unit_in_several_currencies_is_refused(books: Books) -> None:
    problem = await books.spend(_item(), _item(amount={"amount": "1.00", "currency": "EUR"}), status=422)  # type: ignore[arg-type]
    assert problem["type"] == "/problems/several-currencies"
    assert await _total(books) == "0.00"


@pytest.mark.parametrize(
    "wrong",
    [{"source": ""}, {"source": None}, {"date": "soon"}, {"date": "1812-09-07"}, {"clicks": -1},
     {"amount": "-1.00"}, {"amount": "0.001"}, {"amount": {"amount": "1"}}, {"campaign": "a\0b"}],
    ids=str,
)  # fmt: skip
async def test_an_item_that_is_no_spend_is_refused(books: Books, wrong: dict[str, Any]) -> None:
    problem = await books.spend(_item() | wrong, status=422)
    assert problem["errors"][0]["pointer"].startswith("/items/0")


async def test_stored_spend_is_listed_by_page_with_all_that_was_told(books: Books) -> None:
    await books.spend(_item(vat_included=True, clicks=5, impressions=100, term="окна", content=" "))
    [line] = await _stored(books, source="google,bing")
    assert (line["vat_included"], line["clicks"], line["impressions"], line["term"]) == (True, 5, 100, "окна")
    assert (line["content"], line["origin"], line["version"], line["current"]) == (None, "api", 1, True)
    assert await _stored(books, source="bing") == []
    assert await _stored(books, from_="2026-04-02") == []


async def test_spend_needs_its_scopes_and_stays_in_its_workspace(books: Books) -> None:
    await books.spend(_item())
    assert await _stored(await new_books(books.service)) == []
    async with books.service.client_as("manager", books.workspace_id) as manager:
        assert (await manager.post("/v1/spend", json={"items": [_item()]})).status_code == 403
        assert (await manager.get("/v1/spend")).status_code == 403


async def test_a_workspace_that_is_not_known_yet_is_asked_to_wait(books: Books) -> None:
    problem = await Books(books.service).spend(_item(), status=503)
    assert problem["type"] == "/problems/workspace-not-known-yet"


async def _stored(books: Books, **params: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await books.get("spend", sort="amount", **params))["items"]
    return items


async def test_whole_months_and_single_days_tell_the_same_after_restatements(books: Books) -> None:
    told = [
        {"date": f"2026-0{month}-1{day}", "source": source, "medium": "cpc", "campaign_id": "c1", "amount": "10.01"}
        for month in (3, 4) for day in (1, 2) for source in ("yandex", "google")
    ]  # fmt: skip
    await books.spend(*told)
    await books.spend(told[0] | {"amount": "7.00"}, told[3] | {"campaign_id": "c2"}, replace=True)
    for by in ("", "source", "campaign_id"):
        for start, end in (("2026-03-01", "2026-05-01"), ("2026-03-11", "2026-04-12"), ("2026-03-12", "2026-05-02")):
            whole = await books.get("query", metrics="spend", by=by, from_=start, to=end)
            daily = await books.get("query", metrics="spend", by=f"{by},day", from_=start, to=end)
            assert whole["totals"] == daily["totals"] != {"spend": money("0.00")}, (by, start)
