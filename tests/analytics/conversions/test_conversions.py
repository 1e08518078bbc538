"""`/v1/conversions`: exactly the files that ad platforms take, by the ids of the touches before the conversion."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from leadkit.ids import new_id

from tests.analytics.conftest import Books
from tests.analytics.projections.histories import deal, inquiry, lead, touch

SAMPLES = Path(__file__).parents[2] / "samples"
MARCH = {"from": "2026-03-12", "to": "2026-03-13"}
AT = "2026-03-12T09:00:00Z"
IDS = {
    "click_ids": {"gclid": "TEST-gclid-0002", "yclid": "55"},
    "client_ids": {"ga": "GA1.1.1234567890.1773130000", "ym": "1773130000123456789"},
}


async def _qualified(books: Books) -> str:
    """A lead that was qualified on 12 March, with a deal of 21,600; and one whose visit nobody knows."""
    key, earlier = str(new_id()), "2026-03-10T09:00:00Z"
    seen = touch(source="google", at=earlier, **IDS)
    came = {"attribution": {"first": seen, "last": seen, "last_non_direct": seen}, "occurred_at": earlier}
    reached = {"reached": {"qualified": AT}, "status": "qualified"}
    await books.tell(
        ("lead.qualified", lead(id=key, **came, **reached)),
        ("inquiry.recorded", inquiry(lead_id=key, received_at=earlier, **came)),
        ("deal.created", deal(lead_id=key, amount="21600.00")),
        ("lead.qualified", lead(occurred_at=earlier, **reached)),
    )
    return key


async def _file(books: Books, status: int = 200, **params: str) -> str:
    answer = await books.client.get("/v1/conversions", params=MARCH | params)
    assert answer.status_code == status, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("sample", "format", "name"),
    [
        ("out_google_ads_click_conversions.csv", "google_ads", "Qualified lead"),
        ("out_metrika_offline_conversions.csv", "yandex_metrika", "qualified_lead"),
        ("out_ga4_mp.json", "ga4", "generate_lead"),
    ],
    ids=str,
)
async def test_a_file_is_as_the_platform_takes_it(books: Books, sample: str, format: str, name: str) -> None:
    key = await _qualified(books)
    written, expected = (
        await _file(books, format=format, name=name),
        (SAMPLES / sample).read_text().replace("lead-42", key),
    )
    if sample.endswith(".json"):
        assert orjson.loads(written) == orjson.loads(expected)
    else:
        assert written == expected


async def test_one_file_has_one_kind_of_id_and_only_who_has_it(books: Books) -> None:
    await _qualified(books)
    header, row = (await _file(books, format="yandex_metrika", id_type="yclid")).splitlines()
    assert (header.split(",")[0], row.split(",")[0]) == ("Yclid", "55")
    assert len((await _file(books, format="google_ads", goal="won")).splitlines()) == 2


async def test_an_erased_person_is_given_back_to_nobody(books: Books) -> None:
    key = await _qualified(books)
    erased: dict[str, Any] = {"id": str(new_id()), "version": 1, "lead_ids": [key], "contact_ids": []}
    await books.tell(("person.erased", erased))
    assert await _file(books, format="ga4") == ""
    owed = await books.get("reports/attribution", from_="2026-03-10", to="2026-03-11", metric="leads")
    assert {"source": "google", "leads": 1.0} in owed["rows"]


async def test_what_cannot_be_given_is_refused(books: Books) -> None:
    assert "unknown-format" in await _file(books, 422, format="myspace")
    assert "/id_type" in await _file(books, 422, format="ga4", id_type="yclid")
    async with books.service.client_as("manager", books.workspace_id) as manager:
        assert (await manager.get("/v1/conversions", params={"format": "ga4"})).status_code in (200, 403)
