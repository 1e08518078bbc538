"""What was expected of managers as first response, and what became of it."""

from typing import Any
from uuid import uuid4

from tests.analytics.conftest import Books

ANNA, BORIS, TEAM = (str(uuid4()) for _ in range(3))
PERIOD = {"from_": "2026-11-01", "to": "2026-12-01"}


def deadline(owner: str, status: str, *, id: str | None = None, version: int = 2, **more: Any) -> tuple[str, Any]:
    what = {"open": "due_soon", "breached": "breached"}.get(status, "fulfilled")
    state = {
        "id": id or str(uuid4()), "version": version, "status": status, "lead_id": str(uuid4()), "owner_id": owner,
        "team_id": TEAM, "rule_id": None, "step": 0, "set_at": "2026-11-10T09:00:00Z",
        "due_at": "2026-11-10T09:15:00Z", "accept_by": None, "reminded_at": None,
        "breached_at": "2026-11-10T09:15:00Z" if status in ("breached", "late") else None,
        "breach": "late" if status in ("breached", "late") else None, "fulfilled_at": None, "worked_s": None,
        "lost_s": None, "updated_at": "2026-11-10T09:15:00Z",
    }  # fmt: skip
    return f"deadline.{what}", state | more


async def told(books: Books) -> None:
    names = [("user.changed", {"id": ANNA, "version": 1, "name": "Анна", "role": "manager", "team_id": TEAM,
                               "active": True}),
             ("team.changed", {"id": TEAM, "version": 1, "name": "Продажи", "active": True})]  # fmt: skip
    await books.tell(
        *names,
        deadline(ANNA, "met", worked_s=60),
        deadline(ANNA, "met", worked_s=120),
        deadline(ANNA, "late", worked_s=1800, lost_s=900),
        deadline(ANNA, "breached", breach="not_accepted"),
        deadline(BORIS, "open"),
        deadline(BORIS, "void"),
        deadline(BORIS, "met", worked_s=30, set_at="2026-12-01T00:00:00Z"),
    )


async def test_each_manager_is_told_with_what_became_of_their_deadlines(books: Books) -> None:
    await told(books)
    answer = await books.get("reports/deadlines", **PERIOD)
    anna, boris = answer["rows"]
    assert anna == {
        "owner": ANNA, "owner_name": "Анна", "set": 4, "met": 2, "late": 1, "waiting": 1, "breached": 2,
        "not_accepted": 1, "met_share": 0.5, "median_worked_s": 120, "lost_s": 900,
    }  # fmt: skip
    assert (boris["owner"], boris["set"], boris["waiting"], boris["median_worked_s"]) == (BORIS, 1, 1, None)
    assert list(anna) == answer["columns"]
    [team] = (await books.get("reports/deadlines", by="team", **PERIOD))["rows"]
    assert (team["team_name"], team["set"], team["met_share"]) == ("Продажи", 5, 0.4)
    listed = await books.get("reports")
    assert "/v1/reports/deadlines" in [item["path"] for item in listed["items"]]


async def test_only_the_newest_state_counts_in_whatever_order_it_comes(books: Books) -> None:
    one = str(uuid4())
    late, met = deadline(ANNA, "breached", id=one, version=2), deadline(ANNA, "late", id=one, version=3, worked_s=1200)
    await books.tell(met)
    await books.tell(late)
    await books.tell(met, late, met)
    [row] = (await books.get("reports/deadlines", **PERIOD))["rows"]
    assert (row["set"], row["late"], row["waiting"], row["median_worked_s"]) == (1, 1, 0, 1200)


async def test_an_event_that_cannot_be_read_stops_nothing(books: Books) -> None:
    await books.tell(("deadline.breached", {"id": "nonsense"}), deadline(ANNA, "met", worked_s=5))
    assert [row["met"] for row in (await books.get("reports/deadlines", **PERIOD))["rows"]] == [1]


async def test_it_is_a_table_too(books: Books) -> None:
    await told(books)
    answer = await books.client.get("/v1/reports/deadlines?from=2026-11-01&to=2026-12-01&format=csv")
    assert answer.text.splitlines()[0].startswith("\ufeffowner,owner_name,set,met,late") or answer.text.startswith(
        "owner"
    )
    assert len(answer.text.strip().splitlines()) == 3
