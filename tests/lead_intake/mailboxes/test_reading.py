"""Mailboxes by IMAP: everything once, whatever breaks in between, and only by one worker at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from lead_intake.mailboxes import actions, following
from lead_intake.mailboxes.following import Follower, Overtaken, lease_of
from lead_intake.mailboxes.imap import ImapMailbox, MailboxFailure
from lead_intake.mailboxes.reading import Mailboxes
from lead_intake.sources.queries import source_views
from leadkit.ids import new_id
from leadkit.leases import acquire, lease
from sqlalchemy import delete

from tests.lead_intake.mailboxes.imap_server import ImapServer, imap_server
from tests.lead_intake.workspace import Json, Workspace


def message(number: int, padding: int = 0) -> bytes:
    return (
        f"From: Anna <anna{number}@example.org>\r\nSubject: Окна\r\nMessage-ID: <m-{number}@example.org>\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nНужно окно {{5}}\r\n(\r\n{'x' * padding}\r\n"
    ).encode()


@pytest_asyncio.fixture
async def imap() -> AsyncIterator[ImapServer]:
    async with imap_server() as server:
        yield server


async def mailbox_source(workspace: Workspace, imap: ImapServer, password: str | None = None, **told: Any) -> Json:
    mailbox = {"host": "127.0.0.1", "port": imap.port, "user": "leads", "tls": False, **told}
    secrets = {"mailbox_password": password or imap.password}
    return await workspace.source("email", "email", settings={"mailbox": mailbox}, secrets=secrets)


async def follower(workspace: Workspace, source: Json, holder: UUID | None = None) -> Follower:
    async with workspace.intake.db.transaction(workspace.id) as session:
        views = await source_views(session, workspace.id, [UUID(source["id"])], workspace.intake.app.state.sealer)
    return Follower(workspace.intake.db, views[UUID(source["id"])], holder or new_id())


async def caught_up(workspace: Workspace, source: Json, imap: ImapServer, holder: UUID | None = None) -> int:
    """Reads as a worker that was just started does."""
    one = await follower(workspace, source, holder or UUID(int=7))
    mailbox = ImapMailbox(one.settings)
    try:
        await mailbox.open(imap.password)
        return await one.catch_up(mailbox)
    finally:
        await mailbox.close()


async def ids(workspace: Workspace) -> list[str]:
    return sorted(one["external_id"] for one in await workspace.submissions() if one["status"] != "duplicate")


async def state(workspace: Workspace, source: Json) -> Json:
    found: Json = (await workspace.client.get(f"/v1/sources/{source['id']}")).json()["mailbox"]
    return found


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def working(workspace: Workspace) -> AsyncIterator[Mailboxes]:
    """A worker's mailboxes, looked after once."""
    stop = asyncio.Event()
    mailboxes = Mailboxes(workspace.intake.db, workspace.intake.app.state.sealer)
    await mailboxes.step(stop)
    try:
        yield mailboxes
    finally:
        stop.set()
        await mailboxes.run(stop)


async def test_what_lies_in_the_mailbox_and_what_comes_is_read_once(workspace: Workspace, imap: ImapServer) -> None:
    await imap.put(message(1), message(2, padding=200_000))
    source = await mailbox_source(workspace, imap)

    async def read(count: int) -> bool:
        return len(await workspace.submissions()) == count and "IDLE" in imap.commands

    async with working(workspace):
        await until(lambda: read(2))
        await imap.put(message(3))
        await until(lambda: read(3))
    assert await ids(workspace) == [f"<m-{number}@example.org>" for number in (1, 2, 3)]
    assert (await state(workspace, source))["messages"] == 3
    assert not any("STORE" in command or "EXPUNGE" in command for command in imap.commands)
    assert await caught_up(workspace, source, imap) == 0


async def test_a_server_without_idle_is_asked_again(workspace: Workspace, imap: ImapServer) -> None:
    imap.idle = False
    one = await follower(workspace, await mailbox_source(workspace, imap))
    mailbox = ImapMailbox(one.settings)
    await mailbox.open(imap.password)
    await mailbox.news(0.01)
    assert imap.commands[-1] == "NOOP"
    await mailbox.close()


