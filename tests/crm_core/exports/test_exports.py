"""Exports over HTTP and through the worker: the rows of a filter as a file, for who asked alone."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from crm_core.exports import files, working
from leadkit import clock
from leadkit.ids import new_id
from leadkit.leases import acquire
from openpyxl import load_workbook

COLUMNS = ["person.full_name", "phones", "status"]


@pytest.fixture
async def people(sales: Any) -> Any:
    for number, tags in enumerate((["vip"], ["vip"], [])):
        await sales.add(person={"full_name": f"=Иван {number}"}, phones=[f"+7495123456{number}"], tags=tags)
    return sales


async def asked(client: Any, **values: Any) -> str:
    body = {"entity": "lead", "filter": {"field": "tags", "op": "has", "value": "vip"}, "sort": "created_at", **values}
    answer = await client.post("/v1/exports", json={"columns": COLUMNS, **body})
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "waiting"
    return str(answer.headers["Location"])


async def test_a_filter_becomes_a_csv_file(people, monkeypatch):
    monkeypatch.setattr(working, "PAGE", 1)
    async with people.tenant.client_as() as admin:
        path = await asked(admin, delimiter=";")
        early = await admin.get(f"{path}/file")
        assert (early.status_code, early.json()["type"]) == (409, "/problems/export-not-done")
        assert await working.write_exports(people.tenant.core.db) == 1
        export = (await admin.get(path)).json()
        assert (export["status"], export["rows_done"], export["rows_total"]) == ("done", 2, 2)
        file = await admin.get(export["file"])
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(file.content) == int(file.headers["content-length"]) == export["bytes"]
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))
    assert rows == [COLUMNS, *([f"'=Иван {number}", f"+7495123456{number}", "assigned"] for number in (0, 1))]


async def test_a_filter_becomes_a_workbook_without_formulas(people):
    async with people.tenant.client_as() as admin:
        path = await asked(admin, format="xlsx", filter=None, q="иван 2")
        await working.write_exports(people.tenant.core.db)
        file = await admin.get(f"{path}/file")
    sheet = load_workbook(io.BytesIO(file.content)).active
    assert sheet is not None
    assert [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        [("=Иван 2", "s"), ("+74951234562", "s"), ("assigned", "s")]
    ]


async def test_an_export_is_its_askers_alone_and_holds_what_they_see(people):
    async with people.manager(0) as manager, people.manager(1) as other:
        path = await asked(manager, filter=None)
        await working.write_exports(people.tenant.core.db)
        rows = (await manager.get(f"{path}/file")).text.splitlines()
        mine = (await manager.get("/v1/leads")).json()["items"]
        assert len(rows) == 1 + len(mine) < 4
        assert [(await other.get(each)).status_code for each in (path, f"{path}/file")] == [404, 404]
        assert (await other.get("/v1/exports")).json()["items"] == []
    async with people.tenant.client_as() as admin:
        log = (await admin.get("/v1/audit", params={"subject_type": "export"})).json()["items"]
        assert [entry["action"] for entry in log] == ["export.download", "export.create"]


async def test_each_entity_can_be_exported_with_its_usual_columns(people):
    async with people.tenant.client_as() as admin:
        (await admin.post("/v1/contacts", json={"person": {"full_name": "Anna"}})).raise_for_status()
        (await admin.post("/v1/companies", json={"name": "Romashka"})).raise_for_status()
        (await admin.post("/v1/deals", json={"name": "Chairs"})).raise_for_status()
        [lead, *_] = await people.leads()
        (await admin.post("/v1/activities", json={"kind": "note", "lead_id": lead["id"]})).raise_for_status()
        for entity in ("lead", "contact", "company", "deal", "activity"):
            answer = await admin.post("/v1/exports", json={"entity": entity})
            path = answer.headers["Location"]
            await working.write_exports(people.tenant.core.db)
            lines = (await admin.get(f"{path}/file")).text.splitlines()
            assert len(lines) >= 2, entity
            assert lines[0].count(",") + 1 == len(answer.json()["columns"]), entity


async def test_an_export_under_anothers_lease_waits_until_that_runs_out(people):
    db, holder = people.tenant.core.db, new_id()
    async with people.tenant.client_as() as admin:
        path = await asked(admin)
        lease = f"export {path.rsplit('/', 1)[1]}"
        async with db.transaction(role="worker") as session:
            await acquire(session, lease, holder, 60)
        assert await working.write_exports(db) == 0
        async with db.transaction(role="worker") as session:
            await acquire(session, lease, holder, -1)
        assert await working.write_exports(db) == 1
        assert (await admin.get(path)).json()["status"] == "done"


async def test_a_worker_that_lost_its_lease_finishes_nothing_and_another_writes_the_whole(people, monkeypatch):
    monkeypatch.setattr(working, "PAGE", 1)
    db = people.tenant.core.db
    async with people.tenant.client_as() as admin:
        path = await asked(admin)
        with monkeypatch.context() as stolen:
            taken = iter((True, False))

            async def another_has_it(*_: Any) -> bool:
                return next(taken)

            stolen.setattr(working, "acquire", another_has_it)
            assert await working.write_exports(db) == 0
        assert (await admin.get(path)).json()["status"] == "running"
        assert await working.write_exports(db) == 1
        assert len((await admin.get(f"{path}/file")).text.splitlines()) == 3


async def test_more_rows_than_a_sheet_can_have_fail_with_a_sentence(people, monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 1)
    async with people.tenant.client_as() as admin:
        path = await asked(admin, format="xlsx")
        await working.write_exports(people.tenant.core.db)
        export = (await admin.get(path)).json()
    assert export["status"] == "failed"
    assert "at most 1 rows" in export["error"]


async def test_a_file_is_kept_for_a_day_and_a_removed_one_is_gone(people, monkeypatch):
    db = people.tenant.core.db
    async with people.tenant.client_as() as admin:
        path, other = await asked(admin), await asked(admin)
        assert (await admin.delete(other)).status_code == 204
        assert await working.write_exports(db) == 1
        assert (await admin.get(other)).status_code == 404
        later = clock.now() + timedelta(hours=25)
        with monkeypatch.context() as tomorrow:
            tomorrow.setattr(clock, "now", lambda: later)
            await working.forget_expired(db)
        assert (await admin.get(path)).json()["status"] == "expired"
        assert (await admin.get(f"{path}/file")).status_code == 410


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"columns": ["id", "password"]}, "/columns/1"),
        ({"sort": "person"}, "/sort"),
        ({"filter": {"field": "x", "op": "eq", "value": 1}}, "/filter/field"),
        ({"view_id": "0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4e"}, "/view_id"),
    ],
)
async def test_what_cannot_be_exported_is_told(tenant, values, pointer):
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/exports", json={"entity": "lead", **values})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_exporting_needs_the_scope_of_reading(tenant):
    async with tenant.client_as("integration", scopes=["leads:read"]) as client:
        assert (await client.post("/v1/exports", json={"entity": "deal"})).status_code == 403
        assert (await client.post("/v1/exports", json={"entity": "lead"})).status_code == 202
