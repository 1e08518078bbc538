"""Subscriptions to Amazon's topics: confirmed by the worker, once, at Amazon only."""

import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from lead_intake.subscriptions import confirming
from lead_intake.subscriptions.confirming import Confirmer
from leadkit import clock

from tests.lead_intake.workspace import Json, Workspace

SAMPLE = Path(__file__).parents[2] / "samples" / "sns_subscription_confirmation.json"


async def subscribed(workspace: Workspace) -> str:
    sidecar = json.loads(SAMPLE.with_suffix(".expected.json").read_text())
    secrets = {"test_public_key_pem": sidecar["auth"]["test_public_key_pem"]}
    source = await workspace.source("ses_sns", "email", secrets=secrets)
    answer = await workspace.door(source, content=SAMPLE.read_bytes(), headers=sidecar["request"]["headers"])
    assert (answer.status_code, answer.text) == (200, "")
    [one] = await workspace.submissions()
    return str(one["id"])


async def seen(workspace: Workspace, submission_id: str) -> tuple[str, str]:
    one: Json = await workspace.submission(submission_id)
    return one["status"], one["reason"]


async def test_a_subscription_is_confirmed_by_visiting_amazon_until_it_answers(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission_id, answers, asked = await subscribed(workspace), iter([503, 200]), list[str]()
    assert await seen(workspace, submission_id) == ("ignored", "subscription_to_confirm")

    def amazon(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(next(answers))

    monkeypatch.setattr(confirming, "LONGEST_PAUSE_S", -1)
    confirmer = Confirmer(workspace.intake.db, httpx.MockTransport(amazon))
    for _ in range(3):
        await confirmer.step()
    assert await seen(workspace, submission_id) == ("ignored", "subscription_confirmed")
    assert len(asked) == 2
    assert asked[0].startswith("https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription")
    events = [event["data"] for event in await workspace.intake.events("submission.recorded")]
    assert [data["reason"] for data in events] == ["subscription_to_confirm", "subscription_confirmed"]


@pytest.mark.parametrize(("days", "reason"), [(0, "subscription_refused"), (4, "subscription_expired")])
async def test_a_subscription_that_cannot_be_confirmed_is_told_why(
    workspace: Workspace, days: int, reason: str
) -> None:
    submission_id = await subscribed(workspace)
    confirmer = Confirmer(workspace.intake.db, httpx.MockTransport(lambda _: httpx.Response(404)))
    with clock.at(clock.now() + timedelta(days=days)):
        await confirmer.step()
    assert await seen(workspace, submission_id) == ("ignored", reason)