async def test_a_kill_between_fetch_and_commit_loses_nothing(
    workspace: Workspace, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await mailbox_source(workspace, imap)
    await imap.put(message(1), message(2))

    class Killed(BaseException):
        pass

    async def stored_but_not_committed(*arguments: Any, **more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(actions, "move_on", stored_but_not_committed)
        with pytest.raises(Killed):
            await caught_up(workspace, source, imap)
    assert await workspace.submissions() == []
    assert await caught_up(workspace, source, imap) == 2
    assert len(await workspace.submissions()) == 2


async def test_a_connection_that_breaks_in_a_message_is_told_and_taken_up_again(
    workspace: Workspace, imap: ImapServer
) -> None:
    source = await mailbox_source(workspace, imap)
    await imap.put(message(1), message(2))
    imap.cut_at = "UID FETCH 1,2 (UID BODY"
    await (await follower(workspace, source)).follow(asyncio.Event())
    told = await state(workspace, source)
    assert (told["last_error"], told["failures"]) == ("connection_lost", 1)
    async with workspace.intake.db.transaction(role="worker") as session:
        await session.execute(delete(lease).where(lease.c.name == lease_of(UUID(source["id"]))))
    assert await caught_up(workspace, source, imap) == 2
    assert (await state(workspace, source))["failures"] == 0


async def test_new_numbers_for_the_same_messages_are_known_by_their_ids(workspace: Workspace, imap: ImapServer) -> None:
    source = await mailbox_source(workspace, imap)
    await imap.put(message(1), message(2))
    await caught_up(workspace, source, imap)
    imap.uid_validity, imap.messages = 2, {7: message(2), 9: message(3)}
    assert await caught_up(workspace, source, imap) == 2
    assert await ids(workspace) == [f"<m-{number}@example.org>" for number in (1, 2, 3)]
    assert sorted(one["status"] for one in await workspace.submissions()) == ["duplicate", "ready", "ready", "ready"]


async def test_a_wrong_password_rests_is_told_without_secrets_and_mended_by_a_change(
    workspace: Workspace, imap: ImapServer
) -> None:
    source = await mailbox_source(workspace, imap, password="wrong")
    async with working(workspace) as mailboxes:

        async def told() -> bool:
            return await state(workspace, source) is not None

        await until(told)
        for _ in range(3):
            await mailboxes.step(asyncio.Event())
        assert imap.logins == 1
        failed = await state(workspace, source)
        assert (failed["last_error"], failed["failures"]) == ("login_refused", 1)
        assert failed["retry_at"] is not None
        answer = await workspace.client.patch(
            f"/v1/sources/{source['id']}",
            json={"secrets": {"mailbox_password": imap.password}},
            headers={"If-Match": f'"{source["version"]}"'},
        )
        assert answer.json()["mailbox"]["retry_at"] is None
        await mailboxes.step(asyncio.Event())

        async def read() -> bool:
            return (await state(workspace, source))["read_at"] is not None

        await until(read)
    assert (await state(workspace, source))["last_error"] is None


@pytest.mark.parametrize(("told", "kind"), [({"folder": "Gone"}, "no_such_folder"), ({"tls": True}, "tls_failed")])
async def test_what_is_wrong_with_a_mailbox_has_a_name(
    workspace: Workspace, imap: ImapServer, told: dict[str, Any], kind: str
) -> None:
    one = await follower(workspace, await mailbox_source(workspace, imap, **told))
    mailbox = ImapMailbox(one.settings)
    with pytest.raises(MailboxFailure) as failure:
        await mailbox.open(imap.password)
    assert failure.value.kind == kind
    await mailbox.close()


async def test_a_closed_port_is_unreachable(workspace: Workspace, imap: ImapServer) -> None:
    source = await mailbox_source(workspace, imap, port=1)
    await (await follower(workspace, source)).follow(asyncio.Event())
    assert (await state(workspace, source))["last_error"] == "unreachable"


async def test_a_mailbox_is_read_by_one_worker_at_a_time(workspace: Workspace, imap: ImapServer) -> None:
    source = await mailbox_source(workspace, imap)
    await imap.put(message(1))
    async with workspace.intake.db.transaction(role="worker") as session:
        assert await acquire(session, lease_of(UUID(source["id"])), new_id(), 60)
    with pytest.raises(Overtaken):
        await caught_up(workspace, source, imap)
    assert await workspace.submissions() == []


async def test_a_message_without_end_is_read_as_far_as_it_is_taken(
    workspace: Workspace, imap: ImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LARGEST_LETTER", 5000)
    source = await mailbox_source(workspace, imap)
    await imap.put(message(1, padding=20_000), message(2))
    assert await caught_up(workspace, source, imap) == 2
    assert await ids(workspace) == ["<m-1@example.org>", "<m-2@example.org>"]
