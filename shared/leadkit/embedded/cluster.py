"""One PostgreSQL server: made, started, asked and stopped. It never outlives the processes that use it."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote

from leadkit.embedded.binaries import EmbeddedError, program_folder, run_as, spawn_as
from leadkit.embedded.home import Home, home_for, temporary_home

SUPERUSER = "postgres"
READY_TIMEOUT_S = 120.0
"""Recovery after a crash may take long; a server that died says so at once."""
LEAVING_TIMEOUT_S = 10.0
"""How long a server that a killed run left behind may take to notice and go."""

LEAST_BUFFERS_MB, MOST_BUFFERS_MB, SHARE_OF_MEMORY = 256, 2048, 1 / 8
"""PostgreSQL's own copies of pages, taken from the machine as they are filled. A search among a million leads fetches
some thousand rows: 5,000 took 2 ms where their pages were among the copies, 15 ms and more where only the operating
system had them."""
GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")

# The log repeats neither values nor statements, which hold personal data.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_wal_size": "1GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum_naptime": "10s",
    "shared_buffers": f"{LEAST_BUFFERS_MB}MB",
}
"""For throw-away clusters only: quick, and a power cut would ruin them."""

CREATE_LOGIN_AND_DATABASE = """
SELECT format('CREATE ROLE %I LOGIN', :'login') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \\gexec
ALTER ROLE :"login" PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'login')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""

# Waits until every holder of the lifeline is gone (end of file), then stops the server.
GUARD = 'read -r _; "$1" stop --silent --mode=fast --pgdata="$2"; if [ -n "$3" ]; then rm -rf -- "$3"; fi'


