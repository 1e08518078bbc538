"""`/v1/saved-reports`: kept, shared, run, and sent to a real endpoint on a port."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from analytics.saved_reports.delivering import LEASE, Deliverer
from leadkit import clock
from leadkit.ids import new_id
from leadkit.outgoing import guarded_pool, signature

from tests.analytics.conftest import Books
from tests.analytics.spring import NOW
from tests.endpoint import Endpoint, Json

QUERY: Json = {"metrics": ["leads", "cost_per_lead"], "by": ["source"], "period": "this_month"}
DAILY: Json = {"every": "day", "at": "09:00"}


async def save(books: Books, status: int = 201, **values: Any) -> Json:
    answer = await books.client.post("/v1/saved-reports", json={"name": "Leads", "query": QUERY} | values)
    assert answer.status_code == status, answer.text
    saved: Json = answer.json()
    return saved


async def test_a_report_is_saved_run_changed_and_deleted(shop: Books) -> None:
    saved = await save(shop)
    path = f"/v1/saved-reports/{saved['id']}"
    assert (saved["mine"], saved["delivery"], saved["secret"]) == (True, None, None)
    answer = await shop.get(f"saved-reports/{saved['id']}/run")
    assert (answer["from"], answer["to"]) == ("2026-04-01", "2026-05-01")
    assert {row["source"]: row["leads"] for row in answer["rows"]}["yandex"] == 3
    written = await shop.client.get(f"{path}/run", params={"format": "csv"})
    assert written.text.startswith("source,leads,cost_per_lead,currency")
    changed = await shop.client.patch(
        path, json={"query": {"report": "leads-by-status", "period": "last_month"}}, headers={"If-Match": '"1"'}
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    ran = await shop.get(f"saved-reports/{saved['id']}/run")
    assert (ran["report"], ran["from"], ran["rows"]) == ("leads-by-status", "2026-03-01", [])
    stale = await shop.client.patch(path, json={"name": "x"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await shop.client.delete(path)).status_code == 204
    assert (await shop.client.get(path)).status_code == 404


@pytest.mark.parametrize("report", ["forecast", "assignment-fairness", "response-time"])
async def test_standard_reports_can_be_saved(shop: Books, report: str) -> None:
    saved = await save(shop, query={"report": report})
    assert (await shop.get(f"saved-reports/{saved['id']}/run"))["report"] == report


async def test_ones_own_reports_are_seen_by_nobody_else_until_they_are_shared(shop: Books) -> None:
    mine, shared = await save(shop), await save(shop, name="For all", shared=True)
    colleague = shop.service.client_as("analyst", shop.workspace_id)
    stranger = shop.service.client_as("admin", new_id())
    assert (await colleague.get(f"/v1/saved-reports/{mine['id']}")).status_code == 404
    seen = await colleague.get(f"/v1/saved-reports/{shared['id']}")
    assert (seen.status_code, seen.json()["mine"]) == (200, False)
    refused = await colleague.patch(
        f"/v1/saved-reports/{shared['id']}", json={"name": "x"}, headers={"If-Match": '"1"'}
    )
    assert refused.status_code == 403
    listed = [each["id"] for each in (await colleague.get("/v1/saved-reports")).json()["items"]]
    assert (shared["id"] in listed, mine["id"] in listed) == (True, False)
    assert (await stranger.get(f"/v1/saved-reports/{shared['id']}/run")).status_code == 404
    assert (await stranger.get("/v1/saved-reports")).json()["items"] == []


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"query": {"metrics": ["nonsense"]}}, "/metrics"),
        ({"query": {"report": "nonsense"}}, "/query/report"),
        ({"query": {"report": "forecast", "by": ["source"]}}, "/query/by"),
        ({"query": {"metrics": ["leads"], "by": ["nonsense"]}}, "/query/by"),
        ({"query": {"metrics": ["leads"], "where": "nonsense"}}, "/where"),
        ({"query": {"metrics": ["leads"], "report": "forecast"}}, "/query"),
        ({"delivery": {"url": "https://10.0.0.1/", "schedule": DAILY}}, "/delivery/url"),
        ({"delivery": {"url": "http://example.com/", "schedule": DAILY}}, "/delivery/url"),
        ({"delivery": {"url": "https://example.com/", "schedule": DAILY | {"weekday": 1}}}, "/delivery/schedule"),
        ({"delivery": {"url": "https://example.com/", "schedule": {"every": "week", "at": "9:00"}}},
         "/delivery/schedule/at"),
        ({"delivery": {"url": "https://example.com/", "schedule": DAILY | {"time_zone": "Mars"}}},
         "/delivery/schedule/time_zone"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_or_sent_is_refused(shop: Books, values: Json, pointer: str) -> None:
    problem = await save(shop, 422, **values)
    assert problem["errors"][0]["pointer"] == pointer


@pytest_asyncio.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    one = Endpoint()
    yield one
    await one.stop()


class Post:
    """A saved report that is sent to an endpoint each day at nine in Moscow, and the worker that does it."""

    def __init__(self, books: Books, endpoint: Endpoint, *, private: bool = True) -> None:
        self.books = books
        self.endpoint = endpoint
        self.pool = guarded_pool(private_allowed=private)
        data_key = books.service.app.state.settings.data_key
        self.deliverer = Deliverer(books.db, self.pool, data_key)
        self.saved: Json = {}

    async def begin(self, monkeypatch: pytest.MonkeyPatch, **delivery: Any) -> None:
        monkeypatch.setattr(self.books.service.app.state.settings, "webhooks_to_private_addresses", True)
        url = await self.endpoint.start()
        self.saved = await save(self.books, delivery={"url": url, "schedule": DAILY} | delivery)

    async def end(self) -> None:
        """Workers serve all workspaces: what is left would be sent by the next test's."""
        assert (await self.books.client.delete(f"/v1/saved-reports/{self.saved['id']}")).status_code == 204
        await self.pool.aclose()

    async def deliveries(self) -> list[Json]:
        answer = await self.books.get(f"saved-reports/{self.saved['id']}/deliveries")
        found: list[Json] = answer["items"]
        return found


