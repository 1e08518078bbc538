"""A person is erased in both services: afterwards no table of either says who they were, and all counts are as before.

Both services run here, in this process; what crosses between them is what crosses between processes."""

import base64
import re
from typing import Any
from uuid import UUID

import pytest_asyncio
from crm_core.worker import clean as core_clean
from lead_intake.delivery.delivering import Deliverer
from lead_intake.privacy.following import erase_refused
from lead_intake.worker import FOLLOWED, follow
from leadkit.consumer import FeedConsumer
from leadkit.testing.databases import TestDatabase
from leadkit.testing.services import RunningService

Json = dict[str, Any]

PHONE, EMAIL, NAME, WORDS = "+79161234567", "erasmus@example.org", "Эразмова", "малиновый диван"
TRACES = (PHONE[2:], EMAIL, NAME.lower(), "erasmov", WORDS)
OTHER = "+79169999999"


class Both:
    """Both services with one workspace and a form in it."""

    def __init__(self, core: RunningService, intake: RunningService, workspace_id: UUID, source: Json) -> None:
        self.core, self.intake, self.id, self.source = core, intake, workspace_id, source

    async def submit(self, **fields: Any) -> str:
        async with self.intake.client() as client:
            answer = await client.post(f"/in/{self.source['key']}", json=fields)
        return str(answer.raise_for_status().json()["submission_id"])

    async def deliver(self) -> None:
        await Deliverer(self.intake.db, self.core.peer("crm-core")).step()

    async def follow(self) -> None:
        await self.core.sequence()
        data_key = self.intake.app.state.settings.data_key
        reader = FeedConsumer(
            self.intake.db,
            self.core.peer("crm-core"),
            name="crm-core",
            handle=lambda session, events: follow(data_key, session, events),
            types=FOLLOWED,
        )
        while await reader.read_page():
            pass
        await erase_refused(self.intake.db, data_key)

    async def submission(self, submission_id: str) -> Json:
        async with self.intake.client_as("admin", self.id) as client:
            return dict((await client.get(f"/v1/submissions/{submission_id}")).raise_for_status().json())


@pytest_asyncio.fixture
async def both(core: RunningService, intake: RunningService) -> Both:
    async with core.client_as("platform") as client:
        made = await client.post("/v1/workspaces", json={"name": "Sofas", "language": "en"})
    workspace_id = UUID(made.raise_for_status().json()["id"])
    async with intake.client_as("admin", workspace_id) as client:
        wish = {"name": "Site", "channel": "form", "provider": "generic"}
        source = (await client.post("/v1/sources", json=wish)).raise_for_status().json()
    return Both(core, intake, workspace_id, source)


async def traces(database: TestDatabase) -> list[str]:
    """In which columns of which tables anything of the person is left, whatever the column's type."""
    found = []
    async with database.connected() as connection:
        columns = await connection.fetch(
            "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
        )
        for table, column, kind in columns:
            shown = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
            for row in await connection.fetch(f'SELECT {shown} AS value FROM "{table}" WHERE "{column}" IS NOT NULL'):
                if told(row["value"]):
                    found.append(f"{table}.{column}")
    return sorted(set(found))


def told(value: str | bytes) -> bool:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    readable = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).lower()
    encoded = [base64.b64encode(one.encode()).decode().lower() for one in TRACES]
    return any(trace in readable for trace in (*TRACES, *encoded))


