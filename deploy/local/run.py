"""`python -m deploy.local.run`: start everything, say how to use it, and keep it running until Ctrl-C."""

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import NoReturn

import httpx
from leadkit.embedded import Cluster, EmbeddedError, claim_folder
from leadkit.parent import PARENT_FD

from deploy.local import programs
from deploy.local.database import database_urls, embedded_cluster
from deploy.local.folder import held, secrets_of
from deploy.local.forking import load_common_modules
from deploy.local.processes import Family
from deploy.local.readiness import answers, is_ready, refuse_busy_ports
from deploy.local.report import ACCESS_FILE, announce, say
from deploy.local.seed import first_workspace
from deploy.local.settings import SERVICES, LocalError, LocalSettings

READY_TIMEOUT_S = 120.0
CHILDREN_STOP_S = 3.5
DATABASE_STOP_S = 1.0


class Stopped(BaseException):
    """Somebody asked us to stop; like KeyboardInterrupt nothing may catch it by accident."""


def main() -> None:
    """Run until told to stop; what stands in the way ends with one sentence and exit code 1."""
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        settings = LocalSettings.read()
        folder = settings.data_dir.absolute()
        claim_folder(folder)
        with held(folder):
            refuse_busy_ports(settings)
            _run(settings, folder)
    except (LocalError, EmbeddedError) as error:
        sys.exit(f"leadflow: {error}")
    except Stopped:
        say("Leadflow has stopped.")


def _stop(_: int, __: FrameType | None) -> NoReturn:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # once is enough: stopping is not interrupted
    raise Stopped


def _run(settings: LocalSettings, folder: Path) -> None:
    began = time.monotonic()
    secrets = secrets_of(folder)
    with _database(settings, folder) as cluster:
        say("Preparing the databases ...")
        environment = programs.shared_environment(settings, database_urls(settings, cluster, secrets), secrets)
        with _family(folder, cluster) as family:
            family.run(programs.migrations(environment))
            [service_token] = family.run([programs.mint(environment, "services", *programs.SERVICE_SCOPES)])
            say("Starting the services ...")
            _start(settings, family, {**environment, "LEADFLOW_SERVICE_TOKEN": service_token})
            platform_token = programs.mint(environment, "make run")
            access = first_workspace(settings, folder / ACCESS_FILE, lambda: family.run([platform_token])[0])
            announce(access, folder, time.monotonic() - began)
            _keep_running(family, cluster)


@contextlib.contextmanager
def _database(settings: LocalSettings, folder: Path) -> Iterator[Cluster | None]:
    """The embedded server, if there is to be one; it starts while we load what our programs share."""
    cluster = embedded_cluster(settings, folder)
    try:
        with ThreadPoolExecutor(1) as beside:
            started = beside.submit(cluster.start) if cluster else None
            load_common_modules()
            if started:
                started.result()
        yield cluster
    finally:
        if cluster is not None:
            cluster.stop(DATABASE_STOP_S)


@contextlib.contextmanager
def _family(folder: Path, cluster: Cluster | None) -> Iterator[Family]:
    """The children; each keeps the database alive until it has ended, should we be killed."""
    family = Family(folder, kept_alive=[cluster.lifeline] if cluster else [])
    try:
        yield family
    finally:
        say("Stopping ...")
        family.stop(CHILDREN_STOP_S)


def _start(settings: LocalSettings, family: Family, environment: Mapping[str, str]) -> None:
    """The APIs first: the first thing a worker does is to ask crm-core for its keys."""
    for program in programs.apis(environment):
        family.start(program)
    _wait_until_all(answers, settings, family)
    for program in [*programs.workers(environment), *programs.letterbox(settings, environment)]:
        family.start(program)
    _wait_until_all(is_ready, settings, family)


def _wait_until_all(pass_check: Callable[[httpx.Client, str], bool], settings: LocalSettings, family: Family) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    waiting = list(SERVICES)
    with httpx.Client(timeout=2) as client:
        while waiting := [service for service in waiting if not pass_check(client, settings.url(service))]:
            if (failure := family.deceased()) is not None:
                raise LocalError(failure)
            if time.monotonic() > deadline:
                names = " and ".join(service.name for service in waiting)
                raise LocalError(f"{names} did not become ready in {READY_TIMEOUT_S:.0f} s.")
            time.sleep(0.05)


def _keep_running(family: Family, cluster: Cluster | None) -> NoReturn:
    while True:
        if cluster is not None and not cluster.running:
            say(f"PostgreSQL has died and starts again: see {cluster.home.log}")
            cluster.start()
        for news in family.tend():
            say(news)
        _pause(0.1)


def _pause(seconds: float) -> None:
    """Wait; whoever started us with a pipe (a test run) and is gone has stopped us."""
    pipes = [int(descriptor)] if (descriptor := os.environ.get(PARENT_FD)) else []
    if select.select(pipes, [], [], seconds)[0]:
        raise Stopped


if __name__ == "__main__":
    main()
