"""`python -m deploy.local.demo`: send the story through the doors, work the leads, post the spend, show the result."""

import secrets
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, TypeVar

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local.api import Api
from deploy.local.demo import story
from deploy.local.demo.doors import WireInquiry
from deploy.local.demo.sales import Work
from deploy.local.demo.tables import show_cost, show_funnel
from deploy.local.report import ACCESS_FILE, read_access
from deploy.local.settings import LocalError, LocalSettings

T = TypeVar("T")

AT_ONCE = 8
SETTLED_WITHIN_S = 120
NO_LIMITS = {"requests_per_minute": 1_000_000, "requests_per_minute_per_address": 1_000_000}
TELEPHONY = {"vpbx_api_key": secrets.token_hex(16), "vpbx_api_salt": secrets.token_hex(16)}
SOURCES: dict[str, dict[str, Any]] = {
    "form": {"name": "Demo: сайт", "channel": "form", "provider": "generic", "settings": NO_LIMITS},
    "call": {"name": "Demo: телефон", "channel": "call", "provider": "mango_office", "settings": NO_LIMITS},
    "email": {"name": "Demo: почта", "channel": "email", "provider": "email", "settings": NO_LIMITS},
}


def main() -> None:
    """Tell the whole story once; every run adds other people to the same months."""
    access = read_access(LocalSettings.read().data_dir / ACCESS_FILE)
    if not access:
        raise LocalError("There is no running Leadflow: start it with `make run` in another terminal.")
    limits = httpx.Limits(max_connections=AT_ONCE)
    with httpx.Client(timeout=30, limits=limits) as client, _progress() as progress:
        intake, core, analytics = (
            Api(client, access[f"{name}_url"], access["admin_token"]) for name in ("intake", "core", "analytics")
        )
        now, random = datetime.now(UTC), Random()
        doors = _doors(intake)
        inquiries = story.inquiries(random, now, TELEPHONY)
        _side_by_side(progress, "inquiries sent", inquiries, partial(_send, client, doors))
        _wait_for_delivery(progress, intake, doors)
        _sell(progress, core, doors, now)
        analytics.post("/v1/spend", {"items": story.spend_items(random, now), "replace": True})
        analytics.post("/v1/traffic", {"items": story.visit_items(random, now)})
        progress.stop()
        _show(analytics, now)


def _doors(intake: Api) -> dict[str, dict[str, Any]]:
    """Sources of the demo's own, without limits on their senders."""
    doors = {kind: intake.ensure("/v1/sources", body, by="name") for kind, body in SOURCES.items()}
    intake.patch(f"/v1/sources/{doors['call']['id']}", {"secrets": TELEPHONY})
    return doors


def _send(client: httpx.Client, doors: dict[str, dict[str, Any]], inquiry: WireInquiry) -> None:
    url = doors[inquiry.door]["inbound_url"] + inquiry.rest
    response = client.post(url, content=inquiry.content, headers=dict(inquiry.headers))
    if not response.is_success:
        raise LocalError(f"The door for {inquiry.door} answered {response.status_code}: {response.text}")


def _wait_for_delivery(progress: Progress, intake: Api, doors: dict[str, dict[str, Any]]) -> None:
    """Until crm-core has everything that is to go there."""
    task = progress.add_task("delivered to crm-core", total=None)
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while any(
        intake.get("/v1/submissions", status="ready", source_id=door["id"], limit="1")["items"]
        for door in doors.values()
    ):
        if time.monotonic() > deadline:
            raise LocalError(
                f"lead-intake has not delivered everything within {SETTLED_WITHIN_S} s: see its worker's log."
            )
        time.sleep(0.2)
    progress.update(task, total=1, completed=1)


def _sell(progress: Progress, core: Api, doors: dict[str, dict[str, Any]], now: datetime) -> None:
    """Work the leads that nobody has worked on yet, as far as each goes."""
    ours = {door["id"] for door in doors.values()}
    fresh = [lead for lead in core.every("/v1/leads", status="new,assigned") if lead["source_id"] in ours]
    [pipeline] = [each for each in core.every("/v1/pipelines") if each["is_default"]]
    stages = [stage["id"] for stage in sorted(pipeline["stages"], key=lambda stage: stage["position"])]
    _side_by_side(progress, "leads worked on", fresh, lambda lead: Work(core, lead, stages, now).until_done())


def _side_by_side(progress: Progress, title: str, items: Iterable[T], act: Callable[[T], None]) -> None:
    """Do something with each, several at once, and show how far it is."""
    todo = list(items)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in progress.track(pool.map(act, todo), total=len(todo), description=title):
            pass


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console()
    )


def _show(analytics: Api, now: datetime) -> None:
    period = {
        "from": (now - timedelta(days=story.DAYS)).date().isoformat(),
        "to": (now + timedelta(days=1)).date().isoformat(),
    }
    console = Console()
    show_funnel(console, analytics.get("/v1/funnel", **period))
    show_cost(console, analytics.get("/v1/cost-per-lead", by="source", **period))


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(f"leadflow: {error}")