async def lived_through(both: Both) -> tuple[str, str, list[str]]:
    """A person as they come to be known everywhere: the contact, the lead, and what they sent."""
    person = {"name": f"{NAME} Анна", "phone": PHONE, "email": EMAIL, "message": WORDS, "custom_note": WORDS}
    sent = [await both.submit(**person, utm_source="yandex", utm_campaign="spring", yclid="12345678901234567")]
    await both.deliver()
    async with both.core.client_as("admin", both.id) as admin:
        [lead] = (await admin.get("/v1/leads")).json()["items"]
        path, key = f"/v1/leads/{lead['id']}", {"Idempotency-Key": "once"}
        version = {"If-Match": f'"{lead["version"]}"'}
        card = {"custom": {"wish": WORDS}, "subject": WORDS}
        (await admin.patch(path, json=card, headers=version)).raise_for_status()
        (await admin.post(f"{path}/start", json={})).raise_for_status()
        (await admin.post(f"{path}/qualify", json={"need": WORDS}, headers=key)).raise_for_status()
        noted = {"kind": "note", "lead_id": lead["id"], "subject": NAME, "body": f"{WORDS} {PHONE}"}
        (await admin.post("/v1/activities", json=noted, headers=key)).raise_for_status()
        called = {"kind": "call", "direction": "outbound", "lead_id": lead["id"], "result": f"{NAME}: {WORDS}"}
        (await admin.post("/v1/activities", json=called)).raise_for_status()
        wish = {"deal": {"name": f"{NAME}: {WORDS}"}, "company": {"name": "Ромашка"}}
        converted = (await admin.post(f"{path}/convert", json=wish, headers=key)).raise_for_status().json()
        contact = (await admin.get(f"/v1/contacts/{converted['contact_id']}")).json()
        more = {"position": WORDS, "legal": {"tax_number": PHONE}, "addresses": [], "custom": {"x": EMAIL}}
        answer = await admin.patch(
            f"/v1/contacts/{contact['id']}", json=more, headers={"If-Match": f'"{contact["version"]}"'}
        )
        assert answer.status_code == 200, answer.text
        company = f"/v1/companies/{contact['company_id']}"
        (await admin.patch(company, json={"phones": [PHONE]}, headers={"If-Match": '"1"'})).raise_for_status()
        product = (await admin.post("/v1/products", json={"name": "Table"})).raise_for_status().json()["id"]
        lines = [{"product_id": product, "name": WORDS, "price": {"amount": "5.00", "currency": "RUB"}}]
        sold = await admin.put(
            f"/v1/deals/{converted['deal_id']}/lines", json={"lines": lines}, headers={"If-Match": "*"}
        )
        assert sold.status_code == 200, sold.text
        lost = {"reason": "other", "note": f"{NAME} {WORDS}"}
        answer = await admin.post(f"/v1/deals/{converted['deal_id']}/lose", json=lost, headers=key)
        assert answer.status_code == 200, answer.text
    sent.append(await both.submit(**{**person, "message": f"{WORDS} again"}))
    sent.append(await both.submit(**{**person, "message": f"{WORDS} spam", "website": "http://spam.example"}))
    return contact["id"], lead["id"], sent


async def test_after_an_erasure_no_table_of_either_service_says_who_it_was(both: Both) -> None:
    contact_id, lead_id, (delivered, waiting, spam) = await lived_through(both)
    stranger = await both.submit(name="Пётр Иной", phone=OTHER, message="стол")
    before = {one: await both.submission(one) for one in (delivered, waiting, spam)}
    assert [one["status"] for one in before.values()] == ["delivered", "ready", "spam"]
    assert await traces(both.core.database)
    assert await traces(both.intake.database)

    async with both.core.client_as("admin", both.id) as admin:
        exported = (await admin.get(f"/v1/contacts/{contact_id}/export")).raise_for_status().json()
        erased = await admin.post(f"/v1/contacts/{contact_id}/erase", json={})
        assert erased.status_code == 200, erased.text
        assert erased.json()["lead_ids"] == [lead_id]
        assert await traces(both.core.database) == []
        await both.follow()
        assert await traces(both.intake.database) == []
        lead = (await admin.get(f"/v1/leads/{lead_id}")).raise_for_status().json()
        items = (await admin.get(f"/v1/contacts/{contact_id}/timeline")).raise_for_status().json()["items"]
        log = (await admin.get("/v1/audit", params={"action": "contact.erase"})).json()["items"]
        again = await admin.post(f"/v1/leads/{lead_id}/erase", json={})
    assert PHONE in exported["addresses"]["phone"]
    assert exported["inquiries"][0]["message"] == WORDS
    assert exported["activities"]
    assert exported["timeline"]
    assert exported["audit"]
    assert exported["deals"]
    assert lead["attribution"]["last"]["source"] == "yandex"
    assert lead["attribution"]["last"]["campaign"] == "spring"
    assert lead["status"] == "converted"
    assert set(lead["reached"]) >= {"in_progress", "qualified", "converted"}
    assert {item["kind"] for item in items} >= {"inquiry", "transition"}
    assert len(log) == 1
    assert again.status_code == 200
    after = {one: await both.submission(one) for one in (delivered, waiting, spam)}
    assert [(one["status"], one["reason"]) for one in after.values()] == [
        ("delivered", None), ("ignored", "erased"), ("spam", before[spam]["reason"]),
    ]  # fmt: skip
    assert all(one["raw"] == [] for one in after.values())
    assert after[delivered]["inquiry"]["attribution"]["last"]["source"] == "yandex"
    kept = await both.submission(stranger)
    assert kept["inquiry"]["phones"] == [OTHER]
    assert kept["raw"]


