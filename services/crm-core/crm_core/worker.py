"""crm-core's worker: orders events into the feed, brings postponed leads back, gives out waiting ones, tells what is
due, hands leads over, simulates assignment, writes exports, sends webhooks, finds duplicates, scores leads anew, and
forgets what has run out.

Any number of copies may run."""

from functools import partial

from leadkit import clock
from leadkit.db import Database
from leadkit.idempotency import forget_old
from leadkit.issuer import follow_issuer
from leadkit.outbox import Sequencer
from leadkit.outgoing import guarded_pool
from leadkit.schema import check_schema
from leadkit.serve import run
from leadkit.tokens import remember_revoked
from leadkit.worker import every, run_worker, sparingly

from crm_core.activities import alarms
from crm_core.duplicates import scanning as duplicates
from crm_core.exports import working as exports
from crm_core.leads import overdue, rescoring, returning, waiting
from crm_core.privacy import retaining
from crm_core.privacy.actions import forget_erased
from crm_core.redistribution import working as redistribution
from crm_core.settings import FOLDER, CoreSettings, settings
from crm_core.simulation import working as simulation
from crm_core.simulation.actions import forget_simulations
from crm_core.streams.actions import forget_expired_tickets
from crm_core.webhooks.actions import forget_deliveries
from crm_core.webhooks.sending import Sender

CLEAN_EVERY_S = 600
FEED_SOURCE = "/crm-core"


async def main() -> None:
    """Runs the loops until the process is asked to stop."""
    db = Database.connect(settings(), service="core", for_worker=True)
    try:
        await check_schema(db, FOLDER)
        loops = (
            ("sequencer", Sequencer(db).run),
            ("returning", every(returning.EVERY_S, partial(returning.return_postponed, db))),
            ("alarms", every(alarms.EVERY_S, partial(alarms.tell_alarms, db))),
            ("deadlines", every(overdue.EVERY_S, partial(overdue.watch_deadlines, db))),
            ("waiting", every(waiting.EVERY_S, partial(waiting.give_out_waiting, db))),
            ("redistribution", every(redistribution.EVERY_S, partial(redistribution.redistribute, db))),
            ("simulation", every(simulation.EVERY_S, partial(simulation.simulate, db))),
            ("exports", every(exports.EVERY_S, partial(exports.write_exports, db))),
            ("retention", every(retaining.EVERY_S, partial(retaining.keep_retention, db, settings().data_key))),
            ("issuer", follow_issuer(db, settings())),
            ("webhooks", sender(db, settings()).run),
            ("duplicates", sparingly(duplicates.SHARE, duplicates.EVERY_S, partial(duplicates.find_duplicates, db))),
            ("scoring", every(rescoring.EVERY_S, partial(rescoring.rescore, db))),
            ("cleaning", every(CLEAN_EVERY_S, partial(clean, db))),
        )
        await run_worker(db, loops)
    finally:
        await db.close()


def sender(db: Database, own: CoreSettings) -> Sender:
    """What sends webhooks in this process."""
    pool = guarded_pool(private_allowed=own.webhooks_to_private_addresses)
    return Sender(db, pool, own.data_key, FEED_SOURCE)


async def clean(db: Database) -> None:
    """Forgets what is kept for a day (answers for repeats, files of exports) and tokens that have run out."""
    await exports.forget_expired(db)
    async with db.transaction(role="worker") as session:
        await forget_old(session, now=clock.now())
        await remember_revoked(session, (), now=clock.now())
        await forget_expired_tickets(session, now=clock.now())
        await forget_erased(session, now=clock.now())
        await forget_deliveries(session, now=clock.now())
        await forget_simulations(session, now=clock.now())


if __name__ == "__main__":
    run(main, settings(), service="crm-core-worker")
