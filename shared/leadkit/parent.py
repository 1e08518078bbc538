"""Ends a process with its supervisor: the supervisor holds the other end of a pipe, which closes when it dies."""

import os
import signal
import threading

PARENT_FD = "LEADFLOW_PARENT_FD"


def end_with_parent() -> None:
    """Watches the inherited pipe, if there is one, and asks this process to stop when its writer is gone."""
    descriptor = os.environ.get(PARENT_FD)
    if descriptor is None:
        return
    threading.Thread(target=_wait_for_end, args=(int(descriptor),), daemon=True).start()


def _wait_for_end(descriptor: int) -> None:
    while os.read(descriptor, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
