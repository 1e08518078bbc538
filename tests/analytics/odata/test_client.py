"""A client library that is not ours reads the model and from then on needs no address and no column from us."""

import asyncio
from typing import Any

import requests
from leadkit import clock
from leadkit.testing.services import RunningService, token_for
from odata import ODataService

from tests.analytics.conftest import new_books
from tests.analytics.spring import NOW, SPEND, happen
from tests.contracts.documents import make_app
from tests.contracts.serving import served


def _as_a_tool(address: str, password: str) -> dict[str, Any]:
    """What Power BI does with a service: sign in, read the model, filter, sort, follow the pages, count."""
    with requests.Session() as session:
        session.auth = ("leadflow", password)
        session.headers["Prefer"] = "odata.maxpagesize=2"
        service = ODataService(f"{address}/odata/", session=session, reflect_entities=True, quiet_progress=True)
        leads, spend = service.entities["Leads"], service.entities["Spend"]
        every = service.query(leads).order_by(leads.occurred_at.asc()).all()
        yandex = service.query(leads).filter(leads.source == "yandex").filter(leads.score < 1)
        return {
            "sets": set(service.entities),
            "leads": [(lead.source, lead.owner_name) for lead in every],
            "yandex": len(list(yandex)),
            "spent": sum(line.amount for line in service.query(spend)),
            "days": {str(line.date) for line in service.query(spend)},
        }


async def test_a_client_library_reads_the_sets_by_their_model(running_analytics: RunningService) -> None:
    books = await new_books(running_analytics)
    with clock.at(NOW):
        await happen(books)
        await books.spend(*SPEND)
    password = token_for(books.workspace_id, "analyst")
    with served(make_app("analytics", database_url=running_analytics.database.url)) as address:
        seen = await asyncio.to_thread(_as_a_tool, address, password)
    assert {"Leads", "Deals", "Inquiries", "Spend", "FunnelDaily"} <= seen["sets"]
    assert seen["leads"][0] == ("yandex", "Анна")
    assert len(seen["leads"]) == 5
    assert (seen["yandex"], str(seen["spent"])) == (3, "1600.01")
    assert seen["days"] == {"2026-04-01", "2026-04-02", "2026-04-04"}
