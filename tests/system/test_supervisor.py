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


def test_data_outlives_a_stop_and_newer_code_and_nothing_else_outlives_a_kill(own_stack: Stack) -> None:
    """One story, since each start costs seconds: run, stop, a database of newer code, the second run, killed."""
    own_stack.start()
    first = own_stack.access
    sent = httpx.post(first["sources"]["form"]["inbound_url"], json={"name": "Анна", "phone": "+79001112233"})
    assert sent.status_code == 202
    stopped_within(5, own_stack)
    refused_with_newer_migrations(own_stack)

    own_stack.start()
    assert own_stack.access == first
    with own_stack.client("core", first["admin_token"]) as core:
        leads = wait_until(lambda: core.get("/v1/leads").json()["items"], what="the lead of the first run")
    assert [lead["phones"] for lead in leads] == [["+79001112233"]]

    pids = own_stack.pids()
    assert len(pids) > 7
    own_stack.stop(signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in pids), what="the end of all children")


def stopped_within(seconds: float, stack: Stack) -> None:
    """Ctrl-C ends everything that was started."""
    pids = stack.pids()
    began = time.monotonic()
    assert stack.stop(signal.SIGINT) == 0
    assert time.monotonic() - began < seconds
    assert not any(alive(pid) for pid in pids)


def refused_with_newer_migrations(stack: Stack) -> None:
    """A start on a database of newer code ends with one sentence; the database is left as it was."""
    change = "UPDATE alembic_version SET version_num = {}"
    with database_of(stack) as cluster:
        before = cluster.run_sql("SELECT version_num FROM alembic_version", database="leadflow_core")
        cluster.run_sql(change.format("'9999'"), database="leadflow_core")
    [sentence] = [line for line in refusal(stack).splitlines() if line.startswith("leadflow: ")]
    assert "has migrations this code does not know" in sentence
    with database_of(stack) as cluster:
        cluster.run_sql(change.format(f"'{before}'"), database="leadflow_core")


def test_busy_port_is_told_in_one_sentence(own_stack: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(own_stack.environment["LEADFLOW_CORE_PORT"])))
        taken.listen()
        said = refusal(own_stack)
    assert len(said.splitlines()) == 1
    assert "for crm-core is taken" in said


def test_wrong_database_address_is_told_in_one_sentence(tmp_path: Path) -> None:
    address = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    stack = Stack(
        tmp_path / "data", **{f"LEADFLOW_{key}_DATABASE_URL": address for key in ("INTAKE", "CORE", "ANALYTICS")}
    )
    [sentence] = [line for line in refusal(stack).splitlines() if line.startswith("leadflow: ")]
    assert "cannot be migrated" in sentence
    assert "secret" not in sentence