class Cluster:
    """The embedded server of one data folder. All methods block; call them before an event loop runs."""

    def __init__(self, home: Home, *, settings: Mapping[str, str] | None = None) -> None:
        self.home = home
        self._programs = program_folder()
        buffers = {"shared_buffers": f"{buffers_mb(memory())}MB"}
        self._settings = {**SETTINGS, **buffers, **(settings or {}), "unix_socket_directories": str(home.sockets)}
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._lifeline = -1

    @classmethod
    def at(cls, data_folder: Path) -> Self:
        """The cluster of a data folder, not started yet; `EmbeddedError` when the folder is not ours."""
        return cls(home_for(data_folder))

    @property
    def lifeline(self) -> int:
        """A file descriptor: a child that inherits it keeps the server alive after us, until it has ended itself."""
        return self._lifeline

    @property
    def running(self) -> bool:
        """Whether the server we started still runs (a crash shows here)."""
        return self._server is not None and self._server.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id of the server we started."""
        return self._server.pid if self._server else None

    def start(self) -> None:
        """Make the cluster if it is new, start it and wait until it answers a query; also after a crash."""
        if not self.home.data.exists():
            self._create()
        deadline = time.monotonic() + LEAVING_TIMEOUT_S
        while (pid := self._left_behind()) is not None:
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"A PostgreSQL server (process {pid}) already runs on {self.home.data}: stop it first."
                )
            time.sleep(0.05)
        if self._guard is None:
            self._start_guard()
        self._launch()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Stop the server with a checkpoint, or without one when that takes longer than `timeout_s`."""
        if self._server is not None:
            for how, patience_s in ((signal.SIGINT, timeout_s), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None)):
                if self._server.poll() is None:
                    self._server.send_signal(how)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._server.wait(patience_s)
                    break
            self._server = None
        self._dismiss_guard()
        if self.home.temporary:
            shutil.rmtree(self.home.folder, ignore_errors=True)

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """The address of a database, with the password in it."""
        known = self._password() if password is None else password
        return f"postgresql://{quote(user)}:{quote(known)}@/{quote(database)}?host={quote(str(self.home.sockets))}"

    def run_sql(self, script: str, *, database: str = "postgres", **variables: str) -> str:
        """Run a psql script as the superuser and return what it prints, a row a line.

        `variables` are psql's: `:"name"` is quoted as an identifier, `:'name'` as a text.
        """
        given = "".join(f"\\set {name} {_quoted(value)}\n" for name, value in variables.items())
        command = [str(self._programs / "psql"), "-XqAt", "-h", str(self.home.sockets), "-U", SUPERUSER, "-d", database]
        done = subprocess.run(
            [*command, "-v", "ON_ERROR_STOP=1", "-f", "-"],
            check=False,
            input=given + script,
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "PGPASSWORD": self._password(), "PGCONNECT_TIMEOUT": "5"},
        )
        if done.returncode != 0:
            raise EmbeddedError(f"PostgreSQL refused: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_login_and_database(self, login: str, password: str, database: str) -> None:
        """Make a login and a database it owns, or give an existing login this password; may be repeated."""
        self.run_sql(CREATE_LOGIN_AND_DATABASE, login=login, password=password, name=database)

    def _create(self) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves nothing half made."""
        home, fresh = self.home, self.home.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = secrets.token_urlsafe(24)
        handed_over = home.folder / "password.new"
        for path in (home.password_file, handed_over):
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_text(password)
        home.account.give(handed_over)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8", "--encoding=UTF8"]
        # A new segment of the log is filled with zeros while whoever commits waits: 16 MB took up to 50 ms.
        access = ["--wal-segsize=4", "--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={handed_over}"]
        speed = ["--no-sync", "--no-instructions"] if home.temporary else ["--no-instructions"]
        command: list[str | Path] = [self._programs / "initdb", *locale, *access, *speed, f"--pgdata={fresh}"]
        done = run_as(home.account, command, cwd=home.folder)
        handed_over.unlink()
        if done.returncode != 0:
            raise EmbeddedError(f"PostgreSQL could not make its files in {home.folder}: {_reason(done.stderr)}")
        fresh.rename(home.data)

    def _launch(self) -> None:
        """Start the server and wait for its first answer; also for the last backends of a killed one to be gone."""
        deadline = time.monotonic() + READY_TIMEOUT_S
        said = self._spawn_server()
        while not self._answers():
            if self._server is not None and self._server.poll() is not None:
                last_words = _read_from(self.home.log, said)
                if "shared memory block" not in last_words or time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL did not start: {_reason(last_words)}")
                said = self._spawn_server()
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"PostgreSQL was not ready after {READY_TIMEOUT_S:.0f} s: see {self.home.log}")
            time.sleep(0.02)

    def _spawn_server(self) -> int:
        """Start the process; returns where in the log its words begin."""
        options = [argument for name, value in self._settings.items() for argument in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._programs / "postgres", "-D", self.home.data, *options]
        with self.home.log.open("ab") as log:
            begin = log.tell()
            home = self.home
            self._server = spawn_as(home.account, command, cwd=home.folder, stdin=subprocess.DEVNULL, output=log)
        return begin

    def _answers(self) -> bool:
        if not self.home.socket.exists():
            return False
        try:
            return self.run_sql("SELECT 1") == "1"
        except EmbeddedError:
            return False

    def _left_behind(self) -> int | None:
        """The process id of a server that an earlier run left on our files; a stale pid file is removed."""
        pid_file = self.home.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None
        if _accepts(self.home.socket) or _works_in(pid, self.home.data):
            return pid
        pid_file.unlink(missing_ok=True)
        return None

    def _start_guard(self) -> None:
        """A shell that outlives us and stops the server when nobody holds the lifeline any more."""
        waiting_end, self._lifeline = os.pipe()
        remove = self.home.folder if self.home.temporary else ""
        command: list[str | Path] = [
            "/bin/sh",
            "-c",
            GUARD,
            "leadflow-guard",
            self._programs / "pg_ctl",
            self.home.data,
            remove,
        ]
        self._guard = spawn_as(
            self.home.account, command, cwd=self.home.folder, stdin=waiting_end, output=subprocess.DEVNULL
        )
        os.close(waiting_end)

    def _dismiss_guard(self) -> None:
        if self._guard is None:
            return
        self._guard.kill()
        self._guard.wait()
        os.close(self._lifeline)
        self._guard, self._lifeline = None, -1

    def _password(self) -> str:
        try:
            return self.home.password_file.read_text()
        except OSError as error:
            raise EmbeddedError(f"The database's password is missing from {self.home.password_file}.") from error


@contextlib.contextmanager
def throwaway(**settings: str) -> Iterator[Cluster]:
    """A running cluster for tests, careless about power cuts; it is gone afterwards, even if we are killed."""
    cluster = Cluster(temporary_home(), settings={**CARELESS, **settings})
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def buffers_mb(memory: int) -> int:
    """How many MB of buffers a server takes on a machine with so many bytes of memory."""
    return int(min(MOST_BUFFERS_MB, max(LEAST_BUFFERS_MB, memory * SHARE_OF_MEMORY / 2**20)))


def memory() -> int:
    """Bytes of memory that this process may use: the machine's, or what its container is given of them."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # no control group, or none that is limited
        return min(machine, int(GROUP_LIMIT.read_text()))
    return machine


def _quoted(value: str) -> str:
    """A psql variable's value. It goes in by standard input: arguments are visible to all users of the machine."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process has `folder` as its working directory, as a PostgreSQL server has (on Linux)."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    except OSError:
        return False


def _read_from(log: Path, position: int) -> str:
    with log.open("rb") as lines:
        lines.seek(position)
        return lines.read().decode(errors="replace")


def _reason(words: str) -> str:
    """The line of a server's output that tells why it ended."""
    lines = [line for line in words.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    return (fatal or lines or ["it said nothing"])[-1].strip()
