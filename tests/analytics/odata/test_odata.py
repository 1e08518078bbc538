"""OData as Excel and Power BI ask for it: the model first, then pages by the addresses that the answers give."""

from collections.abc import AsyncIterator
from typing import Any
from xml.etree import ElementTree

import pytest
import pytest_asyncio
from analytics.exports.sets import SETS
from leadkit import clock
from leadkit.testing.services import RunningService, token_for

from tests.analytics.conftest import Books, new_books
from tests.analytics.spring import BORIS, NOW, SPEND, happen

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest_asyncio.fixture(scope="module")
async def shop(running_analytics: RunningService) -> AsyncIterator[Books]:
    """To be read only."""
    books = await new_books(running_analytics)
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
        yield books


async def _ask(books: Books, path: str, **headers: str) -> dict[str, Any]:
    answer = await books.client.get(path if path.startswith("http") else f"/odata/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["odata-version"] == "4.0"
    body: dict[str, Any] = answer.json()
    return body


async def test_a_tool_signs_in_with_the_token_as_password(shop: Books) -> None:
    async with shop.service.client() as client:
        refused = await client.get("/odata/")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthenticated")
        assert refused.headers["www-authenticate"].startswith("Basic ")
        password = token_for(shop.workspace_id, "analyst")
        assert (await client.get("/odata/", auth=("anything", password))).status_code == 200


async def test_every_set_is_read_as_it_is_offered(shop: Books) -> None:
    for each in SETS:
        [row] = (await _ask(shop, f"{each.name}?$top=1"))["value"]
        assert list(row) == [column.key for column in each.columns]


async def test_the_service_and_its_model_name_every_set_and_column(shop: Books) -> None:
    service = await _ask(shop, "")
    assert service["@odata.context"] == "http://service/odata/$metadata"
    assert [each["name"] for each in service["value"]] == [each.name for each in SETS]
    model = ElementTree.fromstring((await shop.client.get("/odata/$metadata")).text)
    types = {each.attrib["Name"]: each for each in model.iter(f"{EDM}EntityType")}
    for each in SETS:
        found = types[f"{each.name}Row"]
        assert [one.attrib["Name"] for one in found.iter(f"{EDM}Property")] == [one.key for one in each.columns]
        assert [one.attrib["String"] for one in found.iter(f"{EDM}Annotation")] == [
            one.definition for one in each.columns
        ]
        assert all(
            one.attrib["Name"] in {column.key for column in each.columns} for one in found.iter(f"{EDM}PropertyRef")
        )


async def test_pages_follow_each_other_until_every_row_was_given_once(shop: Books) -> None:
    whole = (await _ask(shop, "Leads"))["value"]
    assert len(whole) == 5
    for order in ("", "&$orderby=source desc,qualified_at", "&$orderby=source,score desc,owner_name"):
        rows, address = [], f"Leads?$count=true{order}"
        while address:
            body = await _ask(shop, address, Prefer="odata.maxpagesize=2")
            assert body["@odata.count"] == 5
            rows += body["value"]
            address = body.get("@odata.nextLink", "")
        assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in whole), order
    assert (await _ask(shop, "Leads?$orderby=source&$select=source"))["value"][0] == {"source": None}


async def test_top_and_skip_hold_over_pages(shop: Books) -> None:
    whole = [row["id"] for row in (await _ask(shop, "Leads?$select=id"))["value"]]
    first = await _ask(shop, "Leads?$top=3&$skip=1&$select=id", Prefer="odata.maxpagesize=2")
    second = await _ask(shop, first["@odata.nextLink"], Prefer="odata.maxpagesize=2")
    assert [row["id"] for body in (first, second) for row in body["value"]] == whole[1:4]
    assert "@odata.nextLink" not in second
    assert (await _ask(shop, "Leads?$top=0&$count=true"))["value"] == []


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("source eq 'yandex'", 3),
        ("source eq null", 1),
        ("startswith(source,'goo') or owner_name eq 'Борис'", 3),
        ("owner eq BORIS and not (status eq 'qualified')", 1),
        ("qualified_at ge 2026-04-02T00:00:00Z and qualified_at lt 2026-04-03T00:00:00+03:00", 1),
        ("day eq 2026-04-02", 2),
        ("completeness gt 0.2 and score le 0", 5),
        ("repeat eq true", 0),
        ("source in ('google','bing')", 1),
        ("tolower(campaign) eq 'spring'", 1),
    ],
)
async def test_a_filter_keeps_what_it_says(shop: Books, filter: str, found: int) -> None:
    filter = filter.replace("BORIS", str(BORIS))
    answer = await shop.client.get("/odata/Leads/$count", params={"$filter": filter})
    assert (answer.status_code, answer.text) == (200, str(found)), answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Nothing", 404),
        ("Leads?$filter=workspace_id ne null", 400),
        ("Leads?$filter=source eq", 400),
        ("Leads?$filter=source gt 5", 400),
        ("Leads?$filter=owner eq 'x'", 400),
        ("Leads?$filter=score div 0 eq 1", 400),
        ("Leads?$filter=matchesPattern(source,'(a*)*b')", 400),
        ("Leads?$filter=" + "not " * 900 + "repeat", 400),
        ("Leads?$filter=day eq 2026-02-31", 400),
        ("Leads?$orderby=nothing", 400),
        ("Leads?$orderby=source sideways", 400),
        ("Leads?$select=phones", 400),
        ("Leads?$top=-1", 400),
        ("Leads?$skip=99999999999999999999", 400),
        ("Leads?$skiptoken=rubbish", 400),
        ("Leads?$format=atom", 400),
        ("Leads?$expand=Deals", 501),
        ("Leads?$apply=aggregate($count as n)", 501),
        ("Leads(7)", 400),
        ("FunnelDaily(0198f1d2-a0b1-7c3c-8d4e-5f60718293a4)", 404),
        ("Leads(0198f1d2-a0b1-7c3c-8d4e-5f60718293a4)", 404),
    ],
)
async def test_what_cannot_be_asked_is_refused_as_odata_has_it(shop: Books, path: str, status: int) -> None:
    answer = await shop.client.get(f"/odata/{path}")
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) >= {"code", "message"}
    assert answer.headers["odata-version"] == "4.0"


async def test_values_come_as_the_model_says(shop: Books) -> None:
    [deal] = (await _ask(shop, "Deals?$select=id,amount,won_at,day"))["value"]
    assert (deal["amount"], deal["won_at"], deal["day"]) == (90000.0, "2026-04-09T09:00:00Z", "2026-04-05")
    assert (await _ask(shop, f"Deals({deal['id']})"))["amount"] == 90000.0
    exact = await _ask(shop, "Deals?$select=amount", Accept="application/json;IEEE754Compatible=true")
    assert exact["value"] == [{"amount": "90000.00"}]
    assert exact["@odata.context"].endswith("$metadata#Deals(amount)")


async def test_sums_by_day_are_those_of_the_api(shop: Books) -> None:
    body = await _ask(
        shop, "FunnelDaily?$filter=basis eq 'cohort' and day ge 2026-04-01&$select=leads,customers,revenue"
    )
    sums = [sum(row[key] for row in body["value"]) for key in ("leads", "customers", "revenue")]
    assert sums == [5, 1, 90000.0]


async def test_another_workspace_and_a_token_without_the_scope_see_nothing(shop: Books, books: Books) -> None:
    for each in SETS:
        assert (await _ask(books, each.name))["value"] == []
    async with shop.service.client_as("manager", shop.workspace_id) as manager:
        assert (await manager.get("/odata/Spend")).status_code == 403
