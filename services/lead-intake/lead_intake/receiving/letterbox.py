# ruff: noqa: ARG002, N802  -- names and arguments of these methods are the SMTP library's
"""The door for letters: SMTP for sources that read raw messages. A message is acknowledged when it is on disk.

Only addresses `{key}@domain` of such sources are known, so nothing is relayed. Whatever cannot be stored now is refused
for now (4xx): the sending server keeps it and tries again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from ssl import SSLContext
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from leadkit import clock
from leadkit.ids import new_id_text
from leadkit.problems import Problem, Unavailable
from leadkit.refusals import as_problem
from prometheus_client import Counter

from lead_intake.providers.credentials import same
from lead_intake.receiving.batches import GroupCommit
from lead_intake.receiving.doors import Doors, OpenDoor
from lead_intake.receiving.letters import LARGEST_LETTER, PROVIDER, letter, trace_of
from lead_intake.submissions.reading import read_receipt

MOST_RECIPIENTS = 20
MOST_WRONG_RECIPIENTS = 10
MOST_HOPS = 100
IDLE_S = 300
LONGEST_SESSION_S = 1800
GRACE_S = 10
_LONGEST_LINE = 1024 * 1024

log = structlog.get_logger()
letters_total = Counter("leadflow_letters_total", "Messages offered by SMTP", ["answer"])


@dataclass(frozen=True, slots=True)
class Post:
    """How the letterbox presents itself and what it takes. Without `domains` any will do."""

    name: str = "leadflow"
    domains: Sequence[str] = ()
    largest: int = LARGEST_LETTER
    most_connections: int = 200
    most_per_address: int = 20
    tls: SSLContext | None = None


class Letterbox:
    """What the SMTP library asks at each step (its names), for all connections of this process."""

    def __init__(self, doors: Doors, commits: GroupCommit, post: Post) -> None:
        self._doors = doors
        self._commits = commits
        self.post = post
        self.open: set[_Connection] = set()

    def connection(self) -> asyncio.Protocol:
        """The protocol of a new connection; one that only says so when there are too many."""
        return _Connection(self) if len(self.open) < self.post.most_connections else _Busy()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """What is offered: nobody signs in here, so AUTH is not."""
        session.host_name = hostname
        return [line for line in responses if not line.startswith(("250-AUTH", "250 AUTH"))]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Anybody may write, but not over too many connections at once."""
        if sum(one.address == _address(session) for one in self.open) > self.post.most_per_address:
            return "421 4.7.0 Too many connections from your address"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Only sources that read raw messages have an address."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            door = await self._door(address)
        except Exception as error:
            log.warning("recipient_not_looked_up", error=type(error).__name__)
            return "451 4.3.0 Try again later"
        if door is None:
            return self._unknown(server)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def _unknown(self, server: SMTP) -> str:
        letters_total.labels("unknown_recipient").inc()
        if isinstance(server, _Connection):
            server.wrong_recipients += 1
            if server.wrong_recipients >= MOST_WRONG_RECIPIENTS:
                asyncio.get_running_loop().call_later(0.1, server.leave)
                return "421 4.7.0 Too many unknown recipients"
        return "550 5.1.1 There is no such mailbox here"

    async def _door(self, address: str) -> OpenDoor | None:
        """The source behind `{key}@domain`. One with a secret wants it too: `{key}+{secret}@domain`."""
        local, _, domain = address.strip("<>").rpartition("@")
        if self.post.domains and domain.lower() not in self.post.domains:
            return None
        key, _, given = local.partition("+")
        key = key.lower()
        door = self._doors.remembered(key) or await self._doors.look_up(key)
        if door is None or not door.enabled or door.provider.slug != PROVIDER:
            return None
        secret = door.view.secrets.get("secret")
        return None if secret and not same(given, secret) else door

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """250 after the commit for every recipient; else nothing was promised."""
        content = envelope.original_content or b""
        if content[:200_000].lower().count(b"\nreceived:") > MOST_HOPS:
            return "554 5.4.6 The message goes round in circles"
        try:
            stored = await asyncio.gather(*(self._stored(session, envelope, one) for one in envelope.rcpt_tos))
        except Exception as error:
            return _not_now(as_problem(error))
        letters_total.labels("stored").inc()
        return f"250 2.0.0 Stored as {stored[0]}"

    async def _stored(self, session: Session, envelope: Envelope, recipient: str) -> str:
        door, address, now = await self._door(recipient), _address(session), clock.now()
        if door is None:
            raise Unavailable("The mailbox was closed meanwhile.")
        self._doors.count(door, address)
        trace = trace_of(
            sender=envelope.mail_from or "", recipient=_shown(recipient), greeting=session.host_name or "unknown",
            address=address, name=self.post.name, encrypted=session.ssl is not None, at=now,
        )  # fmt: skip
        request = letter("SMTP", envelope.original_content or b"", received_at=now, address=address, trace=trace)
        receipt = read_receipt(request, door.view, door.provider, request_id=new_id_text())
        return str((await self._commits.committed(receipt))[0])

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here is no fault of the message."""
        log.error("letter_failed", exc_info=error)
        return "451 4.3.0 Try again later"

    async def close(self) -> None:
        """Says good-bye to everybody; who is handing over a message may finish, for a while."""
        for one in list(self.open):
            if not one.busy:
                one.leave()
        until = asyncio.get_running_loop().time() + GRACE_S
        while self.open and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.05)
            for one in list(self.open):
                if not one.busy:
                    one.leave()
        for one in list(self.open):
            one.leave()


def _shown(recipient: str) -> str:
    """The address without what follows a plus: a secret is kept nowhere."""
    local, _, domain = recipient.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _not_now(problem: Problem) -> str:
    letters_total.labels(problem.code).inc()
    log.warning("letter_not_stored", code=problem.code)
    return "450 4.7.1 Too many messages, try again later" if problem.status == 429 else "451 4.3.0 Try again later"


def _address(session: Session) -> str | None:
    """The other side's network address; IPv4 in its usual form."""
    peer: Any = session.peer
    try:
        told = ip_address(str(peer[0]).partition("%")[0])
    except (ValueError, IndexError, TypeError):
        return None
    return str(getattr(told, "ipv4_mapped", None) or told)


