"""crm-core with a million leads in the workspace: lists, searches, look-ups, timelines, and inquiries beside them.

Each question is asked some times before it is timed: the first in a process has its statement compiled (20 ms)."""

import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import orjson
from crm_core.conditions.parameters import condition_of
from crm_core.finding.listing import Asked, narrowed, wants_search_role, ways
from crm_core.listings import LISTINGS
from leadkit import clock
from leadkit.embedded import Cluster
from leadkit.ids import NIL
from leadkit.paging import PageRequest, ordered
from leadkit.tokens import Caller
from sqlalchemy.dialects import postgresql

from bench.report import Report
from bench.seeding import LEADS, Place, Seeded, seed
from bench.stack import Stack

DATABASE = "leadflow_core"
WORKERS = ("crm_core.worker", "analytics.worker", "lead_intake.worker")
PAGES, ROUNDS, WARM = 40, 5, 5
LOOKS = 400
BATCH, BATCHES, SINGLES = 500, 12, 200

Case = tuple[str, str, dict[str, str]]
LISTS: tuple[Case, ...] = (
    ("lead", "all", {}),
    ("lead", "of a status", {"status": "new"}),
    ("lead", "of two statuses", {"status": "new,assigned"}),
    ("lead", "hot, from chats", {"temperature": "hot", "channel": "chat"}),
    ("lead", "with a tag", {"tag": "vip"}),
    ("lead", "of a campaign", {"campaign": "campaign 7"}),
    ("lead", "without a next step", {"has_next_step": "false"}),
    ("lead", "of a day long ago", {"created_from": "now-700d", "created_to": "now-699d"}),
    ("lead", "by name", {"sort": "name"}),
    ("lead", "by score", {"sort": "-score"}),
    ("lead", "by next step", {"sort": "next_step_at"}),
    ("lead", "by deadline", {"sort": "respond_by"}),
    ("contact", "by name", {"sort": "name"}),
    ("deal", "won", {"status": "won"}),
    ("deal", "by amount", {"sort": "-amount"}),
    ("activity", "open tasks by due time", {"kind": "task", "open": "true", "sort": "due_at"}),
)
SEARCHES: tuple[Case, ...] = (
    ("lead", "a frequent word", {"q": "балкон"}),
    ("lead", "a surname", {"q": "Иванов12"}),
    ("lead", "a rare surname", {"q": "Smith4999"}),
    ("lead", "two words", {"q": "виноградов 77"}),
    ("lead", "part of a phone", {"q": "7123456"}),
    ("lead", "an e-mail", {"q": "client777@example.org"}),
    ("lead", "an e-mail that nobody has", {"q": "nobody@example.org"}),
    ("lead", "a surname spelled wrong", {"q": "Виногралов"}),
    ("lead", "a word within a status", {"q": "балкон", "status": "new"}),
    ("contact", "a surname", {"q": "Павлов"}),
    ("deal", "a word", {"q": "фасад"}),
    ("company", "a name", {"q": "кузнецов"}),
)
PATHS = {"lead": "leads", "contact": "contacts", "deal": "deals", "company": "companies", "activity": "activities"}


def measure(stack: Stack, report: Report) -> None:
    """Fills a new workspace and asks it; every figure is from request to answer, one request at a time. The workers
    stand still: they would give out and score all that was made at once, which no workspace ever sees."""
    cluster = Cluster.at(stack.folder)
    with stack.client("core", "platform_token") as client, stack.frozen(*WORKERS):
        place = _place(client)
        seeded = seed(lambda script: cluster.run_sql(script, database=DATABASE), place)
        report.add(f"workspace of {LEADS:,} leads made by SQL", f"{seeded.seconds:,.0f} s")
        reader = Reader(client)
        for kind, cases in (("list", LISTS), ("search", SEARCHES)):
            for case in cases:
                _listed(reader, report, kind, case)
        _looked_up(reader, report, seeded)
        _timeline(reader, report)
        _inquiries(client, report)
        _scans(cluster, report, place)
        used = stack.process("crm_core.app").memory_info().rss / 1e6
        report.add("memory of crm-core after all this", f"{used:.0f} MB")


def _place(client: httpx.Client) -> Place:
    """A workspace as the API makes it; the client acts in it from now on."""

    def made(path: str, **body: Any) -> dict[str, Any]:
        return dict(client.post(path, json=body).raise_for_status().json())

    workspace = made("/v1/workspaces", name="A million leads", language="ru")["id"]
    client.headers["Leadflow-Workspace"] = workspace
    team = made("/v1/teams", name="Sales")["id"]
    people = [made("/v1/users", name=f"M{n}", email=f"m{n}@example.org", team_id=team)["id"] for n in range(4)]
    [pipeline, *_] = client.get("/v1/pipelines").raise_for_status().json()["items"]
    [reason, *_] = client.get("/v1/loss-reasons").raise_for_status().json()["items"]
    stages = [UUID(stage["id"]) for stage in pipeline["stages"]]
    managers = [UUID(one) for one in people]
    return Place(UUID(workspace), UUID(team), managers, UUID(pipeline["id"]), stages, UUID(reason["id"]))


