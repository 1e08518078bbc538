"""What takes other submissions to tell: a proof used twice, the same words from many, an interest that became more."""

from typing import Any

from altcha import Challenge, Payload, solve_challenge
from lead_intake.screening.memory import Memory

from tests.lead_intake.workspace import Json, Workspace

TEXT = "Купите наши ссылки, недорого и надолго"
VISITOR = {"_ym_uid": "1773200000111111111", "_ga": "GA1.2.1111111111.1773200000"}


async def proof_for(workspace: Workspace, source: Json) -> str:
    async with workspace.intake.client() as client:
        answer = await client.get(f"/f/{source['key']}/challenge")
    assert answer.status_code == 200, answer.text
    solution = solve_challenge(challenge := Challenge.from_dict(answer.json()))
    assert solution is not None
    return str(Payload(challenge, solution).to_base64())


async def test_a_proof_of_work_counts_once(workspace: Workspace) -> None:
    source = await workspace.source(spam={"proof_of_work": 1})
    proof = await proof_for(workspace, source)
    first = await workspace.received(source, json={"phone": "89990000204", "altcha": proof})
    second = await workspace.received(source, json={"phone": "89990000205", "altcha": proof})
    none = await workspace.received(source, json={"phone": "89990000206"})
    assert [one["status"] for one in (first, second, none)] == ["ready", "spam", "spam"]
    assert [one["reason"] for one in (second, none)] == ["proof_reused", "proof_of_work"]
    assert second["screening"]["signs"] == [{"rule": "proof_reused", "points": 1000, "detail": None}]
    assert "altcha" not in first["inquiry"]["extra"]
    await workspace.client.post(f"/v1/submissions/{second['id']}/replay")
    assert (await workspace.submission(second["id"]))["status"] == "spam"
    await workspace.client.post(f"/v1/submissions/{second['id']}/release")
    assert (await workspace.submission(second["id"]))["status"] == "ready"


async def test_a_browser_that_sends_again_is_a_repeat_and_no_spam(workspace: Workspace) -> None:
    source = await workspace.source(spam={"proof_of_work": 1})
    body = {"phone": "89990000204", "altcha": await proof_for(workspace, source)}
    answers = [await workspace.door(source, json=body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert sorted(one["status"] for one in await workspace.submissions()) == ["duplicate", "ready"]


async def test_the_same_words_from_many_people_score_whichever_process_heard_them(
    workspace: Workspace, monkeypatch: Any
) -> None:
    source = await workspace.source(spam={"repeated_text": 4, "threshold": 50})
    statuses = []
    door = workspace.intake.app.state.front.door
    for number in range(6):
        if number in (2, 4):
            monkeypatch.setattr(door, "_memory", Memory())  # as another process would
        submission = await workspace.received(source, json={"phone": f"8999000030{number}", "message": TEXT})
        statuses.append(submission["status"])
    assert statuses == ["ready", "ready", "ready", "spam", "ready", "spam"]
    assert submission["screening"]["signs"] == [{"rule": "repeated_text", "points": 50, "detail": "6 people"}]


async def test_an_interest_is_linked_when_the_same_visitor_leaves_a_contact(workspace: Workspace) -> None:
    source = await workspace.source()
    marks = {"utm_source": "vk", "utm_medium": "social", "utm_campaign": "spring"}
    interest = await workspace.received(source, json={"message": "Сколько?", "product": "Окна", **marks, **VISITOR})
    other = await workspace.received(source, json={"message": "Иное", "_ym_uid": "1773200000222222222"})
    contact = await workspace.received(source, json={"phone": "89990000204", **VISITOR})
    assert (interest["status"], contact["status"]) == ("interest", "ready")
    linked = await workspace.submission(interest["id"])
    assert (linked["status"], linked["upgraded_to"]) == ("interest", contact["id"])
    assert (await workspace.submission(other["id"]))["upgraded_to"] is None
    assert contact["inquiry"]["attribution"]["first"]["campaign"] == "spring"
    assert contact["inquiry"]["product"] == "Окна"
    (told,) = [one for one in await workspace.intake.events() if one["data"]["id"] == contact["id"]]
    assert told["data"]["attribution"]["first"]["campaign"] == "spring"
    await workspace.client.post(f"/v1/submissions/{contact['id']}/replay")
    assert (await workspace.submission(contact["id"]))["inquiry"]["product"] == "Окна"
    again = await workspace.received(source, json={"phone": "89990000207", "product": "Двери", **VISITOR})
    assert again["inquiry"]["product"] == "Двери"
    assert (await workspace.submission(interest["id"]))["upgraded_to"] == contact["id"]
