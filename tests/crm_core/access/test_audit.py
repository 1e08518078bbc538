"""The audit log: complete, masked, for admin and head."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from crm_core.access.audit.rules import MASK, difference
from leadkit import clock
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.crm_core.conftest import Tenant


async def test_every_change_tells_who_when_before_and_after(tenant: Tenant) -> None:
    moment = clock.now().replace(microsecond=0) + timedelta(seconds=1)
    with clock.at(moment):
        user = await tenant.user("Anna", level=2)
        async with tenant.client_as("admin", user_id=UUID(user["id"])) as admin:
            await admin.patch(f"/v1/users/{user['id']}", json={"level": 4}, headers={"If-Match": '"1"'})
            log = (await admin.get(f"/v1/audit?subject_id={user['id']}")).json()["items"]
    assert [entry["action"] for entry in log] == ["user.update", "user.create"]
    latest, first = log
    assert latest["by"] == f"user:{user['id']}"
    assert latest["at"] == moment.isoformat().replace("+00:00", "Z")
    assert (latest["before"], latest["after"]) == ({"level": 2}, {"level": 4})
    assert first["before"] is None
    assert (first["after"]["name"], first["after"]["role"]) == ("Anna", "manager")


async def test_addresses_are_masked_and_names_of_staff_are_not(tenant: Tenant) -> None:
    user = await tenant.user("Anna")
    async with tenant.client_as() as admin:
        patch = {"name": "Ann", "email": "secret@example.com"}
        await admin.patch(f"/v1/users/{user['id']}", json=patch, headers={"If-Match": '"1"'})
        log = (await admin.get("/v1/audit?subject_type=user")).json()["items"]
    assert (log[0]["before"], log[0]["after"]) == ({"name": "Anna", "email": MASK}, {"name": "Ann", "email": MASK})
    async with tenant.core.db.transaction(tenant.id, read_only=True) as session:
        stored = (await session.execute(text("SELECT string_agg(audit::text, ' ') FROM audit"))).scalar_one()
    assert "example.com" not in stored


async def test_the_log_is_narrowed_by_its_filters(tenant: Tenant) -> None:
    early, late = clock.now() - timedelta(hours=1), clock.now() + timedelta(hours=1)
    await tenant.team("East")
    with clock.at(late):
        await tenant.user("Anna")
    counts = {}
    filters = ("subject_type=team", "action=user.create", f"by={uuid4()}", "at_from=" + late.isoformat()[:19] + "Z",
               "at_to=" + early.isoformat()[:19] + "Z")  # fmt: skip
    async with tenant.client_as("head") as head:
        for query in filters:
            counts[query] = len((await head.get(f"/v1/audit?{query}")).json()["items"])
    assert list(counts.values()) == [1, 1, 0, 1, 0]


async def test_the_log_is_for_admin_head_and_platform(tenant: Tenant) -> None:
    answers = {}
    for role in ("admin", "head", "manager", "analyst", "integration"):
        async with tenant.client_as(role) as client:
            answers[role] = (await client.get("/v1/audit")).status_code
    assert answers == {"admin": 200, "head": 200, "manager": 403, "analyst": 403, "integration": 403}
    async with tenant.core.platform_in(tenant.id) as platform:
        assert (await platform.get("/v1/audit")).status_code == 200


async def test_a_request_cannot_rewrite_the_log(tenant: Tenant) -> None:
    await tenant.team("East")
    for statement in ("UPDATE audit SET by = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with tenant.core.db.transaction(tenant.id) as session:
                await session.execute(text(statement))


async def test_a_refused_change_leaves_no_entry(tenant: Tenant) -> None:
    user = await tenant.user("Anna")
    async with tenant.client_as() as admin:
        await admin.patch(f"/v1/users/{user['id']}", json={"level": 5}, headers={"If-Match": '"9"'})
        log = (await admin.get("/v1/audit?subject_type=user")).json()["items"]
    assert [entry["action"] for entry in log] == ["user.create"]


def test_only_what_differs_is_kept() -> None:
    before, after = difference("lead", {"status": "new", "score": 1}, {"status": "assigned", "score": 1})
    assert (before, after) == ({"status": "new"}, {"status": "assigned"})


def test_values_about_a_person_keep_their_shape_and_lose_their_content() -> None:
    person = {"full_name": "Иван Петров", "first_name": None}
    given = {
        "name": "Иван Петров", "person": person, "phones": ["+79161234567", "+79160000000"], "emails": [],
        "custom": {"passport": "4509 123456"}, "subject": "окна", "note": "", "status": "new",
        "result": "Петров согласен", "budget": {"amount": Decimal("10.50"), "currency": "RUB"},
    }  # fmt: skip
    _, after = difference("contact", None, given)
    assert after == {
        "name": MASK, "person": {"full_name": MASK, "first_name": None}, "phones": [MASK, MASK], "emails": [],
        "custom": {"passport": MASK}, "subject": MASK, "note": "", "status": "new",
        "result": MASK, "budget": {"amount": "10.50", "currency": "RUB"},
    }  # fmt: skip


def test_personal_fields_are_masked_on_every_level() -> None:
    _, after = difference("lead", None, {"touches": [{"kind": "call", "phone": "+79161234567"}]})
    assert after == {"touches": [{"kind": "call", "phone": MASK}]}
