"""Imports over the API and in the worker: tried dry, run once, gone on with after a kill, told row by row."""

import asyncio
import csv
import io
import json
import os
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest
from lead_intake.delivery.delivering import Deliverer
from lead_intake.imports.batches import RowReader
from lead_intake.imports.running import Importer
from lead_intake.settings import IntakeSettings
from lead_intake.submissions.storing import store
from lead_intake.worker import clean
from leadkit import clock
from leadkit.ids import new_id
from sqlalchemy import text

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.workspace import Json, Workspace

FILE = (
    "Имя;Телефон;Дата;Комментарий\r\n"
    "Анна Примерова;8 (999) 000-02-04;01.02.2026 10:30;Здравствуйте\r\n"
    "Иван Петров;7,999E+10;;=1+1\r\n"
    "Пётр;89990000206;;\r\n"
    "Анна Примерова;8 (999) 000-02-04;01.02.2026 10:30;Здравствуйте\r\n"
    "Итого;4;;\r\n"
).encode("cp1251")

STORE = "lead_intake.imports.running.store"
A_WORKER = """
import asyncio
from leadkit.db import Database
from leadkit.sealing import Sealer
from lead_intake.imports import running
from lead_intake.imports.running import Importer
from lead_intake.settings import settings
from lead_intake.sources.views import SECRETS_PURPOSE
stored, batches = running.store, []
async def stuck(*given, **named):
    await stored(*given, **named)
    batches.append(given)
    if len(batches) == 2:
        await asyncio.Event().wait()
running.store = stuck
own = settings()
db = Database.connect(own, service="intake", for_worker=True)
asyncio.run(Importer(db, Sealer(own.data_key, purpose=SECRETS_PURPOSE)).step())
"""
# It stands still when its second batch is stored and not yet committed, so that it is killed there and nowhere else.


async def sent(workspace: Workspace, content: bytes = FILE, name: str = "клиенты.csv", **fields: Any) -> httpx.Response:
    dry = {"dry_run": "true"} if fields.pop("dry_run", False) else {}
    headers = fields.pop("headers", {})
    files = {"file": (name, content, "application/octet-stream")}
    return await workspace.client.post("/v1/imports", files=files, data=fields, params=dry, headers=headers)


async def run(workspace: Workspace) -> None:
    await Importer(workspace.intake.db, workspace.intake.app.state.sealer).step()


async def imported(workspace: Workspace, content: bytes = FILE, **fields: Any) -> Json:
    answer = await sent(workspace, content, **fields)
    assert answer.status_code == 202, answer.text
    await run(workspace)
    return await shown(workspace, answer.json()["id"])


async def shown(workspace: Workspace, import_id: str) -> Json:
    found: Json = (await workspace.client.get(f"/v1/imports/{import_id}")).raise_for_status().json()
    return found


def rows(count: int, first: int = 0) -> bytes:
    lines = ["Имя,Телефон,Комментарий\n"] + [f"Анна,+7999{n:07},строка {n}\n" for n in range(first, first + count)]
    return "".join(lines).encode()


