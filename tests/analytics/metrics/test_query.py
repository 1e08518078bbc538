"""`/v1/query`: any metrics by any dimensions, with numbers worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest
from analytics.projections.rebuilding import Rebuilding
from leadkit.client import ServiceClient

from tests.analytics.conftest import Books, money
from tests.analytics.projections.histories import lead, workspace
from tests.analytics.spring import ANNA, APRIL, BORIS, SPEND, TOO_DEAR


async def _rows(shop: Books, metrics: str, by: str = "", **params: str) -> list[list[Any]]:
    answer = await shop.get("query", metrics=metrics, by=by, **(APRIL | params))
    assert all(list(row) == answer["columns"] for row in answer["rows"])
    return [list(row.values()) for row in answer["rows"]]


async def test_counts_of_the_whole_period_are_one_row(shop: Books) -> None:
    metrics = "submissions,inquiries,leads,contacted,qualified,converted,customers,deals,won,lost,disqualified,open"
    assert await _rows(shop, metrics) == [[8, 6, 5, 3, 2, 1, 1, 1, 1, 0, 1, 3]]


async def test_an_answer_says_what_it_is_an_answer_to(shop: Books) -> None:
    answer = await shop.get("query", metrics="leads")
    assert (answer["basis"], answer["from"], answer["to"]) == ("cohort", "2026-03-12", "2026-04-11")
    assert (answer["read"], answer["totals"], answer["columns"]) == ("cells", {"leads": 5}, ["leads"])
    assert {"as_of", "lag_s"} <= set(answer)


async def test_an_answer_follows_the_workspace_into_another_zone_and_currency(books: Books) -> None:
    await books.tell(("lead.created", lead()))
    asked = {"metrics": "leads,revenue", "by": "day", "from_": "2026-01-01", "to": "2027-01-01"}
    before = await books.get("query", **asked)
    await books.tell(("workspace.updated", workspace(version=2, time_zone="Asia/Vladivostok", currency="KZT")))
    meanwhile = await books.get("query", **asked)
    nobody = ServiceClient("nobody", "http://127.0.0.1:1", "")
    await Rebuilding(books.db, core=nobody, intake=nobody).step()
    after = await books.get("query", **asked)
    told = [
        (row["day"][-2:], row["revenue"]["currency"]) for each in (before, meanwhile, after) for row in each["rows"]
    ]
    assert told == [("27", "RUB"), ("27", "RUB"), ("28", "KZT")]


async def test_ids_are_shown_with_their_names_and_nobody_as_null(shop: Books) -> None:
    rows = await _rows(shop, "leads", "owner")
    assert sorted(rows, key=str) == sorted([[None, None, 1], [ANNA, "Анна", 2], [BORIS, "Борис", 2]], key=str)


async def test_rates_are_shares_and_a_rate_of_nothing_is_null(shop: Books) -> None:
    rows = await _rows(shop, "leads_to_qualified,qualified_to_won,deals_to_won,romi", "source")
    assert rows == [
        [None, 0.0, None, None, None],
        ["bing", None, None, None, -1.0],
        ["google", 0.0, None, None, -1.0],
        ["yandex", pytest.approx(2 / 3), 0.5, 1.0, 89.0],
    ]


async def test_a_rate_can_be_told_with_how_sure_it_is(shop: Books) -> None:
    asked = {"metrics": "leads_to_contacted,leads", "intervals": "true"} | APRIL
    answer = await shop.get("query", **asked)
    assert answer["columns"] == [f"leads_to_contacted{end}" for end in ("", "_low", "_high", "_few")] + ["leads"]
    # Wilson, 3 of 5.
    assert list(answer["totals"].values()) == pytest.approx([0.6, 0.2307, 0.8824, True, 5], abs=5e-5)
    assert answer["rows"] == [answer["totals"]]


async def test_metrics_that_a_young_cohort_cannot_have_reached_are_named(shop: Books) -> None:
    metrics = "leads,leads_to_contacted,leads_to_won,revenue,cac,spend"
    young = await shop.get("query", metrics=metrics, from_="2026-04-01", to="2026-04-08")
    assert young["immature"] == ["leads_to_won", "revenue", "cac"]
    # A sale takes up to eight days, and it is the tenth: leads of the second may have to wait yet.
    assert young["immature_from"] == dict.fromkeys(young["immature"], "2026-04-02")
    happened = await shop.get("query", metrics=metrics, basis="period", **APRIL)
    assert happened["immature"] == []


async def test_totals_are_worked_out_of_sums_and_not_of_rates(shop: Books) -> None:
    answer = await shop.get("query", metrics="leads_to_contacted,cost_per_lead", by="source", **APRIL)
    assert answer["totals"] == {"leads_to_contacted": 0.6, "cost_per_lead": money("320.00")}


async def test_time_is_cut_into_local_days_iso_weeks_months_and_quarters(shop: Books) -> None:
    assert await _rows(shop, "leads", "day") == [["2026-04-01", 1], ["2026-04-02", 2], ["2026-04-03", 2]]
    assert await _rows(shop, "leads,spend", "week") == [["2026-03-30", 5, money("1600.01")]]
    assert await _rows(shop, "leads", "month") == [["2026-04-01", 5]]
    assert await _rows(shop, "leads", "quarter") == [["2026-04-01", 5]]
    assert await _rows(shop, "leads", "weekday") == [[3, 1], [4, 2], [5, 2]]
    assert await _rows(shop, "leads", "hour_of_day") == [[12, 5]]


async def test_cohort_counts_the_leads_of_the_period_and_period_what_happened_in_it(shop: Books) -> None:
    first_days = {"from_": "2026-04-01", "to": "2026-04-04"}
    assert await _rows(shop, "leads,qualified,won", **first_days, basis="cohort") == [[5, 2, 1]]
    assert await _rows(shop, "leads,qualified,won", **first_days, basis="period") == [[5, 1, 0]]
    later = {"from_": "2026-04-04", "to": "2026-04-10"}
    assert await _rows(shop, "leads,qualified,won,revenue", **later, basis="period") == [[0, 1, 1, money("90000.00")]]


async def test_conditions_keep_only_what_they_name(shop: Books) -> None:
    assert await _rows(shop, "leads", where="source:yandex,google") == [[4]]
    assert await _rows(shop, "leads", where="!source:yandex") == [[2]]
    assert await _rows(shop, "leads", where="source:null") == [[1]]
    assert await _rows(shop, "leads", where=f"owner:{BORIS};status:disqualified") == [[1]]
    assert await _rows(shop, "leads", where=f"loss_reason:{TOO_DEAR}") == [[1]]
    assert await _rows(shop, "leads", where="weekday:4") == [[2]]


async def test_a_combination_without_cells_is_read_from_facts_and_says_so(shop: Books) -> None:
    answer = await shop.get("query", metrics="leads,won,revenue", by="campaign,owner", **APRIL)
    assert answer["read"] == "facts"
    found = {(row["campaign"], row["owner_name"]): (row["leads"], row["won"]) for row in answer["rows"]}
    assert found == {
        ("brand", "Анна"): (1, 1),
        ("brand", "Борис"): (2, 0),
        ("spring", "Анна"): (1, 0),
        (None, None): (1, 0),
    }


async def test_deals_are_asked_by_pipeline_and_stage(shop: Books) -> None:
    rows = await _rows(shop, "deals,revenue,average_deal", "pipeline,stage")
    assert [row[4:] for row in rows] == [[1, money("90000.00"), money("90000.00")]]


async def test_times_are_medians_within_two_percent(shop: Books) -> None:
    [[cycle]] = await _rows(shop, "sales_cycle")
    assert cycle == pytest.approx(8 * 86_400, rel=0.021)
    assert await _rows(shop, "first_response") == [[None]]


SPENT_BY = [
    ("source", {"yandex": "1000.00", "google": "500.01", "bing": "100.00"}),
    ("day", {"2026-04-01": "1000.00", "2026-04-02": "500.01", "2026-04-04": "100.00"}),
    ("campaign", {"brand": "1000.00", "spring": "500.01", "unattributed": "100.00"}),
    ("campaign_id", {"c1": "1000.00", None: "500.01", "unattributed": "100.00"}),
    ("owner", {ANNA: "833.34", BORIS: "666.67", "unattributed": "100.00"}),
    ("channel", {"form": "1500.01", "unattributed": "100.00"}),
    ("content", {None: "1000.00", "banner": "500.01", "unattributed": "100.00"}),
    ("status", {"converted": "333.34", "qualified": "333.33", "disqualified": "333.33", "in_progress": "500.01",
                "unattributed": "100.00"}),
]  # fmt: skip


@pytest.mark.parametrize(("by", "spent"), SPENT_BY, ids=[by for by, _ in SPENT_BY])
async def test_spend_keeps_its_own_keys_and_is_shared_where_it_lacks_them(
    shop: Books, by: str, spent: dict[str | None, str]
) -> None:
    answer = await shop.get("query", metrics="spend", by=by, **APRIL)
    assert answer["totals"]["spend"] == money("1600.01")
    found = {row[by]: row["spend"]["amount"] for row in answer["rows"]}
    # Which status gets the odd cent is decided by the order of names; that it goes to one of them is what counts.
    if by == "status":
        assert sorted(found.values()) == sorted(spent.values())
    else:
        assert found == spent


async def test_a_condition_on_a_dimension_that_spend_lacks_keeps_its_share(shop: Books) -> None:
    assert await _rows(shop, "spend,cost_per_lead", where=f"owner:{BORIS}") == [[money("666.67"), money("333.34")]]
    assert await _rows(shop, "spend", where="owner:unattributed") == [[money("100.00")]]
    assert await _rows(shop, "spend", where="source:yandex,bing") == [[money("1100.00")]]


@pytest.mark.parametrize("basis", ["cohort", "period"])
@pytest.mark.parametrize("by", ["day", "week", "source,medium", "campaign,owner", "owner,team", "hour_of_day", "term"])
async def test_sums_over_any_dimension_equal_the_total(shop: Books, by: str, basis: str) -> None:
    metrics = "leads,contacted,qualified,converted,won,revenue,spend"
    whole = (await shop.get("query", metrics=metrics, basis=basis, **APRIL))["totals"]
    answer = await shop.get("query", metrics=metrics, by=by, basis=basis, **APRIL)
    assert answer["totals"] == whole
    for metric in ("leads", "contacted", "qualified", "converted", "won"):
        assert sum(row[metric] for row in answer["rows"]) == whole[metric]
    for metric in ("revenue", "spend"):
        assert sum(Decimal(row[metric]["amount"]) for row in answer["rows"]) == Decimal(whole[metric]["amount"])


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"metrics": "happiness"}, "unknown-metric"),
        ({"metrics": ","}, "unknown-metric"),
        ({"metrics": "leads", "by": "mood"}, "unknown-dimension"),
        ({"metrics": "leads,submissions", "by": "owner"}, "unknown-dimension"),
        ({"metrics": "leads", "where": "source=google"}, "unreadable-condition"),
        ({"metrics": "leads", "where": "mood:good"}, "unknown-dimension"),
        ({"metrics": "leads", "from": "2026-04-01T12:00:00Z"}, "unreadable-period"),
        ({"metrics": "leads", "from": "2026-04-02", "to": "2026-04-02"}, "unreadable-period"),
        ({"metrics": "leads", "basis": "guess"}, "unknown-basis"),
        ({"metrics": "leads", "format": "papyrus"}, "unknown-format"),
        ({}, "invalid"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_what_can(books: Books, params: dict[str, str], kind: str) -> None:
    problem = await books.refused("query", params)
    assert problem["type"] == f"/problems/{kind}"
    if kind.startswith("unknown"):
        assert problem["allowed"]


async def test_a_tag_changes_only_when_the_numbers_do(own_shop: Books) -> None:
    async def tag(**headers: str) -> tuple[int, str]:
        answer = await own_shop.client.get("/v1/query?metrics=leads,spend&by=source", headers=headers)
        return answer.status_code, answer.headers["etag"]

    _, first = await tag()
    assert await tag(**{"If-None-Match": first}) == (304, first)
    await own_shop.spend(*SPEND)
    assert await tag(**{"If-None-Match": first}) == (304, first)
    await own_shop.spend(SPEND[0] | {"amount": "999.00"})
    status, second = await tag(**{"If-None-Match": first})
    assert (status, second != first) == (200, True)


async def test_csv_has_amounts_with_one_currency_and_no_formulas(own_shop: Books) -> None:
    await own_shop.spend({"date": "2026-04-05", "source": "=1+1", "amount": "7.00"})
    for format, accept in (("&format=csv", "*/*"), ("", "text/csv")):
        asked = f"/v1/query?metrics=leads,spend&by=source&from=2026-04-01{format}"
        answer = await own_shop.client.get(asked, headers={"Accept": accept})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.splitlines()[:3] == ["source,leads,spend,currency", ",1,0.00,RUB", "'=1+1,0,7.00,RUB"]
        assert answer.text.endswith("yandex,3,1000.00,RUB\r\n")


async def test_another_workspace_sees_none_of_it(shop: Books, books: Books) -> None:
    assert shop.workspace_id != books.workspace_id
    assert (await books.get("query", metrics="leads,spend,submissions", **APRIL))["totals"] == {
        "leads": 0,
        "spend": money("0.00"),
        "submissions": 0,
    }


async def test_metrics_need_their_scope(books: Books) -> None:
    async with books.service.client_as("integration", books.workspace_id, scopes={"leads:read"}) as client:
        for path in ("metrics", "dimensions", "query?metrics=leads", "funnel", "cost-per-lead", "reconciliation"):
            assert (await client.get(f"/v1/{path}")).status_code == 403


async def test_the_catalogue_tells_what_each_metric_is_made_of(books: Books) -> None:
    metrics = {metric["key"]: metric for metric in (await books.get("metrics"))["items"]}
    assert metrics["cost_per_lead"]["numerator"] == "spend"
    assert metrics["cost_per_lead"]["denominator"] == "leads"
    assert metrics["leads_to_won"]["unit"] == "rate"
    dimensions = {dimension["key"]: dimension for dimension in (await books.get("dimensions"))["items"]}
    assert set(metrics["leads"]["dimensions"]) <= set(dimensions)
    assert dimensions["owner"]["name_column"] == "owner_name"


@pytest.mark.parametrize("basis", ["cohort", "period"])
async def test_every_metric_is_answered_by_every_dimension_it_allows(shop: Books, basis: str) -> None:
    metrics = (await shop.get("metrics"))["items"]
    whole = (await shop.get("query", metrics=",".join(each["key"] for each in metrics), basis=basis, **APRIL))["totals"]
    for dimension in (await shop.get("dimensions"))["items"]:
        by = dimension["key"]
        keys = [each["key"] for each in metrics if by in each["dimensions"]]
        answer = await shop.get("query", metrics=",".join(keys), by=by, basis=basis, **APRIL)
        columns = {key: f"{key}_amount" if key == by else key for key in keys}
        assert answer["totals"] == {columns[key]: whole[key] for key in keys}, by
        assert len({row[by] for row in answer["rows"]}) == len(answer["rows"]) > 0, by