class Reader:
    """Asks over one connection by the plainest client there is: what it takes itself is some 0.2 ms."""

    def __init__(self, client: httpx.Client) -> None:
        self._connection = HTTPConnection(client.base_url.host, client.base_url.port)
        self._headers = {name: client.headers[name] for name in ("Authorization", "Leadflow-Workspace")}

    def get(self, path: str, params: dict[str, str]) -> tuple[float, dict[str, Any]]:
        """Seconds from the request to the last byte of its answer, and the answer."""
        target = f"{path}?{urlencode(params)}"
        began = time.perf_counter()
        self._connection.request("GET", target, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        assert answer.status == 200, body
        return took, orjson.loads(body)

    def pages(self, path: str, params: dict[str, str], most: int = PAGES) -> Iterator[float]:
        """The first page and those that follow, down to two thousand rows."""
        for _ in range(most):
            took, page = self.get(path, params)
            yield took
            if page["next_cursor"] is None:
                return
            params = params | {"cursor": page["next_cursor"]}


def _listed(reader: Reader, report: Report, kind: str, case: Case) -> None:
    entity, name, params = case
    path = f"/v1/{PATHS[entity]}"
    list(reader.pages(path, params, WARM))
    took = [seconds for _ in range(ROUNDS) for seconds in reader.pages(path, params)]
    _report(report, f"{kind} of {PATHS[entity]}: {name}", took, 15)


def _looked_up(reader: Reader, report: Report, seeded: Seeded) -> None:
    took = []
    for look in range(LOOKS + WARM):
        phone = seeded.phone(1 + look * 4_999 % seeded.leads)
        seconds, found = reader.get("/v1/leads", {"q": phone})
        took.append(seconds)
        assert len(found["items"]) == 1, phone
    _report(report, "a lead by its phone", took[WARM:], 5)


def _timeline(reader: Reader, report: Report) -> None:
    _, calls = reader.get("/v1/activities", {"kind": "call", "limit": "1"})
    path = f"/v1/leads/{calls['items'][0]['lead_id']}/timeline"
    list(reader.pages(path, {}, WARM))
    _report(report, "timeline of 5,000 entries", list(reader.pages(path, {}, 100)), None)


def _report(report: Report, name: str, took: list[float], target_ms: float | None) -> None:
    took.sort()
    p50, p99 = took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000
    promised = f"p99 under {target_ms:.0f} ms" if target_ms else ""
    met = p99 < target_ms if target_ms else None
    report.add(name, f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", target=promised, met=met)


def _inquiries(client: httpx.Client, report: Report) -> None:
    rate = BATCH * BATCHES / sum(_posted(client, BATCH) for _ in range(BATCHES))
    name = "inquiries to assigned leads beside them, batches of 500"
    report.add(name, f"{rate:,.0f}/s", target="at least 1,000/s", met=rate >= 1000)
    rate = SINGLES / sum(_posted(client, 1) for _ in range(SINGLES))
    report.add("the same one by one, one client", f"{rate:,.0f}/s")


def _posted(client: httpx.Client, size: int) -> float:
    items = []
    for _ in range(size):
        who = uuid4()
        phone, email = f"+7955{who.int % 10_000_000:07d}", f"{who.hex}@example.org"
        items.append({"id": str(who), "channel": "form", "person": {"full_name": who.hex}, "phones": [phone],
                      "emails": [email], "message": "балкон"})  # fmt: skip
    body = orjson.dumps({"items": items})
    began = time.perf_counter()
    client.post("/v1/inquiries", content=body, headers={"Content-Type": "application/json"}).raise_for_status()
    return time.perf_counter() - began


def _scans(cluster: Cluster, report: Report, place: Place) -> None:
    """Plans of all lists that read a whole table; none is expected."""
    caller = Caller(place.workspace, "bench", "bench", "admin", frozenset(), NIL, None, None, 0)
    scanning = {f"{entity} {name}" for entity, name, params in (*LISTS, *SEARCHES)
                for written in _explained(caller, entity, params)
                if "Seq Scan" in cluster.run_sql(written, database=DATABASE)}  # fmt: skip
    report.add("lists that scan a table", ", ".join(sorted(scanning)) or "none", target="none", met=not scanning)


def _explained(caller: Caller, entity: str, params: dict[str, str]) -> Iterator[str]:
    """What shows the plan of a list, or the plans of each way in which its search may be meant."""
    listing, given = LISTINGS[entity], dict(params)
    q, sort = given.pop("q", None), given.pop("sort", None)
    asked = Asked(condition_of(given, listing.fields), q)
    role = "search" if wants_search_role(listing, asked, sort) else "app"
    everything = narrowed(listing, caller, asked, now=clock.now())
    searched = [everything.where(way.indexed) for way in ways(listing, caller, q, "RU")] if q else [everything]
    paging = PageRequest(limit=50, cursor=None, sort=sort, include_total=False)
    for each in searched:
        page = ordered(each, paging, sorts=listing.sorts, default=listing.default, key=listing.key).limit(51)
        written = page.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
        yield (
            f"BEGIN; SET LOCAL ROLE leadflow_core_{role}; SET LOCAL app.workspace_id = '{caller.workspace_id}'; "
            f"EXPLAIN {str(written).replace('%%', '%')}; ROLLBACK;"
        )
