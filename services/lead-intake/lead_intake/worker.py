"""lead-intake's worker: delivers, asks providers, ends calls, orders events, follows crm-core. Any number may run."""

import sys
from datetime import timedelta
from functools import partial

from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.cloudevents import CloudEvent
from leadkit.consumer import FeedConsumer
from leadkit.db import Database
from leadkit.idempotency import forget_old
from leadkit.issuer import follow_issuer
from leadkit.outbox import Sequencer
from leadkit.peers import REVOKED, follow_keys, forget_revoked
from leadkit.schema import check_schema
from leadkit.sealing import Sealer
from leadkit.serve import run
from leadkit.worker import Loop, every, run_worker
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.confirmations.mailing import mail_out
from lead_intake.confirmations.sending import Asker, put_aside_unconfirmed
from lead_intake.delivery.delivering import Deliverer
from lead_intake.fetching.actions import forget_fetches
from lead_intake.fetching.fetching import Fetcher
from lead_intake.fetching.provider_api import ProviderApi
from lead_intake.imports.actions import forget_files
from lead_intake.imports.running import Importer
from lead_intake.mailboxes.reading import Mailboxes
from lead_intake.privacy.following import PERSON_ERASED, erase_persons, erase_refused
from lead_intake.receiving.refusing import forget_refused
from lead_intake.replays.running import Replayer
from lead_intake.screening.actions import forget_signs
from lead_intake.settings import FOLDER, IntakeSettings, settings
from lead_intake.sources.queries import days_raw_is_kept
from lead_intake.sources.views import SECRETS_PURPOSE
from lead_intake.sources.workspaces import WORKSPACE_EVENTS, learn_workspaces
from lead_intake.submissions.closing import close_overdue
from lead_intake.submissions.retention import forget_raw
from lead_intake.submissions.upgrading import forget_interests
from lead_intake.subscriptions.confirming import Confirmer

HEARD_WITHIN_S = 0.0003
"""A thread that reads a file lets the loops be heard so often; by default it keeps the interpreter for 5 ms, which an
import, whose batches take some ten answers of the database, feels in a seventh of its speed."""
CLOSE_EVERY_S = 60
ERASE_EVERY_S = 15
CLEAN_EVERY_S = 600
FOLLOWED = (*WORKSPACE_EVENTS, REVOKED, PERSON_ERASED)


async def main() -> None:
    """Runs the loops until the process is asked to stop."""
    sys.setswitchinterval(HEARD_WITHIN_S)
    own = settings()
    db = Database.connect(own, service="intake", for_worker=True)
    core = ServiceClient("crm-core", own.core_url, own.service_token_value())
    try:
        await check_schema(db, FOLDER)
        await run_worker(db, loops(own, db, core))
    finally:
        await core.close()
        await db.close()


def loops(own: IntakeSettings, db: Database, core: ServiceClient) -> list[tuple[str, Loop]]:
    """What the worker does."""
    sealer = Sealer(own.data_key, purpose=SECRETS_PURPOSE)
    follower = FeedConsumer(db, core, name="crm-core", handle=partial(follow, own.data_key), types=FOLLOWED)
    return [
        ("delivery", Deliverer(db, core, rush=own.rush).run),
        ("sequencer", Sequencer(db).run),
        ("mailboxes", Mailboxes(db, sealer).run),
        ("subscriptions", Confirmer(db).run),
        ("confirmations", Asker(db, own, sealer, out=mail_out(own)).run),
        ("keys", follow_keys(db, core)),
        ("issuer", follow_issuer(db, own)),
        ("crm-core", follower.run),
        ("imports", Importer(db, sealer).run),
        ("fetching", Fetcher(db, {"meta": ProviderApi(own.meta_graph_url)}, sealer).run),
        ("replays", Replayer(db, sealer).run),
        ("closing", every(CLOSE_EVERY_S, partial(close, db, sealer))),
        ("erasing", every(ERASE_EVERY_S, partial(erase_refused, db, own.data_key))),
        ("retention", every(CLEAN_EVERY_S, partial(keep_retention, db, own))),
        ("cleaning", every(CLEAN_EVERY_S, partial(clean, db, own))),
    ]


async def follow(data_key: SecretStr, session: AsyncSession, events: list[CloudEvent]) -> None:
    """What crm-core tells that matters here: workspaces, revoked tokens, and whom it erased."""
    await learn_workspaces(session, events)
    await forget_revoked(session, events)
    await erase_persons(session, events, data_key)


async def close(db: Database, sealer: Sealer) -> None:
    """Closes calls whose end was never told, and puts aside what nobody confirmed."""
    await close_overdue(db, sealer, now=clock.now())
    await put_aside_unconfirmed(db, sealer)


async def clean(db: Database, own: IntakeSettings) -> None:
    """Forgets refused requests, signs of spam, answers kept for repeats and files of imports, each in its time."""
    now = clock.now()
    async with db.transaction(role="worker") as session:
        await forget_refused(session, now=now)
        await forget_fetches(session, now=now)
        await forget_signs(session, now=now)
        await forget_interests(session, now=now)
        await forget_old(session, now=now)
        await forget_files(session, now - timedelta(days=own.import_files_days), now=now)


async def keep_retention(db: Database, own: IntakeSettings) -> None:
    """Forgets raw requests of each workspace when it wants them kept no longer."""
    now = clock.now()
    async with db.transaction(role="worker", read_only=True) as session:
        kept = await days_raw_is_kept(session, own.raw_requests_days)
    for workspace_id, days in kept.items():
        await forget_raw(db, workspace_id, now - timedelta(days=days))


if __name__ == "__main__":
    run(main, settings(), service="lead-intake-worker")
