"""What deciding costs: inquiries of a workspace with 200 users and 50 rules beside those of one that has none, and a
simulation of 100,000 of its leads."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from crm_core.leads.tables import Lead
from leadkit.embedded import Cluster

from bench.report import Report
from bench.stack import Stack

USERS, RULES, TEAMS = 200, 50, 10
BATCH, BATCHES = 500, 8
PAST = 100_000
PAST_DAYS = 90
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
    _simulate(stack, report, ruled)


def _simulate(stack: Stack, report: Report, workspace: str) -> None:
    """From asking for the simulation to its result, by the worker that also does everything else."""
    Cluster.at(stack.folder).run_sql(_past_leads(workspace), database="leadflow_core")
    with (
        stack.client("core", "platform_token") as client,
        stack.frozen("analytics.worker", "analytics.app", "lead_intake.worker"),
    ):
        client.headers["Leadflow-Workspace"] = workspace
        since = datetime.now(UTC) - timedelta(days=PAST_DAYS + 1)
        began = time.perf_counter()
        asked = client.post("/v1/assignment/simulations", json={"occurred_from": since.isoformat()})
        path = f"/v1/assignment/simulations/{asked.raise_for_status().json()['id']}"
        while (shown := client.get(path).raise_for_status().json())["status"] in ("waiting", "running"):
            time.sleep(0.25)
        took = time.perf_counter() - began
    assert (shown["status"], shown["leads_done"]) == ("done", PAST), shown
    report.add(
        f"simulation of {PAST:,} past leads, {USERS} users and {RULES} rules",
        f"{took:.0f} s",
        target="under 60 s",
        met=took < 60,
    )


def _past_leads(workspace: str) -> str:
    """SQL that copies the workspace's leads until there are `PAST`, spread over the days before."""
    copies = PAST // (BATCH * BATCHES)
    spread = f"interval '{PAST_DAYS} days' * ((n * 7919 + hashtext(id::text)) & 65535) / 65536.0"
    changed = {"id": "uuidv7()", "occurred_at": f"occurred_at - {spread}"}
    columns = [column.name for column in Lead.__table__.columns]
    return (
        f"INSERT INTO lead ({', '.join(columns)}) "
        f"SELECT {', '.join(changed.get(column, column) for column in columns)} "
        f"FROM lead, generate_series(1, {copies - 1}) AS n WHERE workspace_id = '{workspace}'; ANALYZE lead;"
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
