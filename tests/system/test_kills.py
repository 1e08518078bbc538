"""Processes are killed in the middle of a stream of inquiries: what was acknowledged is there afterwards, once."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.system.stack import Stack
from tests.system.workspace import Workspace, done
from tests.waiting import wait_until

BEFORE, AFTER = 40, 60
"""Acknowledged inquiries before the kill, and further ones after everything is up again."""


class Stream:
    """Sends inquiries of different people one after another and keeps the ids of the acknowledged ones."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.acknowledged: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def start(self) -> None:
        """Begin to send, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the inquiry at hand."""
        self._stop.set()
        self._thread.join(30)

    def wait_for(self, more: int) -> None:
        """Wait until so many more have been acknowledged."""
        goal = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= goal, within_s=60, what=f"{more} more acknowledged inquiries")

    def _send(self) -> None:
        with httpx.Client(timeout=10) as client:
            number = 0
            while not self._stop.is_set():
                number += 1
                self._send_until_acknowledged(client, number)

    def _send_until_acknowledged(self, client: httpx.Client, number: int) -> None:
        """As a careful browser does: the same inquiry with the same key, until the door has said yes."""
        body = {"name": f"Клиент {number}", "phone": f"+7900{number:07d}", "message": "Прошу перезвонить"}
        while not self._stop.is_set():
            try:
                answer = client.post(self.url, json=body, headers={"Idempotency-Key": f"inquiry-{number}"})
            except httpx.TransportError:
                continue
            if answer.status_code == 202:
                self.acknowledged.append(answer.json()["submission_id"])
                return


@contextmanager
def stream_of_inquiries(workspace: Workspace) -> Iterator[Stream]:
    """A stream that runs inside the block."""
    stream = Stream(workspace.inbound["form"])
    stream.start()
    try:
        yield stream
    finally:
        stream.stop()


@pytest.mark.parametrize(
    "victim", ["crm_core.app", "crm_core.worker", "lead_intake.app", "lead_intake.worker", "bin/postgres -D"]
)
def test_every_acknowledged_inquiry_is_there_once_after_a_kill(stack: Stack, workspace: Workspace, victim: str) -> None:
    share_among_three(workspace)
    with stream_of_inquiries(workspace) as stream:
        stream.wait_for(BEFORE)
        stack.kill(victim)
        stream.wait_for(AFTER)
    workspace.delivered(len(stream.acknowledged))

    assert len(set(stream.acknowledged)) == len(stream.acknowledged)
    outcomes = {
        submission["id"]: submission["outcome"]
        for submission in workspace.items(workspace.intake, "/v1/submissions", status="delivered")
    }
    assert set(stream.acknowledged) <= set(outcomes)
    leads = workspace.items(workspace.core, "/v1/leads")
    leads_by_phone = Counter(lead["phones"][0] for lead in leads)
    assert set(leads_by_phone.values()) == {1}
    assert len(leads_by_phone) == len(outcomes)
    turns = Counter(lead["owner_id"] for lead in leads)
    assert len(turns) == 3
    assert max(turns.values()) - min(turns.values()) <= 1


def share_among_three(workspace: Workspace) -> None:
    """Two more managers, so that leads go by turn."""
    [team] = workspace.items(workspace.core, "/v1/teams")
    for name in ("anna", "vera"):
        person = {"name": name, "email": f"{name}@shop.example", "role": "manager", "team_id": team["id"]}
        done(workspace.core.post("/v1/users", json=person))