async def test_a_dry_run_shows_what_would_come_and_keeps_nothing(workspace: Workspace) -> None:
    answer = await sent(workspace, dry_run=True)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["id"], told["source_id"], told["encoding"], told["delimiter"]) == (None, None, "cp1251", ";")
    assert told["mapping"] == {
        "Имя": "full_name", "Телефон": "phone", "Дата": "occurred_at", "Комментарий": "message",
    }  # fmt: skip
    assert (told["rows_total"], told["rows_counted"], told["mapping_from"]) == (5, True, "detected")
    assert [(row["line"], row["status"]) for row in told["preview"]] == [
        (2, "ready"), (3, "interest"), (4, "ready"), (5, "ready"), (6, "rejected"),
    ]  # fmt: skip
    assert told["preview"][0]["inquiry"]["occurred_at"] == "2026-02-01T07:30:00Z"
    async with workspace.intake.db.transaction(role="worker") as session:
        for table in ("import_run", "import_chunk", "source", "submission", "import_mapping"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_rows_become_submissions_and_those_without_a_lead_are_told(workspace: Workspace) -> None:
    done = await imported(workspace)
    assert (done["status"], done["rows_total"], done["rows_done"], done["rows_failed"]) == ("done", 5, 5, 2)
    assert done["outcomes"] == {"ready": 2, "interest": 1, "duplicate": 1, "rejected": 1}
    assert done["file_name"] == "клиенты.csv"
    ready = await workspace.submissions(status="ready", channel="import")
    assert {one["inquiry"]["phones"][0] for one in ready} == {"+79990000204", "+79990000206"}
    anna = next(one for one in ready if one["inquiry"]["person"]["first_name"] == "Анна")
    assert (anna["occurred_at"], anna["source_id"]) == ("2026-02-01T07:30:00Z", done["source_id"])
    (raw,) = (await workspace.submission(anna["id"]))["raw"]
    assert raw["headers"] == {"import": done["id"], "line": "2"}
    assert json.loads(raw["body"])["cells"]["Телефон"] == "8 (999) 000-02-04"
    answer = await workspace.client.get(f"/v1/imports/{done['id']}/errors.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[:2] for row in table] == [
        ["line", "reason"],
        ["3", "a spreadsheet has cut the phone's digits (7,999E+10): format the column as text"],
        ["6", "a row of totals"],
    ]
    assert table[1][2:] == ["Иван Петров", "7,999E+10", "", "'=1+1"]
    (source,) = (await workspace.client.get("/v1/sources")).json()["items"]
    assert (source["channel"], source["id"]) == ("import", done["source_id"])


async def test_the_same_rows_are_not_taken_in_twice_whatever_file_they_come_in(workspace: Workspace) -> None:
    await imported(workspace)
    again = await imported(workspace)
    assert again["outcomes"] == {"duplicate": 4, "rejected": 1}
    shuffled = "Комментарий,Телефон,Имя\n,89990000206,Пётр\n,89990000207,Олег\n".encode()
    assert (await imported(workspace, shuffled))["outcomes"] == {"duplicate": 1, "ready": 1}
    assert len(await workspace.submissions()) == 4


async def test_a_row_with_the_id_of_another_is_kept_as_its_duplicate(workspace: Workspace) -> None:
    mapping = json.dumps({"ID": "external_id"})
    await imported(workspace, "ID,Телефон\n17,89990000204\n".encode(), mapping=mapping)
    changed = await imported(workspace, "ID,Телефон\n17,89990000205\n18,89990000206\n".encode(), mapping=mapping)
    assert changed["outcomes"] == {"duplicate": 1, "ready": 1}
    assert [one["external_id"] for one in await workspace.submissions(status="duplicate")] == ["17"]


async def test_a_mapping_is_remembered_for_the_same_headings(workspace: Workspace) -> None:
    content = "Кто,Чего хочет,Связь\nАнна,окно,89990000204\n".encode()
    first = await imported(workspace, content, mapping=json.dumps({"Кто": "full_name", "Чего хочет": "product"}))
    assert first["mapping_from"] == "given"
    other = "Связь,Кто,Чего хочет\n89990000205,Иван,дверь\n".encode()
    dry = (await sent(workspace, other, dry_run=True)).json()
    assert (dry["mapping_from"], dry["mapping"]) == (
        "remembered", {"Связь": "phone", "Кто": "full_name", "Чего хочет": "product"},
    )  # fmt: skip
    assert dry["preview"][0]["inquiry"]["product"] == "дверь"
    assert {column["told_by"] for column in dry["columns"]} == {"content", "remembered"}


async def test_mended_rows_are_sent_again_as_they_were_told(workspace: Workspace) -> None:
    content = "Кто,Связь,Чего хочет\nАнна,89990000204,окно\nИван,7.999E+10,дверь\nПётр,,\n".encode()
    done = await imported(workspace, content, mapping='{"Кто": "full_name", "Связь": "phone", "Чего хочет": "product"}')
    errors = (await workspace.client.get(f"/v1/imports/{done['id']}/errors.csv")).content
    again = await imported(workspace, errors.replace(b"7.999E+10", b"89990000205"))
    assert (again["mapping_from"], again["outcomes"]) == ("remembered", {"ready": 1, "duplicate": 1})
    ivan = next(
        one["inquiry"] for one in await workspace.submissions(status="ready") if one["inquiry"]["product"] == "дверь"
    )
    assert (ivan["phones"], ivan["extra"]) == (["+79990000205"], {})


async def test_a_workbook_is_imported_like_csv(workspace: Workspace) -> None:
    from tests.lead_intake.imports.test_reading import workbook

    content = workbook([["ФИО", "Телефон"], ["Анна", 89990000204], ["Иван", "+7 999 000-02-05"]])
    done = await imported(workspace, content, name="clients.xlsx")
    assert (done["format"], done["outcomes"]) == ("xlsx", {"ready": 2})


async def test_what_is_stored_and_not_committed_is_stored_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, stored = await sent(workspace, rows(230)), []

    async def store_and_die(*arguments: Any, **named: Any) -> None:
        await store(*arguments, **named)
        stored.append(1)
        if len(stored) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr("lead_intake.imports.batches.ROWS", 50)
    monkeypatch.setattr(STORE, store_and_die)
    with pytest.raises(asyncio.CancelledError):
        await run(workspace)
    left = await shown(workspace, answer.json()["id"])
    assert (left["status"], left["rows_done"], await counted(workspace)) == ("running", 100, 100)
    monkeypatch.setattr(STORE, store)
    await run(workspace)
    done = await shown(workspace, answer.json()["id"])
    assert (done["status"], done["rows_done"], done["outcomes"]) == ("done", 230, {"ready": 230})
    assert await counted(workspace) == 230


async def test_a_killed_worker_leaves_the_rest_to_another(workspace: Workspace) -> None:
    import_id = (await sent(workspace, rows(3000))).json()["id"]
    environment = {**os.environ, "LEADFLOW_INTAKE_DATABASE_URL": workspace.intake.database.url}
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", A_WORKER, env=environment)
    for _ in range(1000):
        if (await shown(workspace, import_id))["rows_done"]:
            break
        await asyncio.sleep(0.02)
    worker.kill()
    await worker.wait()
    left = await shown(workspace, import_id)
    assert left["status"] == "running"
    assert await counted(workspace) == left["rows_done"] == 1000
    async with workspace.intake.db.transaction(role="worker") as session:  # as if its lease had run out
        await session.execute(text("DELETE FROM lease"))
    await run(workspace)
    done = await shown(workspace, import_id)
    assert (done["status"], done["outcomes"], await counted(workspace)) == ("done", {"ready": 3000}, 3000)


async def test_two_workers_at_one_import_store_each_row_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lead_intake.imports.batches.ROWS", 20)
    answer = await sent(workspace, rows(200))
    db, sealer = workspace.intake.db, workspace.intake.app.state.sealer
    both = [Importer(db, sealer) for _ in range(2)]
    both[1]._holder = both[0]._holder  # as if the lease had been lost unnoticed
    await asyncio.gather(*(one.step() for one in both))
    done = await shown(workspace, answer.json()["id"])
    assert (done["status"], done["outcomes"], await counted(workspace)) == ("done", {"ready": 200}, 200)


async def test_a_row_that_the_database_refuses_fails_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def picky(connection: Any, workspace_id: Any, receipts: Any, **named: Any) -> None:
        if any(b"+79990000003" in receipt.request.body for receipt in receipts):
            await connection.execute("SELECT 1/0")
        await store(connection, workspace_id, receipts, **named)

    monkeypatch.setattr(STORE, picky)
    done = await imported(workspace, rows(6))
    assert (done["outcomes"], done["rows_failed"]) == ({"ready": 5, "rejected": 1}, 1)
    errors = (await workspace.client.get(f"/v1/imports/{done['id']}/errors.csv")).text
    assert "5,the row cannot be stored" in errors


async def test_a_defect_ends_its_import_and_no_other(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    real = RowReader.receipt

    def broken(self: RowReader, record: Any, now: Any) -> Any:
        return real(self, record, now) if "89990000204" in record.cells else record.nonsense

    monkeypatch.setattr(RowReader, "receipt", broken)
    first = (await sent(workspace, b"phone\n89990000205\n")).json()["id"]
    await imported(workspace, b"phone\n89990000204\n")
    assert [one["status"] for one in await workspace.submissions()] == ["ready"]
    failed = await shown(workspace, first)
    assert (failed["status"], failed["reason"][:18]) == ("failed", "a defect of ours: ")


async def test_a_cancelled_import_stops_and_cannot_be_cancelled_again(workspace: Workspace) -> None:
    import_id = (await sent(workspace)).json()["id"]
    cancelled = await workspace.client.post(f"/v1/imports/{import_id}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    await run(workspace)
    assert await counted(workspace) == 0
    again = await workspace.client.post(f"/v1/imports/{import_id}/cancel")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/import-not-running")
    listed = await workspace.client.get("/v1/imports?status=cancelled,failed")
    assert [one["id"] for one in listed.json()["items"]] == [import_id]


async def test_a_repeated_request_starts_one_import_though_its_boundary_differs(workspace: Workspace) -> None:
    answers = [await sent(workspace, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    other = await sent(workspace, FILE + b"x", headers={"Idempotency-Key": "k"})
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"content": b"%PDF-1.7 rubbish"}, 415, "file-not-read"),
        ({"content": b""}, 415, "file-not-read"),
        ({"mapping": "{"}, 422, "invalid"),
        ({"mapping": '{"Возраст": "phone"}'}, 422, "invalid"),
        ({"source_id": str(new_id())}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_imported_is_refused(
    workspace: Workspace, fields: dict[str, Any], status: int, code: str
) -> None:
    answer = await sent(workspace, **fields)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    listed = await workspace.client.get("/v1/imports")
    assert (listed.status_code, listed.json().get("items")) == (200, []), listed.text


async def test_the_rows_of_an_import_are_delivered_after_everything_else(workspace: Workspace) -> None:
    await imported(workspace, rows(3))
    form = await workspace.source()
    fresh = [(await workspace.received(form, json={"phone": f"8999000020{n}"}))["id"] for n in range(2)]
    core = CrmCore()
    deliverer = Deliverer(workspace.intake.db, core.client)
    while await deliverer.step():
        pass
    assert core.order[:2] == fresh
    assert len(core.order) == 5


async def test_files_go_some_days_after_the_end_and_the_run_stays(workspace: Workspace) -> None:
    done = await imported(workspace)
    own = IntakeSettings(database_url=workspace.intake.database.url, port=0)
    now = clock.now()
    for days, left in ((own.import_files_days - 1, 1), (own.import_files_days + 1, 0)):
        with clock.at(now + timedelta(days=days)):
            await clean(workspace.intake.db, own)
        async with workspace.intake.db.transaction(role="worker") as session:
            assert await session.scalar(text("SELECT count(*) FROM import_chunk")) == left
    assert (await shown(workspace, done["id"]))["rows_done"] == 5


async def test_a_row_is_read_again_by_a_replay_as_it_was_mapped(workspace: Workspace) -> None:
    content = "Кто,Как найти\nАнна,030 901820\n".encode()
    done = await imported(workspace, content, mapping='{"Как найти": "phone", "Кто": "full_name"}')
    german = {"settings": {"default_region": "DE"}}
    await workspace.client.patch(f"/v1/sources/{done['source_id']}", json=german, headers={"If-Match": '"1"'})
    (submission,) = await workspace.submissions()
    replayed = await workspace.client.post(f"/v1/submissions/{submission['id']}/replay")
    assert replayed.json()["inquiry"]["phones"] == ["+4930901820"]
    assert replayed.json()["inquiry"]["person"]["first_name"] == "Анна"


async def test_another_workspaces_import_is_not_there(workspace: Workspace) -> None:
    import_id = (await sent(workspace)).json()["id"]
    async with workspace.intake.client_as("admin", new_id()) as other:
        for path in ("", "/errors.csv"):
            assert (await other.get(f"/v1/imports/{import_id}{path}")).status_code == 404


async def counted(workspace: Workspace) -> int:
    answer = await workspace.client.get("/v1/submissions?limit=1&include_total=true")
    return int(answer.json()["total"])
