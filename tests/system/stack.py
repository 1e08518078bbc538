"""A whole Leadflow of real processes, as `make run` starts it, on free ports in a folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]


def free_ports(count: int) -> list[int]:
    """Ports that nobody listened on a moment ago, all different."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


class Stack:
    """`start` returns when everything is ready. `access` is what `leadflow.json` says."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.output = folder.with_name(folder.name + ".output")
        intake, core, analytics = free_ports(3)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LEADFLOW_")},
            "LEADFLOW_DATA_DIR": str(folder),
            **{f"LEADFLOW_{service}_REQUESTS_PER_MINUTE": "1000000" for service in ("INTAKE", "CORE", "ANALYTICS")},
            "LEADFLOW_INTAKE_PORT": str(intake),
            "LEADFLOW_CORE_PORT": str(core),
            "LEADFLOW_ANALYTICS_PORT": str(analytics),
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._lifeline = -1

    @property
    def access(self) -> dict[str, Any]:
        """Addresses, tokens and sources."""
        content: dict[str, Any] = json.loads((self.folder / "leadflow.json").read_text())
        return content

    def begin(self) -> subprocess.Popen[bytes]:
        """Start without waiting. It ends when this process does, even if that is killed."""
        self.let_go()
        heard, self._lifeline = os.pipe()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.run"],
                cwd=ROOT,
                env={**self.environment, "LEADFLOW_PARENT_FD": str(heard)},
                pass_fds=(heard,),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        os.close(heard)
        return self.process

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        process = self.begin()

        def ready() -> bool:
            said = self.output.read_text()
            assert process.poll() is None, f"it ended with {process.returncode}: {said}"
            return "Leadflow is ready" in said

        wait_until(ready, within_s=120, what="readiness")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(timeout=20)
        self.let_go()
        return code

    def let_go(self) -> None:
        """Close the pipe that tells a running supervisor that we are there."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1

    def pids(self) -> list[int]:
        """The supervisor and all that it started, and all that those started."""
        assert self.process is not None
        return [self.process.pid, *(child.pid for child in psutil.Process(self.process.pid).children(recursive=True))]

    def pid_of(self, command: str) -> int:
        """The child of the supervisor whose command line in `ps` has this in it; waits for it."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return wait_until(lambda: _running(command, supervisor.children()), what=f"a process {command}")

    def kill(self, command: str) -> None:
        """SIGKILL a child; returns when the supervisor has started another in its place."""
        victim = self.pid_of(command)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: self.pid_of(command) != victim, what="the restart")

    def client(self, service: str, token: str, **headers: str) -> httpx.Client:
        """A client of `intake`, `core` or `analytics`."""
        sent = {"Authorization": f"Bearer {token}", **headers}
        return httpx.Client(base_url=self.access[f"{service}_url"], headers=sent, timeout=10)


def _running(command: str, processes: Iterable[psutil.Process]) -> int:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if command in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                return process.pid
    return 0
