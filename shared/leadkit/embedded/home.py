"""Where a cluster lives: in its data folder, or as root beside the binaries under an id kept in the data folder."""

import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from leadkit.embedded.binaries import SYSTEM_FOLDER, Account, EmbeddedError, server_account

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True)
class Home:
    """The folders of one cluster. `notes` holds the password and is ours, the others belong to the server's account."""

    folder: Path
    notes: Path
    sockets: Path
    account: Account
    temporary: bool = False

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """Everything the server says."""
        return self.folder / "server.log"

    @property
    def password_file(self) -> Path:
        """The superuser's password, readable by us alone."""
        return self.notes / "password"

    @property
    def socket(self) -> Path:
        """The only door to the server."""
        return self.sockets / SOCKET_NAME


def home_for(data_folder: Path) -> Home:
    """The home that belongs to a data folder, made where it is missing; refuses another user's folder."""
    data_folder = data_folder.absolute()
    claim_folder(data_folder)
    notes = _private(data_folder / "postgres")
    account = server_account()
    if account.uid == os.geteuid():
        return Home(notes, notes, _socket_folder(notes), account)
    remove_orphans()
    folder = SYSTEM_FOLDER / _cluster_id(notes)
    SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
    refuse_copy(folder, notes)
    if folder.exists():  # made by an account that may no longer be our first choice
        account = Account(folder.stat().st_uid, folder.stat().st_gid)
    _private(folder, account)
    (folder / "belongs-to").write_text(str(notes))
    return Home(folder, notes, _private(folder / "run", account), account)


def claim_folder(data_folder: Path) -> None:
    """Make the data folder if it is missing; `EmbeddedError` in one sentence when it is not ours."""
    if not data_folder.exists():
        try:
            data_folder.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise EmbeddedError(f"The data folder {data_folder} cannot be made: {error.strerror}.") from error
    owner = data_folder.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedError(
            f"The data folder {data_folder} belongs to {_name_of(owner)}, not to {_name_of(os.geteuid())}: "
            "run as its owner, or set LEADFLOW_DATA_DIR to a folder of your own."
        )


def temporary_home() -> Home:
    """A home that nothing outlives, for tests."""
    account = server_account()
    folder = Path(tempfile.mkdtemp(prefix="leadflow-", dir="/tmp"))  # short, and open to the account
    account.give(folder)
    notes = _private(folder / "notes", account)
    return Home(folder, notes, _private(folder / "run", account), account, temporary=True)


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _private(folder: Path, account: Account | None = None) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        account.give(folder)
    return folder


def _socket_folder(notes: Path) -> Path:
    """`run` in the cluster's folder, or a short private folder where that path is too long for a socket."""
    if len(os.fsencode(notes / "run" / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return _private(notes / "run")
    name = f"leadflow-{os.geteuid()}-{sha256(os.fsencode(notes)).hexdigest()[:12]}"
    folder = _private(Path("/tmp") / name)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid() or folder.stat().st_mode & 0o077:
        raise EmbeddedError(f"The folder {folder} for the database's socket is not private: remove it.")
    return folder


def _cluster_id(notes: Path) -> str:
    kept = notes / "id"
    if not kept.exists():
        kept.write_text(secrets.token_hex(6))
    return kept.read_text().strip()


def refuse_copy(folder: Path, notes: Path) -> None:
    """A copied data folder names the cluster of its original: two servers on one cluster would be its end."""
    if not (folder / "belongs-to").exists():
        return
    original = Path((folder / "belongs-to").read_text())
    if original != notes and _names(original, folder.name):
        raise EmbeddedError(
            f"The data folder {notes.parent} is a copy of {original.parent}, whose database it cannot share: "
            f"remove {notes} for a new one."
        )


def _names(notes: Path, cluster_id: str) -> bool:
    try:
        return (notes / "id").read_text().strip() == cluster_id
    except OSError:
        return False


def remove_orphans(clusters: Path = SYSTEM_FOLDER) -> None:
    """Remove the clusters whose data folder is gone or has another cluster by now."""
    for record in clusters.glob("*/belongs-to"):
        folder = record.parent
        if not _names(Path(record.read_text()), folder.name) and not (folder / "data" / "postmaster.pid").exists():
            shutil.rmtree(folder, ignore_errors=True)
