"""`/v1/traffic`: visits are told as often as one likes, and are the first step of the funnel where there are any."""

from typing import Any

from tests.analytics.conftest import Books
from tests.analytics.spring import APRIL, happen


async def _tell(books: Books, *items: dict[str, Any], status: int = 200) -> Any:
    answer = await books.client.post("/v1/traffic", json={"items": list(items)})
    assert answer.status_code == status, answer.text
    return answer.json()


def _visits(visits: int, day: int = 1, **keys: Any) -> dict[str, Any]:
    return {"date": f"2026-04-{day:02}", "source": "yandex", "medium": "cpc", "visits": visits} | keys


async def test_visits_are_the_first_step_of_the_funnel_only_where_they_were_told(books: Books) -> None:
    await happen(books)
    before = [step["key"] for step in (await books.get("funnel", **APRIL))["steps"]]
    await _tell(books, _visits(60), _visits(40, source="google"))
    steps = (await books.get("funnel", **APRIL))["steps"]
    assert [step["key"] for step in steps] == ["visits", *before]
    assert (steps[0]["entered"], steps[1]["from_previous"]) == (100, 0.08)
    by_source = (await books.get("query", metrics="visits,leads,visits_to_leads", by="source", **APRIL))["rows"]
    rates = {row["source"]: (row["visits"], row["leads"], row["visits_to_leads"]) for row in by_source}
    assert rates == {"google": (40, 1, 0.025), "yandex": (60, 3, 0.05), None: (0, 1, None)}


async def test_what_is_told_again_is_replaced_and_sums_agree_by_anything(books: Books) -> None:
    assert (await _tell(books, _visits(5), _visits(7, day=2, campaign="brand", landing_page="/a?x=1")))["created"] == 2
    told = await _tell(books, _visits(5), _visits(9, day=2, campaign="brand", landing_page="/a"))
    assert told == {"items": 2, "created": 0, "changed": 1, "unchanged": 1}
    for by in ("", "day", "week", "month", "weekday", "source", "campaign", "landing_page"):
        answer = await books.get("query", metrics="visits", by=by, **APRIL)
        assert answer["totals"] == {"visits": 14}, by
    kept = await books.get("query", metrics="visits", where="campaign:brand;!source:google", **APRIL)
    assert kept["totals"] == {"visits": 9}
    assert [item["visits"] for item in (await books.get("traffic", from_="2026-04-01"))["items"]] == [9, 5]


async def test_what_is_no_traffic_is_refused(books: Books) -> None:
    assert (await _tell(books, _visits(1), _visits(2), status=422))["type"] == "/problems/told-twice"
    await _tell(books, _visits(-1), status=422)
    assert (await books.refused("query", {"metrics": "visits", "by": "owner"}))["type"] == "/problems/unknown-dimension"
