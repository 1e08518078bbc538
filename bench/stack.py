"""The real thing to measure: what `make run` starts, on free ports in a folder of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

READY_TIMEOUT_S = 180


@dataclass
class Stack:
    """A running Leadflow: what `leadflow.json` says, and its processes by name."""

    folder: Path
    access: dict[str, Any]
    supervisor: subprocess.Popen[bytes]

    def process(self, name: str) -> psutil.Process:
        """The process of a service, such as `crm_core.worker`."""
        for child in psutil.Process(self.supervisor.pid).children():
            if name in " ".join(child.cmdline()):
                return child
        raise LookupError(name)

    def processes(self) -> dict[str, psutil.Process]:
        """All six by module name."""
        names = [
            f"{module}.{part}" for module in ("lead_intake", "crm_core", "analytics") for part in ("app", "worker")
        ]
        return {name: self.process(name) for name in names}

    @contextlib.contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """These processes stand still for the length of the block."""
        processes = [self.process(name) for name in names]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def client(self, service: str, token: str = "admin_token") -> httpx.Client:
        """A client of `intake`, `core` or `analytics`."""
        headers = {"Authorization": f"Bearer {self.access[token]}"}
        if token == "platform_token":
            headers["Leadflow-Workspace"] = self.access["workspace_id"]
        return httpx.Client(base_url=self.access[f"{service}_url"], headers=headers, timeout=120, trust_env=False)


@contextlib.contextmanager
def running_stack() -> Iterator[Stack]:
    """Starts everything, waits until it is seeded, and stops it at the end."""
    with tempfile.TemporaryDirectory(prefix="leadflow-bench-") as folder:
        ports = _free_ports(3)
        environment = {
            **os.environ,
            "LEADFLOW_DATA_DIR": folder,
            "LEADFLOW_INTAKE_PORT": str(ports[0]),
            "LEADFLOW_CORE_PORT": str(ports[1]),
            "LEADFLOW_ANALYTICS_PORT": str(ports[2]),
            "LEADFLOW_CORE_REQUESTS_PER_MINUTE": "1000000",
            "LEADFLOW_ANALYTICS_REQUESTS_PER_MINUTE": "1000000",
            "LEADFLOW_INTAKE_REQUESTS_PER_MINUTE": "1000000",
            "LEADFLOW_LOG_LEVEL": "warning",
        }
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "deploy.local.run"], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            yield Stack(Path(folder), _access(Path(folder), supervisor), supervisor)
        finally:
            supervisor.send_signal(signal.SIGTERM)
            supervisor.wait(30)


def _access(folder: Path, supervisor: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline:
        if supervisor.poll() is not None:
            raise SystemExit("The services did not start.")
        file = folder / "leadflow.json"
        if file.exists():
            access: dict[str, Any] = json.loads(file.read_text())
            return access
        time.sleep(0.1)
    raise SystemExit("The services did not become ready.")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
