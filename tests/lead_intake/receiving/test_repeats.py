"""Repeats: by key, by id, by content; each kept, none delivered twice."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from leadkit import clock

from tests.lead_intake.workspace import Workspace

ANNA = {"name": "Анна Примерова", "phone": "8 (999) 000-02-04", "message": "Сколько стоит?"}
NOON = datetime(2026, 3, 12, 12, 9, 59, tzinfo=UTC)


async def ids_of(workspace: Workspace, source: Any, *requests: dict[str, Any]) -> list[str]:
    answers = await asyncio.gather(*(workspace.door(source, **request) for request in requests))
    assert {answer.status_code for answer in answers} == {202}
    return [answer.json()["submission_id"] for answer in answers]


@pytest.mark.parametrize(
    "request_",
    [
        {"json": ANNA},
        {"json": {**ANNA, "event_id": "e-1"}},
        {"json": ANNA, "headers": {"Idempotency-Key": "k-1"}},
        {"json": ANNA, "headers": {"Idempotency-Key": "k" * 2000}},
        {"content": b"{rubbish"},
    ],
    ids=["content", "external-id", "idempotency-key", "long-key", "rubbish"],
)
async def test_fifty_at_once_are_one_submission_and_forty_nine_duplicates(
    workspace: Workspace, request_: dict[str, Any]
) -> None:
    source = await workspace.source()
    answered = await ids_of(workspace, source, *[request_] * 50)
    assert len(set(answered)) == 1
    repeats = await workspace.submissions(status="duplicate")
    assert len(repeats) == 49
    assert {repeat["duplicate_of"] for repeat in repeats} == set(answered)
    assert len(await workspace.submissions()) == 50
    assert len((await workspace.submission(repeats[0]["id"]))["raw"]) == 1


async def test_the_ten_minutes_slide(workspace: Workspace) -> None:
    source = await workspace.source()
    with clock.at(NOON):
        (first,) = await ids_of(workspace, source, {"json": ANNA})
    with clock.at(NOON + timedelta(seconds=2)):  # another bucket
        assert await ids_of(workspace, source, {"json": ANNA}) == [first]
    with clock.at(NOON + timedelta(minutes=9, seconds=59)):
        assert await ids_of(workspace, source, {"json": ANNA}) == [first]
    with clock.at(NOON + timedelta(minutes=10, seconds=1)):
        assert await ids_of(workspace, source, {"json": ANNA}) != [first]


async def test_one_key_with_another_body_is_a_submission_of_its_own_with_a_warning(workspace: Workspace) -> None:
    source, key = await workspace.source(), {"Idempotency-Key": "k-1"}
    other = {**ANNA, "phone": "89990000205"}
    (first,) = await ids_of(workspace, source, {"json": ANNA, "headers": key})
    (second,) = await ids_of(workspace, source, {"json": other, "headers": key})
    (again,) = await ids_of(workspace, source, {"json": other, "headers": key})
    assert first != second == again
    submission = await workspace.submission(second)
    assert submission["status"] == "ready"
    assert "another body" in submission["report"][-1]["warning"]


async def test_the_same_to_another_source_is_no_repeat(workspace: Workspace) -> None:
    request = {"json": {**ANNA, "event_id": "e-1"}, "headers": {"Idempotency-Key": "k"}}
    made = [await ids_of(workspace, await workspace.source(), request) for _ in range(2)]
    assert made[0] != made[1]
    assert len(await workspace.submissions(status="ready")) == 2


async def test_other_words_of_the_same_person_are_no_repeat(workspace: Workspace) -> None:
    source = await workspace.source()
    made = await ids_of(workspace, source, {"json": ANNA}, {"json": {**ANNA, "message": "И когда привезёте?"}})
    assert len(set(made)) == 2
