"""A workspace of a test's own in a running Leadflow, made through the public APIs."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.system.stack import Stack
from tests.waiting import wait_until

SETTINGS = {"time_zone": "Europe/Moscow", "currency": "RUB", "default_region": "RU", "language": "ru"}
CALL_SECRETS = {"vpbx_api_key": "a key of this test", "vpbx_api_salt": "and its salt"}
SOURCES: dict[str, dict[str, Any]] = {
    "form": {
        "channel": "form",
        "provider": "generic",
        "settings": {"requests_per_minute": 1_000_000, "requests_per_minute_per_address": 1_000_000},
    },
    "call": {"channel": "call", "provider": "mango_office", "secrets": CALL_SECRETS},
    "email": {"channel": "email", "provider": "email", "settings": {"own_domains": ["shop.example"]}},
}


@dataclass(frozen=True)
class Workspace:
    """One manager, three sources, and clients with the token of an admin."""

    id: str
    intake: httpx.Client
    core: httpx.Client
    analytics: httpx.Client
    inbound: dict[str, str]

    def items(self, client: httpx.Client, path: str, **query: str) -> list[dict[str, Any]]:
        """All items of a list."""
        page = done(client.get(path, params={"limit": "200", **query}))
        items: list[dict[str, Any]] = page["items"]
        while page["next_cursor"]:
            page = done(client.get(path, params={"limit": "200", "cursor": page["next_cursor"], **query}))
            items += page["items"]
        return items

    def delivered(self, count: int, within_s: float = 60) -> list[dict[str, Any]]:
        """The submissions, once `count` of them have been delivered."""

        def all_there() -> list[dict[str, Any]]:
            found = self.items(self.intake, "/v1/submissions", status="delivered")
            return found if len(found) >= count else []

        return wait_until(all_there, within_s=within_s, what=f"delivery of {count} submissions")


def done(response: httpx.Response) -> dict[str, Any]:
    """The answer's body; a refusal fails the test with its words."""
    assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
    body: dict[str, Any] = response.json()
    return body


@contextmanager
def new_workspace(stack: Stack) -> Iterator[Workspace]:
    """Made with the platform token, then left to its own admin."""
    with ExitStack() as clients:
        platform = clients.enter_context(stack.client("core", stack.access["platform_token"]))
        workspace_id, token = _made_with(platform)
        intake, core, analytics = (
            clients.enter_context(stack.client(service, token)) for service in ("intake", "core", "analytics")
        )
        sources = {
            kind: done(intake.post("/v1/sources", json={"name": kind, **body})) for kind, body in SOURCES.items()
        }
        inbound = {kind: source["inbound_url"] for kind, source in sources.items()}
        yield Workspace(workspace_id, intake, core, analytics, inbound)


def _made_with(platform: httpx.Client) -> tuple[str, str]:
    """The id of a new workspace with one manager, and the token of its admin."""
    workspace = {"name": f"Test {secrets.token_hex(4)}", **SETTINGS}
    workspace_id = str(done(platform.post("/v1/workspaces", json=workspace))["id"])
    platform.headers["Leadflow-Workspace"] = workspace_id
    team = done(platform.post("/v1/teams", json={"name": "Sales"}))
    person = {"name": "Борис Орлов", "email": "boris@shop.example", "role": "manager", "team_id": team["id"]}
    done(platform.post("/v1/users", json=person))
    token = done(platform.post("/v1/tokens", json={"name": "test", "role": "admin"}))["token"]
    return workspace_id, str(token)
