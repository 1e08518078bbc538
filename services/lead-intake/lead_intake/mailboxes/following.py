"""Follows a mailbox: fetches what is new, stores it together with the place it has come to, waits for more.

A kill between fetching and the commit loses nothing: the place is where it was, and the messages are fetched again.
One lease a mailbox, looked at in the storing transaction, so two workers never store from the same one.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database, driver_of
from leadkit.ids import new_id_text
from leadkit.leases import acquire, held
from prometheus_client import Counter

from lead_intake.mailboxes import actions, rules
from lead_intake.mailboxes.imap import ImapMailbox, MailboxFailure
from lead_intake.mailboxes.queries import place_of
from lead_intake.mailboxes.rules import Waiting
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView
from lead_intake.providers.mail.provider import EmailSettings, MailboxSettings
from lead_intake.receiving.batches import NOT_STORABLE
from lead_intake.receiving.failures import failure_of
from lead_intake.receiving.letters import LARGEST_LETTER, letter
from lead_intake.submissions.drafts import Receipt
from lead_intake.submissions.reading import read_receipt, unreadable
from lead_intake.submissions.storing import store

LEASE_S = 30  # what a killed worker holds back
RENEW_S = 10

log = structlog.get_logger()
read_total = Counter("leadflow_mailbox_messages_total", "Messages read from mailboxes")


class Overtaken(Exception):
    """Another worker reads this mailbox now."""


def lease_of(source_id: UUID) -> str:
    """The lease of a source's mailbox."""
    return f"mailbox:{source_id}"


class Follower:
    """The reading of one mailbox by this worker."""

    def __init__(self, db: Database, source: SourceView, holder: UUID) -> None:
        assert isinstance(source.settings, EmailSettings)
        assert source.settings.mailbox is not None
        self._db = db
        self._source = source
        self._holder = holder
        self.settings: MailboxSettings = source.settings.mailbox
        self.place = rules.place(self.settings.host, self.settings.port, self.settings.user, self.settings.folder)

    async def follow(self, stop: asyncio.Event) -> None:
        """Reads until `stop` is set or another worker has the lease; what fails is noted, and the mailbox rests."""
        mailbox, keeping = None, asyncio.create_task(self._keep_lease())
        try:
            mailbox = ImapMailbox(self.settings)
            await mailbox.open(self._source.secrets.get("mailbox_password", ""))
            while not stop.is_set():
                await self.catch_up(mailbox)
                await mailbox.news(self.settings.poll_seconds)
        except MailboxFailure as failure:
            await self._failed(failure.kind)
        except TimeoutError:
            await self._failed("no_answer")
        except Overtaken:
            log.info("mailbox_overtaken", source_id=str(self._source.id))
        except Exception as error:
            log.error("mailbox_reading_failed", source_id=str(self._source.id), exc_info=error)
            await self._failed("error")
        finally:
            keeping.cancel()
            if mailbox is not None:
                await mailbox.close()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _keep_lease(self) -> None:
        """Prolongs the lease while the server is waited for. When it is lost, the next storing notices."""
        while True:
            await asyncio.sleep(RENEW_S)
            async with self._db.transaction(role="worker") as session:
                if not await acquire(session, lease_of(self._source.id), self._holder, LEASE_S):
                    return

    async def catch_up(self, mailbox: ImapMailbox) -> int:
        """Stores all that is new; answers how many messages."""
        stored = 0
        while waiting := await self._waiting(mailbox):
            for batch in rules.batches(waiting, LARGEST_LETTER):
                await self._store(mailbox, batch)
            stored += len(waiting)
        return stored

    async def _waiting(self, mailbox: ImapMailbox) -> list[Waiting]:
        """What comes next, under a lease that lasts until it is stored. Nothing: that all is read is noted."""
        async with self._db.transaction(role="worker") as session:
            if not await acquire(session, lease_of(self._source.id), self._holder, LEASE_S):
                raise Overtaken
            place = await place_of(session, self._source.workspace_id, self._source.id, self.place)
        last = place.last_uid if place.uid_validity == mailbox.uid_validity else 0
        days = self.settings.newest_days if last == 0 else None
        since = (clock.now() - timedelta(days=days)).date() if days is not None else None
        waiting = await mailbox.waiting(last, since)
        if not waiting:
            await self._commit(mailbox.uid_validity, last, [])
        return waiting

    async def _store(self, mailbox: ImapMailbox, batch: Sequence[Waiting]) -> None:
        largest = LARGEST_LETTER if any(one.size > LARGEST_LETTER for one in batch) else None
        fetched = await mailbox.fetch([one.uid for one in batch], largest)
        receipts = {uid: self._receipt(content) for uid, content in sorted(fetched.items())}
        try:
            await self._commit(mailbox.uid_validity, batch[-1].uid, list(receipts.values()))
        except Exception as error:
            if failure_of(error) != "poison" or isinstance(error, Overtaken):
                raise
            log.warning("mailbox_batch_poisoned", size=len(receipts), exc_info=error)
            for one in batch:
                await self._store_alone(mailbox.uid_validity, one.uid, receipts.get(one.uid))

    async def _store_alone(self, uid_validity: int, uid: int, receipt: Receipt | None) -> None:
        """One message that cannot be stored as it was read does not hold up the others: it is kept unread."""
        try:
            await self._commit(uid_validity, uid, [receipt] if receipt else [])
        except Exception as error:
            if failure_of(error) != "poison" or isinstance(error, Overtaken) or receipt is None:
                raise
            receipt.drafts = [unreadable(receipt.request, self._source, NOT_STORABLE)]
            await self._commit(uid_validity, uid, [receipt])

    async def _commit(self, uid_validity: int, last_uid: int, receipts: Sequence[Receipt]) -> None:
        """Messages and place in one transaction, under the lease."""
        workspace_id, source_id, now = self._source.workspace_id, self._source.id, clock.now()
        async with self._db.transaction(workspace_id, role="worker") as session:
            if not await held(session, lease_of(source_id), self._holder):
                raise Overtaken
            if receipts:
                await store(await driver_of(session), workspace_id, receipts, now=now)
            await actions.move_on(
                session, workspace_id, source_id, self.place, uid_validity=uid_validity, last_uid=last_uid,
                messages=len(receipts), now=now,
            )  # fmt: skip
        read_total.inc(len(receipts))

    def _receipt(self, content: bytes) -> Receipt:
        request = letter("IMAP", content, received_at=clock.now())
        return read_receipt(request, self._source, provider_named(self._source.provider), request_id=new_id_text())

    async def _failed(self, kind: str) -> None:
        log.warning("mailbox_failed", source_id=str(self._source.id), error=kind)
        async with self._db.transaction(self._source.workspace_id, role="worker") as session:
            await actions.fail(session, self._source.workspace_id, self._source.id, self.place, kind, now=clock.now())
