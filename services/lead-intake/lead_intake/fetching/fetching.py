"""The worker's asking: workspace by workspace, each leased, a few questions at once.

Every step may be repeated: the answer is read like a request of the provider, and one read twice changes nothing.
"""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import structlog
from leadkit import clock
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.leases import leased
from leadkit.sealing import Sealer
from leadkit.waiting import pause
from prometheus_client import Counter

from lead_intake.fetching import actions
from lead_intake.fetching.actions import Due
from lead_intake.fetching.provider_api import NoAnswer, ProviderApi
from lead_intake.fetching.rules import EXPIRED, is_too_late
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView, WireRequest
from lead_intake.providers.questions import NoAccess, Question, Reply
from lead_intake.sources.queries import source_views, workspaces_with_sources
from lead_intake.submissions import completing

LOOK_EVERY_S = 1.0
AT_ONCE = 4
BATCH = 20
LEASE_S = 60  # longer than a batch takes when nothing is answered

log = structlog.get_logger()
fetches_total = Counter("leadflow_fetches_total", "Questions to providers' APIs", ["provider", "verdict"])


class Fetcher:
    """The asking of one worker process; `apis` by the provider's slug."""

    def __init__(self, db: Database, apis: Mapping[str, ProviderApi], sealer: Sealer) -> None:
        self._db = db
        self._apis = apis
        self._sealer = sealer
        self._holder = new_id()

    async def run(self, stop: asyncio.Event) -> None:
        """Asks until `stop` is set."""
        while not stop.is_set():
            if not await self.step():
                await pause(stop, LOOK_EVERY_S)

    async def step(self) -> int:
        """Asks about what is due in all workspaces; answers how many submissions that were."""
        async with self._db.transaction(role="worker", read_only=True) as session:
            workspaces = await workspaces_with_sources(session, providers=list(self._apis))
        return sum([await self._step_in(workspace_id) for workspace_id in workspaces])

    async def _step_in(self, workspace_id: UUID) -> int:
        due, sources = await self._due(workspace_id)
        if not due:
            return 0
        turn = asyncio.Semaphore(AT_ONCE)

        async def ask(one: Due) -> None:
            async with turn:
                await self._complete(workspace_id, one, sources[one.source_id])

        async with leased(self._db, f"fetching:{workspace_id}", self._holder, LEASE_S) as ours:
            if not ours:
                return 0
            due, sources = await self._due(workspace_id)
            await asyncio.gather(*(ask(one) for one in due))
        return len(due)

    async def _due(self, workspace_id: UUID) -> tuple[list[Due], dict[UUID, SourceView]]:
        async with self._db.transaction(workspace_id, read_only=True) as session:
            due = await actions.due(session, workspace_id, list(self._apis), now=clock.now(), most=BATCH)
            ids = {one.source_id for one in due}
            return due, await source_views(session, workspace_id, ids, self._sealer) if ids else {}

    async def _complete(self, workspace_id: UUID, one: Due, source: SourceView) -> None:
        """Asks about one submission and writes what came of it."""
        reply, answer = await self._asked(one, source)
        fetches_total.labels(source.provider, reply.verdict).inc()
        async with self._db.transaction(workspace_id) as session:
            now = clock.now()
            if reply.verdict == "later":
                await actions.postpone(session, workspace_id, one, reply.reason or "later", now=now)
                return
            await actions.settle(session, workspace_id, one)
            if answer is not None:
                await completing.complete(session, one.id, answer, source, workspace_id=workspace_id, now=now)
            else:
                await completing.give_up(session, one.id, reply.reason or "", workspace_id=workspace_id, now=now)
        log.info("provider_asked", provider=source.provider, verdict=reply.verdict, reason=reply.reason)

    async def _asked(self, one: Due, source: SourceView) -> tuple[Reply, WireRequest | None]:
        """What to do, and the answer to be read when it is good."""
        provider = provider_named(source.provider)
        if is_too_late(one.received_at, clock.now()):
            return Reply("refused", EXPIRED), None
        try:
            question = provider.question(one.external_id or "", source)
            status, body = await self._apis[source.provider].ask(question)
        except NoAccess as reason:
            return Reply("refused", str(reason)), None
        except NoAnswer as reason:
            return Reply("later", str(reason)), None
        reply = provider.reply(status, body)
        return reply, _as_request(question, body) if reply.verdict == "taken" else None


def _as_request(question: Question, body: bytes) -> WireRequest:
    """The answer as it is kept and read: without the headers, which carry the token."""
    return WireRequest("GET", question.path, "", {"content-type": "application/json"}, body, clock.now())
