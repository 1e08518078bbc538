"""The children of `make run`: started in sessions of their own, restarted when they die, stopped together.

Ctrl-C reaches only the supervisor; a child learns that the supervisor is gone through a pipe, so none is orphaned.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.folder import log_file
from deploy.local.settings import LocalError

STABLE_AFTER_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0
PARENT_FD = "LEADFLOW_PARENT_FD"


@dataclass(frozen=True)
class Program:
    """What to run: `name` for people and for its log, `arguments` as after `python -m`."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass
class Child:
    """A program that is to run until we stop, with what its restarts need to know."""

    program: Program
    process: subprocess.Popen[bytes]
    log: Path
    started_at: float
    failures: int = 0
    restart_at: float | None = None


class Family:
    """All children of this process. `kept_alive` are further descriptors they inherit."""

    def __init__(self, folder: Path, *, kept_alive: Iterable[int] = ()) -> None:
        self._folder = folder
        self._ours, self._theirs = _lifeline()
        self._inherited = (self._theirs, *kept_alive)
        self._children: list[Child] = []
        self._errands: list[subprocess.Popen[str]] = []

    def start(self, program: Program) -> None:
        """Start a program that is to run until `stop`."""
        log = log_file(self._folder, program.name)
        self._children.append(Child(program, self._spawn(program, log), log, time.monotonic()))

    def run(self, programs: Sequence[Program]) -> list[str]:
        """Run programs side by side to their ends and return what each printed; `LocalError` when one fails."""
        errands = [self._begin(program) for program in programs]
        self._errands += errands
        printed = []
        for program, errand in zip(programs, errands, strict=True):
            words, complaints = errand.communicate()
            if errand.returncode != 0:
                raise LocalError(f"{program.name} failed: {last_line(complaints) or 'it said nothing'}")
            printed.append(words.strip())
        return printed

    def tend(self) -> list[str]:
        """Restart whoever died, after a pause that grows with each failure; returns the news, a sentence each."""
        now = time.monotonic()
        news = []
        for child in self._children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    child.process, child.started_at, child.restart_at = self._spawn(child.program, child.log), now, None
            elif (code := child.process.poll()) is not None:
                child.failures = 0 if now - child.started_at > STABLE_AFTER_S else child.failures
                pause_s = min(FIRST_PAUSE_S * 2**child.failures, LONGEST_PAUSE_S)
                child.failures, child.restart_at = child.failures + 1, now + pause_s
                news.append(f"{child.program.name} {_ending(code)} and starts again in {pause_s:g} s: see {child.log}")
        return news

    def deceased(self) -> str | None:
        """One sentence about a child that has ended, with its last words; None while all live."""
        for child in self._children:
            if (code := child.process.poll()) is not None:
                return f"{child.program.name} {_ending(code)}: {last_line(child.log.read_text(errors='replace'))}"
        return None

    def pids(self) -> dict[str, int]:
        """Process ids by the programs' names."""
        return {child.program.name: child.process.pid for child in self._children}

    def stop(self, within_s: float) -> None:
        """Ask all to end, and end those that have not after `within_s`."""
        processes: list[subprocess.Popen[Any]] = [*(child.process for child in self._children), *self._errands]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + within_s
        for process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(deadline - time.monotonic(), 0))
            if process.poll() is None:
                process.kill()
                process.wait()
        for descriptor in (self._ours, self._theirs):
            os.close(descriptor)

    def _begin(self, program: Program) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *program.arguments],
            env=self._environment(program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=self._inherited,
        )

    def _spawn(self, program: Program, log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", *program.arguments],
                env=self._environment(program),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self._inherited,
            )

    def _environment(self, program: Program) -> dict[str, str]:
        return {**os.environ, **program.environment, PARENT_FD: str(self._theirs)}


def _lifeline() -> tuple[int, int]:
    """A pipe whose writing end only we hold: its reading end tells the children when we are gone."""
    theirs, ours = os.pipe()
    return ours, theirs


def _ending(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def last_line(words: str) -> str:
    """The last line that says anything."""
    return next((line.strip() for line in reversed(words.splitlines()) if line.strip()), "")
