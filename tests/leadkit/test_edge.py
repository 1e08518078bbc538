"""What every request is promised: one transaction, one answer however often it is sent, one shape of refusal."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from leadkit import clock
from leadkit.ids import new_id
from leadkit.testing.services import RunningService, token_for
from leadkit.tokens import remember_revoked
from sqlalchemy import text

from tests.leadkit.toy.service import races

NOTE = {"text": "Call back"}


async def _texts(toy: RunningService) -> list[str]:
    async with toy.db.transaction(role="worker") as session:
        return sorted((await session.execute(text("SELECT text FROM note"))).scalars())


def _shape(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert body["status"] == answer.status_code
    assert answer.headers["x-request-id"]
    return answer.status_code, body["type"].removeprefix("/problems/")


async def test_a_change_is_on_disk_when_the_answer_is_sent(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/notes", json=NOTE)
    assert answer.status_code == 201
    assert await _texts(toy) == ["Call back"]


async def test_a_refused_request_leaves_nothing(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/notes", json={"text": "refuse"})
    assert _shape(answer) == (409, "refused")
    assert await _texts(toy) == []
    assert await toy.events() == []


async def test_an_answer_of_success_is_not_sent_when_the_commit_fails(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/late-failure")
    assert _shape(answer) == (503, "unavailable")
    assert answer.headers["retry-after"]
    assert await _texts(toy) == []


async def test_a_lost_race_is_run_again(toy: RunningService) -> None:
    races["left"] = 3
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/race")
    assert answer.status_code == 200
    assert await _texts(toy) == ["race"]


async def test_a_read_session_cannot_write(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/write-in-read-session")
    assert _shape(answer) == (500, "internal")
    assert await _texts(toy) == []


async def test_a_defect_tells_the_client_nothing_of_itself(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/breakdown")
    assert _shape(answer) == (500, "internal")
    assert "secret" not in answer.text


async def test_a_repeat_with_the_same_key_gets_the_first_answer(toy: RunningService) -> None:
    key = {"Idempotency-Key": "a-key"}
    async with toy.client_as("admin", new_id()) as client:
        first = await client.post("/v1/notes", json=NOTE, headers=key)
        second = await client.post("/v1/notes", json=NOTE, headers=key)
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await _texts(toy) == ["Call back"]


async def test_a_key_used_for_another_body_is_refused(toy: RunningService) -> None:
    key = {"Idempotency-Key": "a-key"}
    async with toy.client_as("admin", new_id()) as client:
        await client.post("/v1/notes", json=NOTE, headers=key)
        answer = await client.post("/v1/notes", json={"text": "Another"}, headers=key)
    assert _shape(answer) == (422, "idempotency-key-reused")
    assert await _texts(toy) == ["Call back"]


async def test_a_refusal_is_not_kept_under_the_key(toy: RunningService) -> None:
    key = {"Idempotency-Key": "a-key"}
    async with toy.client_as("admin", new_id()) as client:
        refused = await client.post("/v1/notes", json={"text": "refuse"}, headers=key)
        answer = await client.post("/v1/notes", json=NOTE, headers=key)
    assert (refused.status_code, answer.status_code) == (409, 201)


async def test_twenty_requests_with_one_key_act_once(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answers = await asyncio.gather(
            *(client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": "k"}) for _ in range(20))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 19
    assert await _texts(toy) == ["Call back"]


async def test_a_key_counts_for_its_workspace_and_subject_only(toy: RunningService) -> None:
    for _ in range(2):
        async with toy.client_as("admin", new_id()) as client:
            await client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": "k"})
    assert await _texts(toy) == ["Call back", "Call back"]


async def test_a_key_is_forgotten_after_a_day(toy: RunningService) -> None:
    workspace, now = new_id(), datetime.now(UTC)
    token = token_for(workspace, user_id=new_id())
    async with toy.client(token) as client:
        with clock.at(now - timedelta(hours=25)):
            await client.post("/v1/notes", json=NOTE, headers={"Idempotency-Key": "k"})
        answer = await client.post("/v1/notes", json={"text": "Another"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201


async def test_a_change_needs_the_version_it_knows(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        made = (await client.post("/v1/notes", json=NOTE)).json()["id"]
        without = await client.patch(f"/v1/notes/{made}", json={"text": "A"})
        good = await client.patch(f"/v1/notes/{made}", json={"text": "B"}, headers={"If-Match": '"1"'})
        stale = await client.patch(f"/v1/notes/{made}", json={"text": "C"}, headers={"If-Match": '"1"'})
        strange = await client.patch(f"/v1/notes/{made}", json={"text": "D"}, headers={"If-Match": "yesterday"})
    assert _shape(without) == (428, "precondition-required")
    assert (good.status_code, good.headers["etag"]) == (200, '"2"')
    assert _shape(stale) == (412, "stale")
    assert stale.headers["etag"] == '"2"'
    assert _shape(strange) == (400, "malformed")
    assert await _texts(toy) == ["B"]


async def test_another_workspace_does_not_see_the_row(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        made = (await client.post("/v1/notes", json=NOTE)).json()["id"]
    async with toy.client_as("admin", new_id()) as stranger:
        listed = await stranger.get("/v1/notes")
        changed = await stranger.patch(f"/v1/notes/{made}", json={"text": "Mine"}, headers={"If-Match": '"1"'})
    assert listed.json()["items"] == []
    assert _shape(changed) == (404, "not-found")


async def test_a_bad_item_of_a_bulk_does_not_fail_its_neighbours(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post(
            "/v1/notes/bulk", json={"items": [NOTE, {"text": ""}, {"text": "refuse"}, 7, {"text": "Last"}]}
        )
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [201, 422, 409, 422, 201]
    assert [result["index"] for result in results] == [0, 1, 2, 3, 4]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/text"
    assert await _texts(toy) == ["Call back", "Last"]


@pytest.mark.parametrize(
    ("method", "path", "content", "expected"),
    [
        ("GET", "/nowhere", None, (404, "not-found")),
        ("DELETE", "/v1/notes", None, (405, "method-not-allowed")),
        ("POST", "/v1/notes", b"{", (400, "malformed")),
        ("POST", "/v1/notes", b"[]", (422, "invalid")),
        ("POST", "/v1/notes", b'{"text": "' + b"x" * 21 + b'"}', (422, "invalid")),
        ("POST", "/v1/notes", b"x" * (10 * 1024 * 1024 + 1), (413, "too-large")),
        ("GET", "/v1/notes?limit=0", None, (422, "invalid")),
        ("GET", "/v1/notes?sort=color", None, (422, "invalid")),
        ("GET", "/v1/notes?cursor=rubbish", None, (400, "malformed")),
        ("POST", "/v1/notes as text/xml", b"<text/>", (415, "unsupported-media-type")),
    ],
)
async def test_refusals_have_one_shape(
    toy: RunningService, method: str, path: str, content: bytes | None, expected: tuple[int, str]
) -> None:
    path, _, kind = path.partition(" as ")
    async with toy.client_as("admin", new_id()) as client:
        headers = {"Content-Type": kind or "application/json"}
        answer = await client.request(method, path, content=content, headers=headers)
    assert _shape(answer) == expected


async def test_a_body_of_another_kind_than_json_is_refused_as_that(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        assert _shape(await client.post("/v1/notes", data={"text": "Call back"})) == (415, "unsupported-media-type")


async def test_a_body_without_announced_length_is_stopped_at_the_limit(toy: RunningService) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"x" * 1024 * 1024

    async with toy.client_as("admin", new_id()) as client:
        answer = await client.post("/v1/notes", content=endless())
    assert _shape(answer) == (413, "too-large")


async def test_a_platform_token_names_its_workspace(toy: RunningService) -> None:
    workspace = new_id()
    async with toy.client_as("platform") as client:
        assert _shape(await client.get("/v1/notes")) == (400, "malformed")
    async with toy.platform_in(workspace) as client:
        assert (await client.get("/v1/notes")).status_code == 200
    async with toy.client(token_for(new_id()), **{"Leadflow-Workspace": str(workspace)}) as client:
        assert _shape(await client.get("/v1/notes")) == (404, "not-found")


async def test_tokens_that_are_no_good_get_401(toy: RunningService) -> None:
    good = token_for(new_id())
    with clock.at(datetime.now(UTC) - timedelta(hours=2)):
        expired = token_for(new_id())
    tampered = good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")
    for authorization in (None, "Bearer", f"Bearer {tampered}", f"Bearer {expired}", "Bearer a.b.c", "Digest x"):
        headers = {"Authorization": authorization} if authorization else {}
        async with toy.client(**headers) as client:
            answer = await client.get("/v1/notes")
        assert _shape(answer) == (401, "unauthenticated"), authorization
        assert "Bearer" in answer.headers["www-authenticate"]


async def test_the_token_may_be_the_password_of_basic(toy: RunningService) -> None:
    basic = base64.b64encode(f"bi:{token_for(new_id())}".encode()).decode()
    async with toy.client(Authorization=f"Basic {basic}") as client:
        assert (await client.get("/v1/notes")).status_code == 200


async def test_a_revoked_token_is_refused_once_the_service_has_heard(toy: RunningService) -> None:
    token = token_for(new_id())
    caller = toy.app.state.keys.verify(token)
    async with toy.db.transaction(role="worker") as session:
        expires = datetime.fromtimestamp(caller.expires_at, UTC)
        await remember_revoked(session, [(caller.token_id, expires)], now=datetime.now(UTC))
    await toy.app.state.keys.refresh()
    async with toy.client(token) as client:
        assert _shape(await client.get("/v1/notes")) == (401, "unauthenticated")


async def test_a_token_without_the_scope_is_refused(toy: RunningService) -> None:
    async with toy.client_as("analyst", new_id()) as client:
        assert _shape(await client.get("/v1/notes")) == (403, "forbidden")


async def test_a_role_gives_no_scope_beyond_its_own_even_if_the_token_says_so(toy: RunningService) -> None:
    async with toy.client_as("analyst", new_id(), scopes=["leads:read"]) as client:
        assert (await client.get("/v1/notes")).status_code == 403


async def test_limits_are_announced_and_kept(toy: RunningService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy.app.state.limiter, "per_minute", 2)
    async with toy.client_as("admin", new_id()) as client:
        answers = [await client.get("/v1/notes") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit"].startswith('"default";r=1;t=')
    assert answers[0].headers["ratelimit-policy"] == '"default";q=2;w=60'
    assert _shape(answers[2]) == (429, "too-many-requests")
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60


async def test_the_request_id_of_the_client_is_kept_and_a_strange_one_replaced(toy: RunningService) -> None:
    async with toy.client() as client:
        kept = await client.get("/healthz", headers={"X-Request-Id": "order-66"})
        replaced = await client.get("/healthz", headers={"X-Request-Id": "a b\tc"})
    assert kept.headers["x-request-id"] == "order-66"
    assert replaced.headers["x-request-id"] != "a b\tc"


async def test_pages_show_every_row_once_while_rows_are_added(toy: RunningService) -> None:
    workspace, seen = new_id(), []
    async with toy.client_as("admin", workspace) as client:
        await client.post("/v1/notes/bulk", json={"items": [{"text": f"n{number % 5}"} for number in range(23)]})
        path = "/v1/notes?limit=7&sort=text&include_total=true"
        while path:
            page = await client.get(path)
            seen += [item["id"] for item in page.json()["items"]]
            await client.post("/v1/notes", json={"text": "a"})
            path = page.links["next"]["url"] if page.json()["next_cursor"] else ""
            assert page.json()["total"] >= 23
    assert len(seen) == len(set(seen)) == 23


async def test_a_cursor_belongs_to_its_order(toy: RunningService) -> None:
    async with toy.client_as("admin", new_id()) as client:
        await client.post("/v1/notes/bulk", json={"items": [NOTE] * 3})
        cursor = (await client.get("/v1/notes?limit=1&sort=text")).json()["next_cursor"]
        answer = await client.get(f"/v1/notes?limit=1&sort=-text&cursor={cursor}")
    assert _shape(answer) == (400, "malformed")
