"""Mail by SMTP: taken for known sources only, acknowledged when it is on disk, refused for now when it cannot be."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from lead_intake.receiving import batches
from lead_intake.receiving.batches import GroupCommit, Store
from lead_intake.receiving.committing import committing
from lead_intake.receiving.doors import Doors
from lead_intake.receiving.letterbox import Letterbox, Post

from tests.lead_intake.workspace import Json, Workspace

MAIL = (
    "From: Анна <anna@example.org>\r\nSubject: Окна\r\nMessage-ID: <{id}@example.org>\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\nНужно окно, 8 999 000-00-01\r\n.точка в начале\r\n"
)


@dataclass
class Listening:
    """A letterbox that listens, and how to write to it."""

    box: Letterbox
    port: int

    def client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, timeout=10)

    async def send(self, *recipients: str, id: str = "m-1", sender: str = "anna@example.org") -> str:
        async with self.client() as client:
            return (await client.sendmail(sender, list(recipients), MAIL.format(id=id).encode()))[1]


@asynccontextmanager
async def listening(
    workspace: Workspace, post: Post | None = None, store: Store | None = None
) -> AsyncIterator[Listening]:
    state = workspace.intake.app.state
    commits = GroupCommit(store or committing(state.lines))
    box = Letterbox(Doors(workspace.intake.db, state.sealer), commits, post or Post())
    server = await asyncio.get_running_loop().create_server(box.connection, "127.0.0.1", 0)
    try:
        yield Listening(box, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await box.close()


@pytest_asyncio.fixture
async def source(workspace: Workspace) -> Json:
    return await workspace.source("email", "email", settings={"own_domains": ["example.ru"]})


async def test_a_letter_is_stored_with_its_envelope_before_it_is_acknowledged(
    workspace: Workspace, source: Json
) -> None:
    async with listening(workspace) as smtp:
        answer = await smtp.send(f"{source['key']}@any.example")
    [one] = await workspace.submissions()
    assert one["id"] in answer
    assert (one["status"], one["external_id"]) == ("ready", "<m-1@example.org>")
    assert (one["inquiry"]["person"]["full_name"], one["inquiry"]["phones"]) == ("Анна", ["+79990000001"])
    [raw] = (await workspace.submission(one["id"]))["raw"]
    assert raw["body"].startswith(f"Return-Path: <anna@example.org>\r\nDelivered-To: {source['key']}@any.example\r\n")
    assert raw["body"].endswith("\r\n.точка в начале\r\n")


async def test_a_letter_sent_again_is_a_duplicate_and_several_recipients_get_it_each(
    workspace: Workspace, source: Json
) -> None:
    other = await workspace.source("email", "email")
    async with listening(workspace) as smtp:
        await smtp.send(f"{source['key']}@a.ru", f"{other['key'].upper()}@a.ru")
        await smtp.send(f"{source['key']}@a.ru")
    statuses = sorted((one["source_id"] == source["id"], one["status"]) for one in await workspace.submissions())
    assert statuses == [(False, "ready"), (True, "duplicate"), (True, "ready")]


async def test_nothing_is_taken_for_anybody_else(workspace: Workspace, source: Json) -> None:
    form = await workspace.source()
    off = await workspace.source("email", "email", enabled=False)
    sealed = await workspace.source("email", "email", secrets={"secret": "s3cret"})
    post = Post(domains=("in.example.ru",))
    async with listening(workspace, post) as smtp, smtp.client() as client:
        await client.mail("a@b.ru")
        for address in (
            "someone@gmail.com", f"{source['key']}@other.ru", f"{form['key']}@in.example.ru",
            f"{off['key']}@in.example.ru", f"{sealed['key']}@in.example.ru", "nokey@in.example.ru",
        ):  # fmt: skip
            with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
                await client.rcpt(address)
            assert refused.value.code == 550
        assert (await client.rcpt(f"{source['key']}@IN.example.ru")).code == 250
        assert (await client.rcpt(f"{sealed['key']}+s3cret@in.example.ru")).code == 250


async def test_who_tries_addresses_is_sent_away(workspace: Workspace) -> None:
    async with listening(workspace) as smtp:
        client = smtp.client()
        await client.connect()
        await client.mail("a@b.ru")
        codes = []
        for number in range(10):
            with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
                await client.rcpt(f"{number}@a.ru")
            codes.append(refused.value.code)
        client.close()
    assert codes == [550] * 9 + [421]


async def test_the_largest_size_is_told_and_kept_to(workspace: Workspace, source: Json) -> None:
    async with listening(workspace, Post(largest=70_000)) as smtp, smtp.client() as client:
        await client.ehlo()
        assert client.esmtp_extensions["size"] == "70000"
        assert "auth" not in client.esmtp_extensions
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as refused:
            await client.sendmail("a@b.ru", f"{source['key']}@a.ru", b"From: a@b.ru\r\n\r\n" + b"x" * 80_000)
        assert refused.value.code == 552
        await client.mail("a@b.ru")
        await client.rcpt(f"{source['key']}@a.ru")
        with pytest.raises(aiosmtplib.SMTPDataError) as too_much:
            await client.data(b"From: a@b.ru\r\n\r\n" + b"xxxxxxxxx\r\n" * 8000)
        assert too_much.value.code == 552
    assert await workspace.submissions() == []


async def test_without_the_database_the_sender_keeps_the_letter(
    workspace: Workspace, source: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PATIENCE_S", 0.1)

    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    async with listening(workspace, store=away) as smtp:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await smtp.send(f"{source['key']}@a.ru")
    assert refused.value.code == 451


async def test_a_connection_too_many_is_told_so_and_a_letter_with_too_many_hops_refused(
    workspace: Workspace, source: Json
) -> None:
    async with listening(workspace, Post(most_connections=1)) as smtp, smtp.client() as client:
        with pytest.raises(aiosmtplib.SMTPConnectError, match="Too many connections"):
            await smtp.client().connect()
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await client.sendmail("a@b.ru", f"{source['key']}@a.ru", b"Received: x\r\n" * 102 + b"\r\nx")
        assert refused.value.code == 554
    post = replace(Post(), most_per_address=0)
    async with listening(workspace, post) as smtp, smtp.client() as client:
        with pytest.raises(aiosmtplib.SMTPResponseException, match="Too many connections from your address"):
            await client.mail("a@b.ru")


async def test_a_letter_being_handed_over_is_finished_before_the_end(workspace: Workspace, source: Json) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()
    real = committing(workspace.intake.app.state.lines)

    async def slowly(*batch: object) -> None:
        begun.set()
        await go_on.wait()
        await real(*batch)  # type: ignore[arg-type]

    async with listening(workspace, store=slowly) as smtp:
        idle = smtp.client()
        await idle.connect()
        sending = asyncio.ensure_future(smtp.send(f"{source['key']}@a.ru"))
        await begun.wait()
        closing = asyncio.ensure_future(smtp.box.close())
        await asyncio.sleep(0)
        go_on.set()
        assert "Stored" in await sending
        await closing
        assert not smtp.box.open
        idle.close()


def _certificate(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "both.pem")
    return context


async def test_letters_come_encrypted_where_there_is_a_certificate(
    workspace: Workspace, source: Json, tmp_path: Path
) -> None:
    async with listening(workspace, Post(tls=_certificate(tmp_path))) as smtp, smtp.client() as client:
        await client.starttls(validate_certs=False)
        await client.ehlo()
        assert "auth" not in client.esmtp_extensions
        await client.sendmail("a@b.ru", f"{source['key']}@a.ru", MAIL.format(id="tls").encode())
    [one] = await workspace.submissions()
    assert "with ESMTPS" in (await workspace.submission(one["id"]))["raw"][0]["body"]
