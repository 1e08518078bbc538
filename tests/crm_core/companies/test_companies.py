"""`/v1/companies`, over HTTP, and when two spellings are one company."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from crm_core.companies.actions import CompanyTold, match_or_create_company
from crm_core.companies.rules import digits, name_key
from leadkit import clock

from tests.crm_core.conftest import Tenant


@pytest.mark.parametrize("written", ["ООО «Ромашка»", 'ооо  "РОМАШКА"', " ООО Ромашка "])
def test_spellings_of_one_name_are_equal(written: str) -> None:
    assert name_key(written) == "ооо ромашка"


def test_the_legal_form_tells_companies_apart() -> None:
    assert name_key("ООО Ромашка") != name_key("ЗАО Ромашка")


def test_tax_numbers_are_compared_without_spaces_and_dashes() -> None:
    assert digits(" 7707-083 893 ") == digits("7707083893")
    assert digits("de 123") == "DE123"


async def match(tenant: Tenant, **values: Any) -> UUID:
    """What converting a lead does about its company."""
    async with tenant.core.db.transaction(tenant.id) as session:
        company = await match_or_create_company(
            session, workspace_id=tenant.id, told=CompanyTold(**values), domains=(), owner_id=None, by="test",
            now=clock.now(),
        )  # fmt: skip
    assert company is not None
    return company.id


async def test_a_company_is_made_shown_and_changed(tenant: Tenant) -> None:
    wanted = {"name": "Romashka", "tax_number": "7707 083893", "phones": ["8 495 1234567"], "legal": {"form": "LLC"}}
    async with tenant.client_as() as admin:
        made = await admin.post("/v1/companies", json=wanted)
        path = made.headers["location"]
        blind = await admin.patch(path, json={"name": "Vasilek"})
        patch = {"name": "Vasilek", "legal": {"head": "Ivan"}}
        changed = await admin.patch(path, json=patch, headers={"If-Match": '"1"'})
        stale = await admin.patch(path, json={"name": "Klever"}, headers={"If-Match": '"1"'})
        shown = (await admin.get(path)).json()
    assert (made.status_code, made.json()["tax_number"], made.json()["phones"]) == (201, "7707083893", ["+74951234567"])
    assert [answer.status_code for answer in (blind, changed, stale)] == [428, 200, 412]
    assert (shown["name"], shown["legal"], shown["version"]) == ("Vasilek", {"form": "LLC", "head": "Ivan"}, 2)


async def test_companies_are_found_by_part_of_the_name_or_tax_number(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        items = [{"name": "ООО «Ромашка»"}, {"name": "Vasilek", "tax_number": "7707083893"}, {"name": ""}]
        results = (await admin.post("/v1/companies/bulk", json={"items": items})).json()["results"]
        found = [
            [company["id"] for company in (await admin.get("/v1/companies", params={"q": q})).json()["items"]]
            for q in ("РОМАШ", "7707-083893", "zzz")
        ]
    assert [result["status"] for result in results] == [201, 201, 422]
    assert found == [[results[0]["id"]], [results[1]["id"]], []]


async def test_another_workspace_finds_no_company(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.client_as() as admin, stranger.client_as() as other:
        path = (await admin.post("/v1/companies", json={"name": "Romashka"})).headers["location"]
        statuses = [
            (await other.get(path)).status_code,
            (await other.patch(path, json={}, headers={"If-Match": "*"})).status_code,
        ]
        listed = (await other.get("/v1/companies")).json()["items"]
    assert (statuses, listed) == ([404, 404], [])


async def test_a_company_is_matched_by_tax_number_before_name(tenant: Tenant, stranger: Tenant) -> None:
    numbered = await match(tenant, name="Romashka", tax_number="7707083893")
    named = await match(tenant, name="Vasilek")
    assert await match(tenant, name="Vasilek", tax_number="7707 083893") == numbered
    assert await match(tenant, name="«VASILEK»") == named
    assert await match(stranger, name="Vasilek") != named


async def test_one_company_named_at_once_is_made_once(tenant: Tenant) -> None:
    found = await asyncio.gather(*(match(tenant, name=name) for name in ("Romashka", "ROMASHKA", "«Romashka»") * 2))
    assert len(set(found)) == 1


async def test_the_audit_log_hides_the_name(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        company = (await admin.post("/v1/companies", json={"name": "Romashka"})).json()
        entries = (await admin.get("/v1/audit", params={"subject_id": company["id"]})).json()["items"]
    assert [entry["action"] for entry in entries] == ["company.create"]
    assert "Romashka" not in str(entries)
