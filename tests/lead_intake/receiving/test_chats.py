"""Chats through the door: one submission a chat, completed by what comes later, in whatever order."""

from lead_intake.delivery.delivering import Deliverer

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.providers.test_chats import ACCEPTED, FIRST, OWN, SECOND, UPDATED
from tests.lead_intake.workspace import Workspace


async def test_a_chat_becomes_a_lead_when_a_contact_is_known(workspace: Workspace) -> None:
    source = await workspace.source("jivo", "chat", secrets={"secret": "jivo-secret"})
    assert (await workspace.door(source, json=ACCEPTED)).status_code == 403
    for event in (ACCEPTED, ACCEPTED, UPDATED):
        answer = await workspace.door(source, "?key=jivo-secret", json=event)
        assert (answer.status_code, answer.json()) == (200, {"result": "ok"})
    (chat,) = await workspace.submissions()
    assert (chat["status"], chat["inquiry"]["phones"]) == ("ready", ["+79990000211"])
    assert chat["inquiry"]["attribution"]["last"]["source"] == "google"
    assert "jivo-secret" not in str((await workspace.submission(chat["id"]))["raw"])


async def test_later_messages_of_a_delivered_chat_are_told_as_an_update(workspace: Workspace) -> None:
    source, core = await workspace.source("avito", "chat"), CrmCore()
    deliverer = Deliverer(workspace.intake.db, core.client)
    await workspace.door(source, json=OWN)
    (chat,) = await workspace.submissions()
    assert (chat["status"], chat["reason"]) == ("ignored", "own_message")
    await workspace.door(source, json=FIRST)
    await deliverer.step()
    assert core.order == [chat["id"]]
    await workspace.door(source, json=OWN)
    assert await deliverer.step() == 0
    await workspace.door(source, json=SECOND)
    await workspace.door(source, json=FIRST)
    assert await deliverer.step() == 1
    item = core.inquiries[str(workspace.id), chat["id"]]["item"]
    assert (item["phones"], item["messengers"]) == (["+79990000261"], [{"network": "avito", "id": "u2i-1"}])
    assert core.order == [chat["id"]]
