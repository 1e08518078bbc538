"""The children of `make run`: started in sessions of their own, restarted when they die, stopped together.

Ctrl-C reaches only the supervisor; a child learns that the supervisor is gone through a pipe, so none is orphaned.
"""

import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from leadkit.parent import PARENT_FD

from deploy.local.folder import log_file
from deploy.local.forking import Forked, fork_program
from deploy.local.settings import LocalError

STABLE_AFTER_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


@dataclass(frozen=True)
class Program:
    """What to run: `name` for people and for its log, `arguments` as after `python -m`; the greater its `niceness`, the
    more others come first where there is not enough processor time for all."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    niceness: int = 0


@dataclass
class Child:
    """A program that is to run until we stop, with what its restarts need to know."""

    program: Program
    process: Forked
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
        self._errands: list[Forked] = []

    def start(self, program: Program) -> None:
        """Start a program that is to run until `stop`."""
        log = log_file(self._folder, program.name)
        self._children.append(Child(program, self._spawn_logged(program, log), log, time.monotonic()))

    def run(self, programs: Sequence[Program]) -> list[str]:
        """Run programs side by side to their ends and return what each printed; `LocalError` when one fails."""
        with ExitStack() as files:
            outputs = [(files.enter_context(TemporaryFile()), files.enter_context(TemporaryFile())) for _ in programs]
            errands = [self._spawn(*each) for each in zip(programs, *zip(*outputs, strict=True), strict=True)]
            self._errands += errands
            for program, errand, (_, complaints) in zip(programs, errands, outputs, strict=True):
                if errand.wait() != 0:
                    raise LocalError(f"{program.name} failed: {last_line(_content(complaints)) or 'it said nothing'}")
            return [_content(words).strip() for words, _ in outputs]

    def tend(self) -> list[str]:
        """Restart whoever died, after a pause that grows with each failure; returns the news, a sentence each."""
        now = time.monotonic()
        news = []
        for child in self._children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    child.process = self._spawn_logged(child.program, child.log)
                    child.started_at, child.restart_at = now, None
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
        processes = [*(child.process for child in self._children), *self._errands]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + within_s
        for process in processes:
            if process.wait(max(deadline - time.monotonic(), 0)) is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
        for descriptor in (self._ours, self._theirs):
            os.close(descriptor)

    def _spawn_logged(self, program: Program, log: Path) -> Forked:
        with log.open("ab") as output:
            return self._spawn(program, output, output)

    def _spawn(self, program: Program, output: IO[bytes], errors: IO[bytes]) -> Forked:
        environment = {**os.environ, **program.environment, PARENT_FD: str(self._theirs)}
        return fork_program(
            program.arguments,
            environment,
            output=output,
            errors=errors,
            kept=self._inherited,
            niceness=program.niceness,
        )


def _lifeline() -> tuple[int, int]:
    """A pipe whose writing end only we hold: its reading end tells the children when we are gone."""
    theirs, ours = os.pipe()
    return ours, theirs


def _ending(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def last_line(words: str) -> str:
    """The last line that says anything."""
    return next((line.strip() for line in reversed(words.splitlines()) if line.strip()), "")
