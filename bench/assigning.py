"""What deciding costs: inquiries of a workspace with 200 users and 50 rules beside those of one that has none."""

import time
from typing import Any
from uuid import uuid4

import httpx

from bench.report import Report
from bench.stack import Stack

USERS, RULES, TEAMS = 200, 50, 10
BATCH, BATCHES = 500, 8
PRODUCTS = ("windows", "doors", "roofs", "balconies", "facades")
LANGUAGES = ("ru", "en", "de", "fr")
STRATEGIES = ("round_robin", "weighted", "least_open", "best_fit", "sticky")


def measure(stack: Stack, report: Report) -> None:
    """Batches of 500 in both workspaces in turns; an explanation of every lead is stored in both."""
    with stack.client("core", "platform_token") as client, stack.frozen("analytics.worker", "analytics.app"):
        plain, ruled = _workspace(client, users=4), _workspace(client, users=USERS)
        _make_rules(client, ruled)
        took = {plain: 0.0, ruled: 0.0}
        for number in range(BATCHES):
            for workspace in took:
                took[workspace] += _batch(client, workspace, number)
    leads = BATCH * BATCHES
    extra = (took[ruled] - took[plain]) / leads * 1000
    report.add(
        f"assignment, {USERS} users and {RULES} rules, a lead in batches of {BATCH}",
        f"{extra:.2f} ms more than by turn among 4 ({leads / took[ruled]:,.0f} to {leads / took[plain]:,.0f} leads/s)",
        target="under 1 ms",
        met=extra < 1,
    )


def _workspace(client: httpx.Client, *, users: int) -> str:
    """A workspace of its own with teams of managers; the client acts in it from now on."""
    made: dict[str, Any] = client.post("/v1/workspaces", json={"name": f"{users} users"}).raise_for_status().json()
    client.headers["Leadflow-Workspace"] = made["id"]
    names = [f"Team {number}" for number in range(min(TEAMS, users))]
    teams = [client.post("/v1/teams", json={"name": name}).raise_for_status().json()["id"] for name in names]
    people = [
        {
            "name": f"Manager {number}",
            "email": f"manager{number}@example.org",
            "team_id": teams[number % len(teams)],
            "level": number % 5 + 1,
            "skills": [PRODUCTS[number % 5], PRODUCTS[(number + 2) % 5]],
            "languages": [LANGUAGES[number % 4], LANGUAGES[(number + 1) % 4]],
            "open_cap": 100_000,
            "daily_cap": 100_000,
        }
        for number in range(users)
    ]
    client.post("/v1/users/bulk", json={"items": people}).raise_for_status()
    return str(made["id"])


def _make_rules(client: httpx.Client, workspace: str) -> None:
    """Rules of every strategy, most of which a lead does not meet; the last takes whatever is left."""
    client.headers["Leadflow-Workspace"] = workspace
    for number in range(RULES):
        asked = [
            {"field": "product", "op": "eq", "value": PRODUCTS[number % 5]},
            {"field": "language", "op": "in", "value": [LANGUAGES[number % 4]]},
            {"field": "campaign", "op": "ne", "value": f"c{number}"},
        ]
        last = number == RULES - 1
        rule = {
            "name": f"Rule {number}",
            "condition": None if last else {"all": asked},
            "pool": {"min_level": number % 3 + 1, "match": ["language", "product"]},
            "strategy": STRATEGIES[number % 5],
            "response": {"within_minutes": 15},
        }
        client.post("/v1/assignment-rules", json=rule).raise_for_status()


def _batch(client: httpx.Client, workspace: str, number: int) -> float:
    """Seconds for a batch of inquiries of new people, each of which becomes an assigned lead."""
    client.headers["Leadflow-Workspace"] = workspace
    items = [_inquiry(number * BATCH + each) for each in range(BATCH)]
    began = time.perf_counter()
    answer = client.post("/v1/inquiries", json={"items": items})
    took = time.perf_counter() - began
    assert all(one["result"] == "created" for one in answer.raise_for_status().json()["results"])
    return took


def _inquiry(number: int) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "channel": "form",
        "provider": "generic",
        "person": {"full_name": f"Bench Person {number}"},
        "phones": [f"+7966{number:07d}"],
        "product": PRODUCTS[number % 5],
        "language": LANGUAGES[number % 4],
        "attribution": {"last": {"source": f"source{number % 10}", "medium": "cpc", "campaign": f"c{number % 50}"}},
    }
