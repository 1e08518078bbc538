"""The worker's part: sends links, and puts aside what nobody confirmed in time."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database, driver_of
from leadkit.ids import new_id
from leadkit.leases import leased
from leadkit.sealing import Sealer
from leadkit.waiting import pause
from prometheus_client import Counter

from lead_intake.confirmations import actions
from lead_intake.confirmations.actions import Due
from lead_intake.confirmations.mailing import MailOut, NotSent, composed
from lead_intake.confirmations.rules import PURPOSE, Link, language_of, packed
from lead_intake.providers.base import SourceView
from lead_intake.settings import IntakeSettings
from lead_intake.sources.queries import source_views
from lead_intake.submissions.gathering import gather
from lead_intake.submissions.opting import AWAITING, may_last
from lead_intake.submissions.queries import sources_waiting_for, submission_by_id, waiting_of

LOOK_EVERY_S = 2.0
BATCH = 20
LEASE_S = 600  # longer than a batch takes when the mail server never answers
EXPIRE_AT_ONCE = 200

log = structlog.get_logger()
mails_total = Counter("leadflow_confirmation_mails_total", "Mails that ask for a confirmation", ["outcome"])


@dataclass(frozen=True, slots=True)
class _Letter:
    """What a mail needs to know."""

    recipient: str
    language: str | None
    source: SourceView


class Asker:
    """The asking of one worker process. Without a way out for mail nothing is sent, and everything waits."""

    def __init__(self, db: Database, own: IntakeSettings, sealer: Sealer, *, out: MailOut | None) -> None:
        self._db = db
        self._out = out
        self._sealer = sealer
        self._links = Sealer(own.data_key, purpose=PURPOSE)
        self._sender = own.mail_from or ""
        self._address = own.address
        self._holder = new_id()

    async def run(self, stop: asyncio.Event) -> None:
        """Sends until `stop` is set."""
        while not stop.is_set():
            await self.step()
            await pause(stop, LOOK_EVERY_S)

    async def step(self) -> int:
        """Sends what is due; answers how many were tried."""
        if self._out is None or not await self._due():
            return 0
        async with leased(self._db, "confirmations", self._holder, LEASE_S) as ours:
            found = await self._due() if ours else []
            for one in found:
                await self._ask(one, self._out)
        return len(found)

    async def _due(self) -> list[Due]:
        async with self._db.transaction(role="worker", read_only=True) as session:
            return await actions.due(session, now=clock.now(), most=BATCH)

    async def _ask(self, one: Due, out: MailOut) -> None:
        """A mail sent twice, after a kill between sending and noting it, holds the same link and id."""
        workspace_id = one.waiting.workspace_id
        letter = await self._letter(one)
        hashed = letter.source.hashed(letter.recipient)
        failure, final = None, False
        async with self._db.transaction(workspace_id, role="worker", read_only=True) as session:
            allowed = await actions.may_be_asked(session, workspace_id, hashed, now=clock.now())
        if not allowed:
            failure, final = "too_many_mails", True
        else:
            link = Link(workspace_id, one.waiting.id, one.waiting.received_at + may_last(letter.source))
            token = self._links.seal(packed(link)).decode()
            message = composed(self._sender, letter.recipient, self._address, link, token, language_of(letter.language))
            try:
                await out.send(message)
            except NotSent as error:
                failure, final = error.kind, error.final
        mails_total.labels(failure or "sent").inc()
        async with self._db.transaction(workspace_id, role="worker") as session:
            await actions.note(session, one, hashed, failure, final=final, now=clock.now())

    async def _letter(self, one: Due) -> _Letter:
        workspace_id, source_id = one.waiting.workspace_id, one.waiting.source_id
        async with self._db.transaction(workspace_id, role="worker", read_only=True) as session:
            row = await submission_by_id(session, workspace_id, one.waiting.id)
            views = await source_views(session, workspace_id, [source_id], self._sealer)
        inquiry = row.inquiry or {}
        return _Letter(str((inquiry.get("emails") or [""])[0]), inquiry.get("language"), views[source_id])


async def put_aside_unconfirmed(db: Database, sealer: Sealer) -> int:
    """What waited too long becomes `ignored`; answers how many. It can still be released by hand."""
    async with db.transaction(role="worker", read_only=True) as session:
        waiting = await sources_waiting_for(session, AWAITING)
    closed = 0
    for workspace_id, source_id in waiting:
        closed += await _put_aside(db, sealer, workspace_id, source_id)
    return closed


async def _put_aside(db: Database, sealer: Sealer, workspace_id: UUID, source_id: UUID) -> int:
    now = clock.now()
    async with db.transaction(workspace_id) as session:
        source = (await source_views(session, workspace_id, [source_id], sealer))[source_id]
        overdue = await waiting_of(
            session, workspace_id, source_id, AWAITING, before=now - may_last(source), most=EXPIRE_AT_ONCE
        )
        if overdue:
            await gather(await driver_of(session), workspace_id, dict.fromkeys(overdue, source), now=now, closing=True)
    return len(overdue)
