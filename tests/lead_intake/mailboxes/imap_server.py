"""A small real IMAP server (RFC 3501, and IDLE of RFC 2177): one folder, in memory, with faults on request."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ImapServer:
    """Serves `messages` (number -> content) to one user. `idle` off: the server has no IDLE. `cut_at`: the connection
    breaks in the middle of this command, once."""

    def __init__(self) -> None:
        self.user, self.password, self.folder = "leads", 'pass "word"', "INBOX"
        self.uid_validity = 1
        self.messages: dict[int, bytes] = {}
        self.idle = True
        self.cut_at: str | None = None
        self.logins = 0
        self.commands: list[str] = []
        self.port = 0
        self._changed = asyncio.Condition()
        self._open: set[asyncio.StreamWriter] = set()

    async def put(self, *contents: bytes) -> None:
        for content in contents:
            self.messages[max(self.messages, default=0) + 1] = content
        async with self._changed:
            self._changed.notify_all()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            writer.write(b"* OK ready\r\n")
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                self.commands.append(command)
                name = command.upper()
                if self.cut_at and name.startswith(self.cut_at):
                    self.cut_at = None
                    writer.write(b"* 1 FETCH (UID 1 BODY[] {5000}\r\nhalf of it")
                    return
                await self._answer(tag, name, command, reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(
        self, tag: str, name: str, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        done = f"{tag} OK done\r\n".encode()
        if name == "CAPABILITY":
            writer.write(f"* CAPABILITY IMAP4rev1{' IDLE' if self.idle else ''}\r\n".encode() + done)
        elif name.startswith("LOGIN"):
            self.logins += 1
            right = command[6:] == '"leads" "{}"'.format(self.password.replace('"', '\\"'))
            writer.write(done if right else f"{tag} NO [AUTHENTICATIONFAILED] {self.user} is wrong\r\n".encode())
        elif name.startswith("SELECT"):
            there = command[7:] == f'"{self.folder}"'
            told = f"* {len(self.messages)} EXISTS\r\n* OK [UIDVALIDITY {self.uid_validity}] valid\r\n".encode()
            writer.write(told + done if there else f"{tag} NO no such folder\r\n".encode())
        elif name.startswith("UID SEARCH"):
            first = int(re.search(r"UID (\d+):\*", name)[1])  # type: ignore[index]
            found = [uid for uid in self.messages if uid >= first] or list(self.messages)[-1:]
            writer.write(f"* SEARCH {' '.join(map(str, found))}\r\n".encode() + done)
        elif name.startswith("UID FETCH"):
            for uid in [int(uid) for uid in name.split()[2].split(",") if int(uid) in self.messages]:
                writer.write(self._fetched(uid, name))
            writer.write(done)
        elif name == "IDLE":
            writer.write(b"+ idling\r\n")
            await self._idle(reader, writer)
            writer.write(done)
        else:
            writer.write(done)
        await writer.drain()

    def _fetched(self, uid: int, name: str) -> bytes:
        content, number = self.messages[uid], list(self.messages).index(uid) + 1
        if "RFC822.SIZE" in name:
            return f"* {number} FETCH (UID {uid} RFC822.SIZE {len(content)})\r\n".encode()
        part = re.search(r"<0\.(\d+)>", name)
        content = content[: int(part[1])] if part else content
        # Some servers tell the number before the content and some after it.
        if uid % 2:
            return f"* {number} FETCH (UID {uid} BODY[] {{{len(content)}}}\r\n".encode() + content + b")\r\n"
        return f"* {number} FETCH (BODY[] {{{len(content)}}}\r\n".encode() + content + f" UID {uid})\r\n".encode()

    async def _idle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def tell() -> None:
            async with self._changed:
                while True:
                    await self._changed.wait()
                    writer.write(f"* {len(self.messages)} EXISTS\r\n".encode())

        telling = asyncio.ensure_future(tell())
        await reader.readline()
        telling.cancel()

    def hang_up(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()


@asynccontextmanager
async def imap_server() -> AsyncIterator[ImapServer]:
    imap = ImapServer()
    server = await asyncio.start_server(imap.serve, "127.0.0.1", 0, limit=1024 * 1024)
    imap.port = server.sockets[0].getsockname()[1]
    try:
        yield imap
    finally:
        server.close()
        imap.hang_up()
