"""Programs started by forking this process, which has loaded what they have in common: a start costs a third.

Importing the web framework and the database toolkit takes a process longer than all else it does at its start, and
`make run` starts ten. A forked program runs as after `python -m`: own session, arguments, environment and output.
"""

import os
import runpy
import signal
import sys
import time
import traceback
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import IO, NoReturn, TextIO

from setproctitle import setproctitle

COMMON = ("leadkit.app", "leadkit.edge", "leadkit.serve", "leadkit.worker", "leadkit.consumer")
"""What the APIs and workers import; what only migrations need would cost each of them memory.

None of it starts a thread, opens a file or draws a random number."""

OUR_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def load_common_modules() -> None:
    """Import once what would be imported by every program."""
    for name in COMMON:
        import_module(name)


class Forked:
    """A running program, with the methods of `subprocess.Popen` that a supervisor needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative after a signal; None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == self.pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code

    def wait(self, timeout_s: float | None = None) -> int | None:
        """The exit code, or None when it still runs after the time."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self.poll() is None and (deadline is None or time.monotonic() < deadline):
            time.sleep(0.01)
        return self.code

    def send_signal(self, number: signal.Signals) -> None:
        """Nothing happens to one that has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def fork_program(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    output: IO[bytes],
    errors: IO[bytes],
    kept: Collection[int],
    niceness: int = 0,
) -> Forked:
    """Start `python -m <arguments>`, which `ps` shows as just that. Of our open files it keeps output and `kept`."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OUR_SIGNALS)  # until the child has dropped our handlers
    pid = os.fork()
    if pid == 0:
        try:
            for number in OUR_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            os.nice(niceness)
            _redirect(output, errors, kept)
            setproctitle(f"python -m {' '.join(arguments)}")
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _run_module(arguments, environment)
        finally:
            os._exit(70)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return Forked(pid)


def _redirect(output: IO[bytes], errors: IO[bytes], kept: Collection[int]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output.fileno(), 1), (errors.fileno(), 2)):
        os.dup2(source, target)
    lowest = 3
    for descriptor in sorted(kept):
        os.closerange(lowest, descriptor)
        lowest = descriptor + 1
    os.closerange(lowest, os.sysconf("SC_OPEN_MAX"))
    sys.stdout, sys.stderr = (_written_by_line(descriptor) for descriptor in (1, 2))


def _written_by_line(descriptor: int) -> TextIO:
    return open(descriptor, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _run_module(arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    code = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = list(arguments)
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = _exit_code(end)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1
