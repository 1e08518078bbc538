"""crm-core's worker, as far as it is not leadkit's."""

from datetime import timedelta

from crm_core.worker import clean
from leadkit import clock
from sqlalchemy import text

from tests.crm_core.conftest import Tenant


async def test_cleaning_forgets_what_has_run_out_and_keeps_the_rest(tenant: Tenant) -> None:
    async with tenant.client_as() as admin:
        await admin.post("/v1/teams", json={"name": "East"}, headers={"Idempotency-Key": "once"})
    db = tenant.core.db
    hour = timedelta(hours=1)
    async with db.transaction(role="worker") as session:
        for until in (clock.now() + hour, clock.now() + 48 * hour):
            insert = text("INSERT INTO revoked_token (jti, expires_at) VALUES (gen_random_uuid(), :until)")
            await session.execute(insert, {"until": until})

    async def kept() -> tuple[int, int]:
        async with db.transaction(role="worker") as session:
            counts = "SELECT (SELECT count(*) FROM idempotency_record), (SELECT count(*) FROM revoked_token)"
            row = (await session.execute(text(counts))).one()
        return row[0], row[1]

    await clean(db)
    assert await kept() == (1, 2)
    with clock.at(clock.now() + 25 * hour):
        await clean(db)
    assert await kept() == (0, 1)
