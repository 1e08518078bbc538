"""The embedded PostgreSQL: real servers, in folders of their own."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from leadkit.embedded import Cluster, EmbeddedError, throwaway
from leadkit.embedded.cluster import buffers_mb, memory
from leadkit.embedded.home import home_for, refuse_copy, remove_orphans

from tests.waiting import alive, wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """One throw-away server for the tests that do not stop it."""
    with throwaway() as cluster:
        yield cluster


@pytest.fixture
def data_folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose cluster is removed afterwards, as the next start would."""
    folder = tmp_path / "data"
    yield folder
    home = home_for(folder)
    if home.folder != home.notes:
        subprocess.run(["rm", "-rf", str(home.folder)], check=True)


def ask(url: str, question: str) -> object:
    async def answer() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def test_cyrillic_folds_whatever_the_callers_language(server: Cluster) -> None:
    assert ask(server.url(), "SELECT lower('ПРИВЕТ') || ' ' || ('Ёлка' ILIKE 'ёЛКА')::text") == "привет true"


def test_only_the_right_password_opens_a_login(server: Cluster) -> None:
    server.create_login_and_database("a_login", "it's \\ a password", "a_database")
    assert ask(server.url("a_database", "a_login", "it's \\ a password"), "SELECT current_user::text") == "a_login"
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(server.url("a_database", "a_login", "another"), "SELECT 1")


def test_creating_a_login_again_gives_it_the_new_password_and_keeps_its_database(server: Cluster) -> None:
    server.create_login_and_database("again", "first", "kept")
    ask(server.url("kept", "again", "first"), "CREATE TABLE row AS SELECT 7 AS value")
    server.create_login_and_database("again", "second", "kept")
    assert ask(server.url("kept", "again", "second"), "SELECT value FROM row") == 7


def test_server_listens_on_a_private_socket_only(server: Cluster) -> None:
    assert server.run_sql("SHOW listen_addresses") == ""
    assert server.home.sockets.stat().st_mode & 0o077 == 0


def test_killed_server_recovers_what_was_committed(data_folder: Path) -> None:
    cluster = Cluster.at(data_folder)
    cluster.start()
    try:
        cluster.run_sql("CREATE TABLE kept AS SELECT 1 AS value")
        assert cluster.pid is not None
        os.kill(cluster.pid, signal.SIGKILL)
        wait_until(lambda: not cluster.running)
        cluster.start()
        assert cluster.run_sql("SELECT value FROM kept") == "1"
    finally:
        cluster.stop()


def test_stale_pid_file_of_a_living_stranger_does_not_stop_the_start(data_folder: Path) -> None:
    cluster = Cluster.at(data_folder)
    cluster.start()
    cluster.stop()
    stranger = f"{os.getpid()}\n{cluster.home.data}\n1\n5432\n{cluster.home.sockets}\n\n0 0\nready\n"
    (cluster.home.data / "postmaster.pid").write_text(stranger)
    cluster.start()
    assert cluster.run_sql("SELECT 1") == "1"
    cluster.stop()


def test_second_server_on_the_same_folder_is_refused_in_one_sentence(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("leadkit.embedded.cluster.LEAVING_TIMEOUT_S", 0.1)
    first, second = Cluster.at(data_folder), Cluster.at(data_folder)
    first.start()
    try:
        with pytest.raises(
            EmbeddedError, match=r"^A PostgreSQL server \(process \d+\) already runs on \S+: stop it first\.$"
        ):
            second.start()
    finally:
        first.stop()


def test_folder_of_another_user_is_refused_in_one_sentence(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = tmp_path / "theirs"
        folder.mkdir()
        os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    else:
        folder = Path("/usr")
    with pytest.raises(EmbeddedError, match=r"belongs to (nobody|root)"):
        Cluster.at(folder)


def test_long_paths_get_a_short_socket_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("a-rather-long-name-" * 6)
    home = home_for(folder)
    assert len(os.fsencode(home.socket)) <= 107
    subprocess.run(["rm", "-rf", str(home.folder), str(home.sockets)], check=True)


def lay_cluster(clusters: Path, cluster_id: str, notes: Path) -> Path:
    cluster = clusters / cluster_id
    cluster.mkdir(parents=True)
    (cluster / "belongs-to").write_text(str(notes))
    return cluster


def test_only_clusters_whose_data_folder_is_gone_are_removed(tmp_path: Path) -> None:
    notes = tmp_path / "data" / "postgres"
    notes.mkdir(parents=True)
    (notes / "id").write_text("aaaa")
    clusters = tmp_path / "clusters"
    used = lay_cluster(clusters, "aaaa", notes)
    replaced = lay_cluster(clusters, "bbbb", notes)
    deserted = lay_cluster(clusters, "cccc", tmp_path / "gone" / "postgres")
    still_running = lay_cluster(clusters, "dddd", tmp_path / "gone" / "postgres")
    (still_running / "data").mkdir()
    (still_running / "data" / "postmaster.pid").touch()
    remove_orphans(clusters)
    assert [path.exists() for path in (used, replaced, deserted, still_running)] == [True, False, False, True]


def test_copy_of_a_data_folder_is_not_let_onto_its_originals_cluster(tmp_path: Path) -> None:
    original, copy = tmp_path / "one" / "postgres", tmp_path / "two" / "postgres"
    for notes in (original, copy):
        notes.mkdir(parents=True)
        (notes / "id").write_text("aaaa")
    cluster = lay_cluster(tmp_path / "clusters", "aaaa", original)
    refuse_copy(cluster, original)
    with pytest.raises(EmbeddedError, match="is a copy of"):
        refuse_copy(cluster, copy)


OWNER = """
import sys, time
from leadkit.embedded import throwaway
with throwaway() as cluster:
    print(cluster.pid, cluster.home.folder, flush=True)
    time.sleep(600)
"""


def test_throwaway_server_and_folder_are_gone_when_their_owner_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    server_pid, folder = owner.stdout.readline().split()
    owner.kill()
    owner.communicate()
    wait_until(lambda: not alive(int(server_pid)) and not Path(folder).exists())


def test_server_takes_an_eighth_of_the_memory_for_its_pages_within_bounds() -> None:
    assert [buffers_mb(gigabytes * 2**30) for gigabytes in (1, 8, 64)] == [256, 1024, 2048]
    assert memory() > 2**28
