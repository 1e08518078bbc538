"""A mailbox over IMAP: what of RFC 3501 is needed to read it, and nothing that changes it."""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Sequence
from datetime import date
from typing import TypeVar

from aioimaplib import IMAP4, AioImapException, Response, quoted

from lead_intake.mailboxes.rules import Waiting, folder_name
from lead_intake.providers.mail.provider import MailboxSettings

T = TypeVar("T")
COMMAND_S = 60
MOST_TOLD = 500
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,15})\b")
_FETCHED = re.compile(rb"^\d{1,10} FETCH \(")
_VALIDITY = re.compile(rb"UIDVALIDITY (\d{1,10})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxFailure(Exception):
    """The mailbox cannot be read now; `kind` says why in one word, and nothing of what the server said."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class ImapMailbox:
    """One connection with the folder selected. Every wait ends, also when the server goes silent or away."""

    def __init__(self, settings: MailboxSettings) -> None:
        context = ssl.create_default_context() if settings.tls else None
        self._lost = asyncio.Event()
        self._settings = settings
        self._client = IMAP4(
            settings.host,
            settings.port,
            timeout=COMMAND_S,
            conn_lost_cb=lambda _: self._lost.set(),
            ssl_context=context,
        )
        self.uid_validity = 0

    async def open(self, password: str) -> None:
        """Signs in and selects the folder; raises `MailboxFailure`."""
        await self._live(self._client.wait_hello_from_server())
        user, folder = quoted(self._settings.user), quoted(folder_name(self._settings.folder))
        if (await self._live(self._client.login(user, password))).result != "OK":
            raise MailboxFailure("login_refused")
        selected = await self._live(self._client.select(folder))
        if selected.result != "OK":
            raise MailboxFailure("no_such_folder")
        found = _VALIDITY.search(b"\n".join(_lines(selected)))
        self.uid_validity = int(found[1]) if found else 0

    async def waiting(self, after_uid: int, since: date | None) -> list[Waiting]:
        """The next messages with a higher number, with their sizes, in order: as many as are read in a while."""
        criteria = [f"UID {after_uid + 1}:*"]
        if since is not None:
            criteria.append(f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}")
        answer = await self._live(self._client.uid_search(*criteria, charset=None))
        if answer.result != "OK":
            raise MailboxFailure("search_refused")
        told = _lines(answer)[0].split() if _lines(answer) else []
        # `n:*` also names the last message when its number is below n.
        uids = sorted({int(one) for one in told if one.isdigit() and int(one) > after_uid})[:MOST_TOLD]
        found: dict[int, int] = {}
        for start in range(0, len(uids), 100):
            some = uids[start : start + 100]
            lines = _lines(await self._uid("fetch", _set(some), "(UID RFC822.SIZE)"))
            told_sizes = [(_UID.search(line), _SIZE.search(line)) for line in lines]
            found |= {int(uid[1]): int(size[1]) for uid, size in told_sizes if uid and size}
        return [Waiting(uid, found[uid]) for uid in uids if uid in found]

    async def fetch(self, uids: Sequence[int], largest: int | None = None) -> dict[int, bytes]:
        """The messages by number, their first `largest` bytes; one that was deleted meanwhile is missing. They stay
        unread."""
        part = f"<0.{largest}>" if largest else ""
        answer = await self._uid("fetch", _set(uids), f"(UID BODY.PEEK[]{part})")
        fetched: dict[int, bytes] = {}
        uid, content = 0, b""
        for line in answer.lines:
            if isinstance(line, bytearray):
                content = bytes(line)
            elif _FETCHED.match(line):
                uid, content = 0, b""
            if not isinstance(line, bytearray) and (found := _UID.search(line)):
                uid = int(found[1])
            if uid and content:
                fetched[uid] = content
        return fetched

    async def _uid(self, command: str, *arguments: str) -> Response:
        answer = await self._live(self._client.uid(command, *arguments))
        if answer.result != "OK":
            raise MailboxFailure(f"{command}_refused")
        return answer

    @property
    def can_idle(self) -> bool:
        """Whether the server tells of new messages by itself."""
        return bool(self._client.has_capability("IDLE"))

    async def news(self, within_s: float) -> None:
        """Returns when the server told of something, or when the time is over. With IDLE where there is IDLE."""
        if not self.can_idle:
            await self._live(asyncio.sleep(within_s), timeout_s=within_s + COMMAND_S)
            await self._live(self._client.noop())
            return
        while not self._client.protocol.idle_queue.empty():
            self._client.protocol.idle_queue.get_nowait()
        idle = await self._live(self._client.idle_start(timeout=within_s + COMMAND_S))
        try:
            await self._live(self._client.wait_server_push(within_s), timeout_s=within_s + COMMAND_S)
        except TimeoutError:
            pass
        finally:
            self._client.idle_done()
        await self._live(asyncio.wait_for(idle, COMMAND_S))

    async def _live(self, waiting: Awaitable[T], timeout_s: float = COMMAND_S) -> T:
        """The outcome, or `MailboxFailure` when the connection is lost or nothing comes in time. A time limit that is
        part of what is awaited goes through."""
        task, lost = asyncio.ensure_future(waiting), asyncio.ensure_future(self._lost.wait())
        try:
            done, _ = await asyncio.wait({task, lost}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if task not in done:
                raise MailboxFailure("connection_lost" if done else "no_answer")
            return task.result()
        except ssl.SSLError as error:
            raise MailboxFailure("tls_failed") from error
        except AioImapException as error:
            raise MailboxFailure("protocol_error") from error
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise MailboxFailure("unreachable") from error
        finally:
            for one in (task, lost):
                if not one.done():
                    one.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)

    async def close(self) -> None:
        """Says good-bye if the server still listens."""
        transport = self._client.protocol.transport
        if not self._lost.is_set() and transport is not None:
            try:
                await asyncio.wait_for(self._client.logout(), 2)
            except (AioImapException, OSError, TimeoutError):
                pass
        if transport is not None:
            transport.close()


def _lines(answer: Response) -> list[bytes]:
    return [bytes(line) for line in answer.lines if not isinstance(line, bytearray)]


def _set(uids: Sequence[int]) -> str:
    return ",".join(str(uid) for uid in uids)
