"""`/v1/loss-reasons`, over HTTP."""

from crm_core.loss_reasons.queries import find_loss_reason
from crm_core.loss_reasons.rules import DEFAULT_REASONS, key_from, name_of

from tests.crm_core.conftest import Tenant


async def test_a_new_reason_stands_last_with_a_key_made_from_its_name(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        made = (await admin.post("/v1/loss-reasons", json={"name": "Too far away"})).json()
        listed = (await admin.get("/v1/loss-reasons")).json()["items"]
    assert made["key"] == "too_far_away"
    assert listed[-1] == made
    assert [reason["position"] for reason in listed] == sorted(reason["position"] for reason in listed)


async def test_a_name_without_latin_letters_gets_a_key_too(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        first = (await admin.post("/v1/loss-reasons", json={"name": "Далеко"})).json()
        second = (await admin.post("/v1/loss-reasons", json={"name": "Долго"})).json()
    assert first["key"].startswith("reason_")
    assert first["key"] != second["key"]


async def test_a_key_is_given_once(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        answer = await admin.post("/v1/loss-reasons", json={"name": "Other", "key": "no_budget"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/loss-reason-key-taken"


async def test_a_deleted_reason_is_no_longer_offered_and_still_found(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        [reason, *_] = (await admin.get("/v1/loss-reasons")).json()["items"]
        deleted = await admin.delete(f"/v1/loss-reasons/{reason['id']}")
        offered = (await admin.get("/v1/loss-reasons?active=true")).json()["items"]
        still = (await admin.get(f"/v1/loss-reasons/{reason['id']}")).json()
        deal = (await admin.post("/v1/deals", json={"name": "Chairs"})).json()
        for chosen in ({"loss_reason_id": reason["id"]}, {"reason": reason["key"]}):
            refused = await admin.post(f"/v1/deals/{deal['id']}/lose", json=chosen)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(chosen))}")
    assert deleted.status_code == 204
    assert reason["id"] not in {one["id"] for one in offered}
    assert (still["active"], still["version"]) == (False, 2)
    events = await tenant.core.events("loss_reason.changed")
    assert [event["data"]["active"] for event in events if event["subject"] == reason["id"]] == [True, False]


async def test_a_reason_is_found_by_id_and_by_key_in_its_workspace_alone(tenant: Tenant, stranger: Tenant) -> None:
    async with tenant.core.db.transaction(tenant.id, read_only=True) as session:
        by_key = await find_loss_reason(session, tenant.id, "no_budget")
        assert by_key is not None
        assert await find_loss_reason(session, tenant.id, by_key.id) is by_key
        assert await find_loss_reason(session, tenant.id, "unheard_of") is None
    async with tenant.core.db.transaction(stranger.id, read_only=True) as session:
        assert await find_loss_reason(session, stranger.id, by_key.id) is None


async def test_a_reason_changes_by_patch_and_keeps_its_key(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        [reason, *_] = (await admin.get("/v1/loss-reasons")).json()["items"]
        patch = {"name": "No answer", "position": 500, "key": "other_key"}
        changed = await admin.patch(f"/v1/loss-reasons/{reason['id']}", json=patch, headers={"If-Match": '"1"'})
        listed = (await admin.get("/v1/loss-reasons")).json()["items"]
    assert changed.json()["key"] == reason["key"]
    assert listed[-1]["name"] == "No answer"


async def test_everybody_reads_reasons_and_admins_write_them(tenant: Tenant) -> None:
    for role in ("head", "manager", "analyst", "integration"):
        async with tenant.client_as(role) as client:
            assert (await client.get("/v1/loss-reasons")).status_code == 200
            assert (await client.post("/v1/loss-reasons", json={"name": "X"})).status_code == 403


def test_default_reasons_have_distinct_keys_and_names_in_both_languages() -> None:
    assert len({reason.key for reason in DEFAULT_REASONS}) == len(DEFAULT_REASONS)
    for language, latin in (("ru-RU", False), ("en", True), ("de", True)):
        names = [name_of(reason, language) for reason in DEFAULT_REASONS]
        assert len(set(names)) == len(names)
        assert {name.isascii() for name in names} == {latin}


def test_a_key_is_made_of_latin_letters_digits_and_underscores() -> None:
    assert key_from("  Wrong price (2026)!", otherwise="x") == "wrong_price_2026"
    assert key_from("Цена", otherwise="reason_1") == "reason_1"
    assert len(key_from("long " * 50, otherwise="x")) <= 50
