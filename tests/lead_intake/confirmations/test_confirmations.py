# ruff: noqa: N802  -- names of the SMTP library's hooks
"""Double opt-in: nothing reaches a manager before the person has pressed the button behind the link."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session
from lead_intake.confirmations.mailing import MailOut, NotSent, SmtpOut
from lead_intake.confirmations.sending import Asker, put_aside_unconfirmed
from lead_intake.settings import IntakeSettings
from leadkit import clock

from tests.lead_intake.workspace import Json, Workspace

FORM = {"name": "Анна Примерова", "email": "anna@example.org", "phone": "8 999 000-02-04", "message": "Сколько стоит?"}
FROM = "Продажи <sales@example.ru>"


class Postbox:
    """Takes messages, or refuses them as told."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.refusal: NotSent | None = None

    async def send(self, message: EmailMessage) -> None:
        if self.refusal:
            raise self.refusal
        self.messages.append(message)

    @property
    def token(self) -> str:
        found = re.search(r"/confirm/(\S+)", self.messages[-1].get_content())
        assert found
        return found[1]


@pytest_asyncio.fixture
async def source(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Json:
    settings: IntakeSettings = workspace.intake.app.state.settings
    monkeypatch.setattr(settings, "mail_host", "127.0.0.1")
    monkeypatch.setattr(settings, "mail_from", FROM)
    return await workspace.source(settings={"double_opt_in": True})


def asker(workspace: Workspace, out: MailOut | None) -> Asker:
    state = workspace.intake.app.state
    return Asker(workspace.intake.db, state.settings, state.sealer, out=out)


async def visited(workspace: Workspace, token: str, method: str = "GET", language: str = "ru") -> httpx.Response:
    async with workspace.intake.client() as client:
        return await client.request(
            method, f"/confirm/{token}", headers={"Accept-Language": language, "Accept": "text/html"}
        )


async def test_an_inquiry_waits_until_the_button_is_pressed_and_carries_the_proof(
    workspace: Workspace, source: Json
) -> None:
    box = Postbox()
    waiting = await workspace.received(source, json=FORM)
    assert (waiting["status"], waiting["reason"]) == ("pending", "awaiting_confirmation")
    assert await asker(workspace, box).step() == 1
    assert await asker(workspace, box).step() == 0
    [mail] = box.messages
    assert (mail["To"], mail["From"]) == ("anna@example.org", FROM)
    assert "Подтвердите" in mail["Subject"]
    page = await visited(workspace, box.token)
    assert page.status_code == 200
    assert '<form method="post"><button>Подтвердить</button></form>' in page.text
    assert "script" not in page.headers["content-security-policy"]
    assert (await workspace.submission(waiting["id"]))["status"] == "pending"
    for _ in range(2):
        pressed = await visited(workspace, box.token, "POST", "en")
        assert (pressed.status_code, "Thank you" in pressed.text) == (200, True)
    ready = await workspace.submission(waiting["id"])
    assert (ready["status"], ready["reason"], ready["inquiry"]["revision"]) == ("ready", None, 2)
    assert ready["inquiry"]["extra"]["double_opt_in"]["confirmed_at"]
    assert (ready["inquiry"]["consent"]["given"], ready["inquiry"]["consent"]["purpose"]) == (True, "double_opt_in")
    assert len(ready["raw"]) == 2
    await workspace.client.post(f"/v1/submissions/{waiting['id']}/replay")
    assert (await workspace.submission(waiting["id"]))["status"] == "ready"


async def test_consent_given_in_the_form_stays_beside_the_confirmation(workspace: Workspace, source: Json) -> None:
    box = Postbox()
    waiting = await workspace.received(source, json={**FORM, "consent": True})
    await asker(workspace, box).step()
    await visited(workspace, box.token, "POST")
    inquiry = (await workspace.submission(waiting["id"]))["inquiry"]
    assert (inquiry["consent"]["purpose"], "double_opt_in" in inquiry["extra"]) == (None, True)


async def test_without_an_address_there_is_nobody_to_ask(workspace: Workspace, source: Json) -> None:
    assert (await workspace.received(source, json={"phone": "8 999 000-02-04"}))["status"] == "ready"


async def test_what_nobody_confirms_is_put_aside_in_time_and_can_be_released(
    workspace: Workspace, source: Json
) -> None:
    box = Postbox()
    one, other = [await workspace.received(source, json={**FORM, "email": f"{name}@example.org"}) for name in "ab"]
    await asker(workspace, box).step()
    sealer = workspace.intake.app.state.sealer
    with clock.at(clock.now() + timedelta(days=6)):
        assert await put_aside_unconfirmed(workspace.intake.db, sealer) == 0
    with clock.at(clock.now() + timedelta(days=7, minutes=1)):
        assert await put_aside_unconfirmed(workspace.intake.db, sealer) == 2
        late = await visited(workspace, box.token, "POST")
        assert (late.status_code, "устарела" in late.text) == (410, True)
    aside = await workspace.submission(one["id"])
    assert (aside["status"], aside["reason"]) == ("ignored", "not_confirmed")
    assert (await workspace.client.post(f"/v1/submissions/{one['id']}/release")).is_success
    assert (await workspace.submission(one["id"]))["status"] == "ready"
    assert (await visited(workspace, box.token, "POST")).status_code == 410
    assert (await workspace.submission(other["id"]))["status"] == "ignored"


@pytest.mark.parametrize("token", ["x", "gAAAAABp", "é" * 400])
async def test_a_wrong_link_confirms_nothing(workspace: Workspace, token: str) -> None:
    for method in ("GET", "POST"):
        assert (await visited(workspace, token, method)).status_code == 410
    async with workspace.intake.client() as client:
        assert (await client.get(f"/confirm/{token}")).json()["type"] == "/problems/link-gone"


async def test_a_mail_server_that_fails_is_asked_again_and_one_that_refuses_the_address_is_not(
    workspace: Workspace, source: Json
) -> None:
    box = Postbox()
    await workspace.received(source, json=FORM)
    box.refusal = NotSent("unreachable", final=False)
    assert [await asker(workspace, box).step() for _ in range(2)] == [1, 0]
    box.refusal = None
    with clock.at(clock.now() + timedelta(minutes=2)):
        assert await asker(workspace, box).step() == 1
    assert len(box.messages) == 1
    await workspace.received(source, json={**FORM, "email": "gone@example.org"})
    box.refusal = NotSent("address_refused", final=True)
    await asker(workspace, box).step()
    with clock.at(clock.now() + timedelta(days=1)):
        assert await asker(workspace, box).step() == 0


async def test_nobody_is_written_to_again_and_again(workspace: Workspace, source: Json) -> None:
    box = Postbox()
    for number in range(5):
        await workspace.received(source, json={**FORM, "message": f"Вопрос {number}"})
    assert await asker(workspace, box).step() == 5
    assert len(box.messages) == 3


async def test_without_mail_out_the_setting_is_refused_with_the_reason(workspace: Workspace) -> None:
    wish = {"name": "A", "provider": "generic", "channel": "form", "settings": {"double_opt_in": True}}
    answer = await workspace.client.post("/v1/sources", json=wish)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/settings/double_opt_in")
    assert "LEADFLOW_INTAKE_MAIL_HOST" in answer.json()["errors"][0]["detail"]
    made = await workspace.source()
    answer = await workspace.client.patch(
        f"/v1/sources/{made['id']}", json={"settings": {"double_opt_in": True}}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 422
    assert await asker(workspace, None).step() == 0


class _Server:
    """What a mail server says to us."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 nobody"
        envelope.rcpt_tos.append(address)
        return "451 later" if address.startswith("later") else "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.received.append(envelope.original_content or b"")
        return "250 OK"


@pytest_asyncio.fixture
async def mail_server() -> AsyncIterator[tuple[_Server, IntakeSettings]]:
    handler = _Server()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mx", loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield (
        handler,
        IntakeSettings(
            database_url="postgresql://x", mail_host="127.0.0.1", mail_port=port, mail_tls="off", mail_from=FROM
        ),
    )
    server.close()


async def test_mail_goes_out_by_smtp_and_failures_have_a_name(mail_server: tuple[_Server, IntakeSettings]) -> None:
    handler, settings = mail_server
    message = EmailMessage()
    message["From"], message["Subject"] = FROM, "Подтвердите"
    message.set_content("Ссылка")
    for recipient, refusal in (("anna@example.org", None), ("gone@x.ru", True), ("later@x.ru", False)):
        del message["To"]
        message["To"] = recipient
        if refusal is None:
            await SmtpOut(settings).send(message)
            continue
        with pytest.raises(NotSent) as failure:
            await SmtpOut(settings).send(message)
        assert (failure.value.kind, failure.value.final) == ("address_refused", refusal)
    [received] = handler.received
    assert message_from_bytes(received, policy=policy.default)["Subject"] == "Подтвердите"
    with pytest.raises(NotSent, match="unreachable"):
        await SmtpOut(settings.model_copy(update={"mail_port": 1})).send(message)