@pytest_asyncio.fixture
async def post(own_shop: Books, endpoint: Endpoint) -> AsyncIterator[Post]:
    made = Post(own_shop, endpoint)
    yield made
    await made.end()


# The shop's clock stands at noon in Moscow on 10 April: the next report is due on the 11th at six UTC.
DUE = datetime(2026, 4, 11, 6, tzinfo=UTC)


async def _step_at(post: Post, moment: datetime) -> int:
    with clock.at(moment):
        return await post.deliverer.step()


async def test_a_report_is_sent_when_it_is_due_once_and_signed(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await post.begin(monkeypatch)
    assert post.saved["next_run_at"] == "2026-04-11T06:00:00Z"
    assert await _step_at(post, DUE - timedelta(seconds=1)) == 0
    # Two workers look at once.
    other = Post(post.books, post.endpoint)
    assert await _step_at(post, DUE) + await _step_at(other, DUE) == 1
    await other.pool.aclose()
    [(headers, body)] = post.endpoint.got
    told = orjson.loads(body)
    assert (told["type"], told["timestamp"]) == ("report.ready", "2026-04-11T06:00:00Z")
    assert told["data"]["answer"]["totals"]["leads"] == 5
    signed = signature(post.saved["secret"], headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert (headers["webhook-signature"], headers["webhook-timestamp"]) == (signed, str(int(DUE.timestamp())))
    [delivery] = await post.deliveries()
    assert (delivery["status"], delivery["attempts"], delivery["answered"]) == ("delivered", 1, 200)
    assert headers["webhook-id"] == delivery["id"]
    shown = await post.books.get(f"saved-reports/{post.saved['id']}")
    assert (shown["next_run_at"], shown["secret"]) == ("2026-04-12T06:00:00Z", None)
    # Days without a worker are made up for by one report, not by one each.
    assert await _step_at(post, DUE + timedelta(days=5)) == 1
    assert await _step_at(post, DUE + timedelta(days=5)) == 0


async def test_a_failed_sending_is_tried_again_with_the_same_bytes(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    await post.begin(monkeypatch, format="csv")
    post.endpoint.answering = lambda _: (503, "down")
    assert await _step_at(post, DUE) == 1
    [waiting] = await post.deliveries()
    assert (waiting["status"], waiting["answered"], waiting["snippet"]) == ("waiting", 503, "down")
    assert await _step_at(post, DUE + timedelta(seconds=1)) == 0
    post.endpoint.answering = lambda _: (200, "ok")
    assert await _step_at(post, DUE + timedelta(seconds=20)) == 1
    (first, body), (second, again) = post.endpoint.got
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert orjson.loads(body)["data"]["csv"].startswith("source,leads,cost_per_lead,currency\r\n")
    assert (await post.deliveries())[0]["status"] == "delivered"


async def test_a_sending_whose_worker_was_killed_is_taken_up_when_its_lease_ends(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.begin(monkeypatch)

    async def killed(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as dying:
        dying.setattr(post.deliverer, "_note", killed)
        await _step_at(post, DUE)
    assert await _step_at(post, DUE + timedelta(seconds=1)) == 0
    assert await _step_at(post, DUE + LEASE + timedelta(seconds=1)) == 1
    assert len({headers["webhook-id"] for headers, _ in post.endpoint.got}) == 1
    assert len(post.endpoint.got) == 2


async def test_who_wants_no_more_gets_no_more_until_it_is_saved_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.begin(monkeypatch)
    post.endpoint.answering = lambda _: (410, "gone")
    await _step_at(post, DUE)
    shown = await post.books.get(f"saved-reports/{post.saved['id']}")
    assert (shown["next_run_at"], shown["paused"] is None) == (None, False)
    [failed] = await post.deliveries()
    assert failed["status"] == "failed"
    # Sent once more by hand, it is delivered.
    post.endpoint.answering = lambda _: (200, "ok")
    path = f"/v1/saved-reports/{post.saved['id']}"
    retried = await post.books.client.post(f"{path}/deliveries/{failed['id']}/retry")
    assert retried.json()["status"] == "waiting"
    assert await _step_at(post, DUE) == 1
    assert (await post.deliveries())[0]["status"] == "delivered"
    again = await post.books.client.patch(path, json={"delivery": post.saved["delivery"]}, headers={"If-Match": '"1"'})
    assert (again.json()["paused"], again.json()["secret"]) == (None, None)
    assert again.json()["next_run_at"] is not None


async def test_a_report_can_be_sent_at_once_and_its_secret_replaced(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.begin(monkeypatch)
    path = f"/v1/saved-reports/{post.saved['id']}"
    rotated = await post.books.client.post(f"{path}/secret")
    assert rotated.headers["cache-control"] == "no-store"
    assert rotated.json()["secret"] not in (None, post.saved["secret"])
    sent = await post.books.client.post(f"{path}/send")
    assert (sent.status_code, sent.json()["status"]) == (202, "waiting")
    assert await _step_at(post, NOW) == 1
    assert len(post.endpoint.got) == 1
    unsent = await save(post.books)
    refused = await post.books.client.post(f"/v1/saved-reports/{unsent['id']}/send")
    assert refused.json()["type"] == "/problems/report-not-sent"


async def test_a_name_that_leads_into_a_private_network_is_not_called(
    own_shop: Books, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = Post(own_shop, endpoint, private=False)
    await guarded.begin(monkeypatch)
    assert await _step_at(guarded, DUE) == 1
    [delivery] = await guarded.deliveries()
    assert "private address" in delivery["snippet"]
    assert endpoint.got == []
    await guarded.end()


async def test_a_repeat_with_the_same_key_saves_once(shop: Books) -> None:
    key = {"Idempotency-Key": str(new_id())}
    answers: list[httpx.Response] = [
        await shop.client.post("/v1/saved-reports", json={"name": "Once", "query": QUERY}, headers=key)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
