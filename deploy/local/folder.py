"""The data folder: its lock, its secrets, its logs. Everything in it is readable by its owner alone."""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.local.settings import LocalError, ServiceKey

LARGEST_LOG = 10 * 1024 * 1024


@dataclass(frozen=True)
class Secrets:
    """Made once for a data folder: the database logins' passwords and the key that encrypts stored secrets."""

    database_passwords: dict[ServiceKey, str]
    data_key: str


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the data folder for this process; refuses one that another `make run` holds. A killed holder lets go."""
    descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LocalError(f"Leadflow already runs on the data folder {folder}: stop it first.") from error
        yield
    finally:
        os.close(descriptor)


def secrets_of(folder: Path) -> Secrets:
    """The secrets of a data folder, made at the first call."""
    path = folder / "secrets.json"
    if not path.exists():
        passwords: dict[ServiceKey, str] = {
            "intake": secrets.token_urlsafe(24),
            "core": secrets.token_urlsafe(24),
            "analytics": secrets.token_urlsafe(24),
        }
        write_private(path, asdict(Secrets(passwords, secrets.token_urlsafe(32))))
    return Secrets(**json.loads(path.read_text()))


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Write JSON at once and for the owner only: a reader sees the old content or the new, never a part."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def log_file(folder: Path, process: str) -> Path:
    """Where a process's output goes; a log that has grown large starts anew and the old one is kept once."""
    logs = folder / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    path = logs / f"{process}.log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path