async def test_what_was_on_its_way_while_the_person_was_erased_does_not_bring_them_back(both: Both) -> None:
    contact_id, _, (_, waiting, _) = await lived_through(both)
    async with both.core.client_as("admin", both.id) as admin:
        (await admin.post(f"/v1/contacts/{contact_id}/erase", json={})).raise_for_status()
    await both.deliver()  # lead-intake does not know it yet
    assert (await both.submission(waiting))["status"] == "parked"
    assert await traces(both.core.database) == []
    await both.follow()
    assert await traces(both.intake.database) == []
    fresh = await both.submit(name=f"{NAME} Анна", phone=PHONE, message="again, of my own will")
    await both.deliver()
    assert (await both.submission(fresh))["status"] == "delivered"
    await core_clean(both.core.db)


async def test_lead_intake_exports_and_erases_by_itself_whom_crm_core_does_not_know(both: Both) -> None:
    sent = await both.submit(name=NAME, phone=PHONE, email=EMAIL, website="http://spam.example")
    async with both.intake.client_as("admin", both.id) as admin:
        named = {"phones": [PHONE], "emails": [EMAIL.upper()]}
        exported = (await admin.post("/v1/persons/export", json=named)).raise_for_status().json()
        assert [one["id"] for one in exported["submissions"]] == [sent]
        assert exported["submissions"][0]["raw"]
        erased = await admin.post("/v1/persons/erase", json=named)
        assert erased.json() == {"erased": 1}
    assert await traces(both.intake.database) == []
    async with both.intake.client_as("manager", both.id, scopes={"submissions:read", "submissions:write"}) as manager:
        assert (await manager.post("/v1/persons/export", json=named)).status_code == 403


async def test_a_request_that_told_of_two_people_goes_and_the_other_can_no_longer_be_replayed(both: Both) -> None:
    async with both.intake.client_as("admin", both.id) as admin:
        wish = {"name": "Calls", "channel": "call", "provider": "asterisk"}
        source = (await admin.post("/v1/sources", json=wish)).raise_for_status().json()
    lines = [
        f'"","{phone}","74951112233","from-trunk","""A"" <{phone}>","SIP/a","SIP/b","Dial","x",'
        f'"2026-03-12 09:00:0{at}","2026-03-12 09:00:05","2026-03-12 09:01:00","55","50","ANSWERED","DOCUMENTATION",'
        f'"16{at}.1","","16{at}.1"'
        for at, phone in enumerate((PHONE, OTHER))
    ]
    async with both.intake.client() as door:
        headers = {"Content-Type": "text/csv"}
        answer = await door.post(f"/in/{source['key']}", content="\n".join(lines), headers=headers)
    mine, other = answer.raise_for_status().json()["submission_ids"]
    assert (await both.submission(other))["raw"]
    async with both.intake.client_as("admin", both.id) as admin:
        (await admin.post("/v1/persons/erase", json={"submission_ids": [mine]})).raise_for_status()
        kept = await both.submission(other)
        assert kept["inquiry"]["phones"] == [OTHER]
        assert kept["raw"] == []
        assert kept["raw_removed"]
        assert (await admin.post(f"/v1/submissions/{other}/replay", json={})).status_code == 409
