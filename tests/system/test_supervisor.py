"""`make run` itself: quick to start and stop, keeps its data, and ends with one sentence when it cannot run."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from leadkit.embedded import Cluster

from tests.system.stack import Stack
from tests.waiting import alive, wait_until


@pytest.fixture
def own_stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack for tests that stop it, ended afterwards in any case."""
    stack = Stack(tmp_path / "data")
    yield stack
    if stack.process is not None and stack.process.poll() is None:
        stack.stop()


def refusal(stack: Stack) -> str:
    """What a run that cannot start says, having ended with a code that is not 0."""
    assert stack.begin().wait(timeout=60) != 0
    return stack.output.read_text()


@contextmanager
def database_of(stack: Stack) -> Iterator[Cluster]:
    """The database of a stack that does not run."""
    cluster = Cluster.at(stack.folder)
    cluster.start()
    try:
        yield cluster
    finally:
        cluster.stop()


def test_second_run_keeps_data_and_access_and_both_stop_when_told_to(own_stack: Stack) -> None:
    own_stack.start()
    first = own_stack.access
    sent = httpx.post(first["sources"]["form"]["inbound_url"], json={"name": "Анна", "phone": "+79001112233"})
    assert sent.status_code == 202
    pids = own_stack.pids()
    began = time.monotonic()
    assert own_stack.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < 5
    assert not any(alive(pid) for pid in pids)

    own_stack.start()
    assert own_stack.access == first
    with own_stack.client("core", first["admin_token"]) as core:
        leads = wait_until(lambda: core.get("/v1/leads").json()["items"], what="the lead of the first run")
    assert [lead["phones"] for lead in leads] == [["+79001112233"]]

    own_stack.let_go()
    assert own_stack.process is not None
    assert own_stack.process.wait(timeout=5) == 0


def test_nothing_outlives_a_killed_supervisor(own_stack: Stack) -> None:
    own_stack.start()
    pids = own_stack.pids()
    assert len(pids) > 7
    own_stack.stop(signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in pids), what="the end of all children")


def test_busy_port_is_told_in_one_sentence(own_stack: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(own_stack.environment["LEADFLOW_CORE_PORT"])))
        taken.listen()
        said = refusal(own_stack)
    assert len(said.splitlines()) == 1
    assert "for crm-core is taken" in said


def test_database_of_newer_code_is_told_in_one_sentence(own_stack: Stack) -> None:
    own_stack.start()
    own_stack.stop()
    with database_of(own_stack) as cluster:
        cluster.run_sql("UPDATE alembic_version SET version_num = '9999'", database="leadflow_core")
    [sentence] = [line for line in refusal(own_stack).splitlines() if line.startswith("leadflow: ")]
    assert "has migrations this code does not know" in sentence


def test_wrong_database_address_is_told_in_one_sentence(tmp_path: Path) -> None:
    address = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    stack = Stack(
        tmp_path / "data", **{f"LEADFLOW_{key}_DATABASE_URL": address for key in ("INTAKE", "CORE", "ANALYTICS")}
    )
    [sentence] = [line for line in refusal(stack).splitlines() if line.startswith("leadflow: ")]
    assert "cannot be migrated" in sentence
    assert "secret" not in sentence
