"""analytics' worker: follows the feeds, keeps cells as they are wanted, learns keys. Any number may run."""

import gc
from functools import partial

from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.db import Database
from leadkit.idempotency import forget_old
from leadkit.issuer import follow_issuer
from leadkit.outgoing import guarded_pool
from leadkit.peers import follow_keys
from leadkit.schema import check_schema
from leadkit.serve import run
from leadkit.tokens import remember_revoked
from leadkit.worker import every, run_worker

from analytics.alerts.actions import watch
from analytics.projections.consumers import consumers
from analytics.projections.rebuilding import Rebuilding
from analytics.saved_reports import actions as saved_reports
from analytics.saved_reports import delivering
from analytics.settings import FOLDER, settings

REBUILD_EVERY_S = 1
CLEAN_EVERY_S = 600
WATCH_EVERY_S = 3600


NEW_OBJECTS_BEFORE_COLLECTION = 200_000
"""A page of events makes that many small tuples and no cycles: looking for cycles took a third of its time."""


async def main() -> None:
    """Runs the loops until the process is asked to stop."""
    gc.set_threshold(NEW_OBJECTS_BEFORE_COLLECTION, 20, 100)
    db = Database.connect(settings(), service="analytics", for_worker=True)
    token = settings().service_token_value()
    core = ServiceClient("crm-core", settings().core_url, token)
    intake = ServiceClient("lead-intake", settings().intake_url, token)
    pool = guarded_pool(private_allowed=settings().webhooks_to_private_addresses)
    deliverer = delivering.Deliverer(db, pool, settings().data_key)
    try:
        await check_schema(db, FOLDER)
        of_core, of_intake = consumers(db, core=core, intake=intake)
        loops = (
            ("crm-core", of_core.run),
            ("lead-intake", of_intake.run),
            ("rebuilding", every(REBUILD_EVERY_S, Rebuilding(db, core=core, intake=intake).step)),
            ("keys", follow_keys(db, core)),
            ("issuer", follow_issuer(db, settings())),
            ("reports", every(delivering.EVERY_S, deliverer.step)),
            ("alerts", every(WATCH_EVERY_S, partial(watch_costs, db))),
            ("cleaning", every(CLEAN_EVERY_S, partial(clean, db))),
        )
        await run_worker(db, loops)
    finally:
        await pool.aclose()
        await core.close()
        await intake.close()
        await db.close()


async def watch_costs(db: Database) -> None:
    """Looks for weeks in which a source's cost per lead or conversion left its usual range."""
    await watch(db, clock.now())


async def clean(db: Database) -> None:
    """Forgets answers kept for repeats after their day, and revoked tokens that have run out by themselves."""
    async with db.transaction(role="worker") as session:
        await forget_old(session, now=clock.now())
        await remember_revoked(session, (), now=clock.now())
        await saved_reports.forget_old(session, now=clock.now())


if __name__ == "__main__":
    run(main, settings(), service="analytics-worker")
