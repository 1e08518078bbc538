"""Decisions about mailboxes. Pure."""

import base64
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

LONGEST_REST_S = 3600
REFUSED_REST_S = 60
AWAY_REST_S = 5
MOST_AT_ONCE = 50
MOST_BYTES_AT_ONCE = 8 * 1024 * 1024


class Waiting(NamedTuple):
    """A message in the mailbox, and its size in bytes."""

    uid: int
    size: int


def place(host: str, port: int, user: str, folder: str) -> str:
    """What tells one mailbox from another, without saying whose it is."""
    return hashlib.sha256("\x1f".join((host.lower(), str(port), user, folder)).encode()).hexdigest()


def rest_s(error: str, failures: int) -> float:
    """How long a mailbox rests after so many failures in a row, in seconds. A server locks out who repeats a wrong
    password, so that rests longer."""
    first = REFUSED_REST_S if error in ("login_refused", "no_such_folder") else AWAY_REST_S
    return float(min(LONGEST_REST_S, first * 2 ** min(failures - 1, 16)))


def batches(waiting: Sequence[Waiting], largest: int) -> list[list[Waiting]]:
    """Messages to be fetched together, in order: few enough and, as far as at most `largest` bytes of each are
    fetched, small enough."""
    grouped: list[list[Waiting]] = []
    size = 0
    for one in sorted(waiting):
        fetched = min(one.size, largest)
        if grouped and len(grouped[-1]) < MOST_AT_ONCE and size + fetched <= MOST_BYTES_AT_ONCE:
            grouped[-1].append(one)
            size += fetched
        else:
            grouped.append([one])
            size = fetched
    return grouped


def folder_name(name: str) -> str:
    """A folder's name as IMAP writes it (modified UTF-7, RFC 3501, 5.1.3)."""
    written, run = list[str](), list[str]()

    def end_run() -> None:
        if run:
            coded = base64.b64encode("".join(run).encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
            written.append(f"&{coded}-")
            run.clear()

    for letter in name:
        if " " <= letter <= "~":
            end_run()
            written.append("&-" if letter == "&" else letter)
        else:
            run.append(letter)
    end_run()
    return "".join(written)