class _Connection(SMTP):
    """One connection: lines as long as careless mailers write them, and an end even for who never stops."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, letterbox: Letterbox) -> None:
        post = letterbox.post
        super().__init__(
            letterbox, data_size_limit=post.largest, enable_SMTPUTF8=True, hostname=post.name, ident="Leadflow",
            tls_context=post.tls, timeout=IDLE_S, command_call_limit={"RCPT": 1000, "*": 200},
            loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self._letterbox = letterbox
        self._end: asyncio.TimerHandle | None = None
        self.busy = False
        self.wrong_recipients = 0
        self.address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Also called when STARTTLS has changed the transport."""
        super().connection_made(transport)
        assert self.session is not None
        self._letterbox.open.add(self)
        self.address = _address(self.session)
        if self._end is None:
            self._end = self.loop.call_later(LONGEST_SESSION_S, self.leave)

    def connection_lost(self, error: Exception | None) -> None:
        """Makes place for another."""
        self._letterbox.open.discard(self)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:
        """While a message is handed over, the connection is not closed in an orderly shutdown."""
        self.busy = True
        try:
            await super().smtp_DATA(arg)
        finally:
            self.busy = False

    def leave(self) -> None:
        """Ends the connection with a word."""
        transport: Any = self.transport
        if transport is not None and not transport.is_closing():
            transport.write(b"421 4.3.2 Closing, try again later\r\n")
            transport.close()


class _Busy(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Says so and closes."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"421 4.7.0 Too many connections, try again later\r\n")
        transport.close()
