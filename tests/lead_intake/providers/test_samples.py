"""Every sample of every provider, over the wire: in by HTTP, out to crm-core as its sidecar says, and refused with one
byte changed. All are sent once, before the first test; each test looks at what came of one."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
from lead_intake.delivery.delivering import Deliverer
from lead_intake.normalising.marks import CLICK_IDS, CLIENT_IDS, UTM
from lead_intake.providers.base import WireRequest
from lead_intake.submissions.rules import same_words
from leadkit import clock
from leadkit.contracts.common import written
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.lead_intake.crm_core import CrmCore
from tests.lead_intake.providers.sample import RECEIVED_AT, Json, Sample, samples
from tests.lead_intake.workspace import Workspace

SAMPLES = samples()
ACCEPTED = [sample for sample in SAMPLES if sample.action != "reject"]
PROVED = [sample for sample in SAMPLES if list(sample.falsified())]
TOUCH = frozenset({*UTM.values(), "landing_url", "page_url", "referrer"})


@dataclass
class Sent:
    """What came of one sample: statuses are those before delivery; what crm-core got, by submission."""

    answer: httpx.Response
    falsified: list[int]
    refused: int
    submissions: list[Json] = field(default_factory=list)
    delivered: list[Json | None] = field(default_factory=list)


@pytest_asyncio.fixture(scope="module")
async def sent(running_intake: RunningService) -> AsyncIterator[dict[str, Sent]]:
    await running_intake.database.empty()
    await running_intake.trust_test_tokens()
    with clock.at(RECEIVED_AT):
        async with running_intake.client_as("admin", workspace_id := new_id()) as client:
            yield await _sent(Workspace(running_intake, workspace_id, client))


async def _sent(workspace: Workspace) -> dict[str, Sent]:
    sources = {sample.path.name: await workspace.source(**sample.wish) for sample in SAMPLES}
    results = {}
    for sample in SAMPLES:
        source = sources[sample.path.name]
        falsified = [(await _send(workspace, source, request)).status_code for request in sample.falsified()]
        refused = await workspace.client.get("/v1/refused", params={"source_id": source["id"]})
        answer = await _send(workspace, source, sample.request)
        results[sample.path.name] = Sent(answer, falsified, len(refused.json()["items"]))
    for one in await workspace.submissions(sort="received_at"):
        name = next(name for name, source in sources.items() if source["id"] == one["source_id"])
        results[name].submissions.append(one)
    core = CrmCore()
    await Deliverer(workspace.intake.db, core.client).step()
    for result in results.values():
        known = [core.inquiries.get((str(workspace.id), one["id"])) for one in result.submissions]
        result.delivered = [one["item"] if one else None for one in known]
    return results


async def _send(workspace: Workspace, source: Json, request: WireRequest) -> httpx.Response:
    path = request.rest + (f"?{request.query}" if request.query else "")
    return await workspace.door(
        source, path, method=request.method, headers=dict(request.headers), content=request.body
    )


def name(sample: Sample) -> str:
    return sample.path.name


@pytest.mark.parametrize("sample", ACCEPTED, ids=name)
def test_sample_gives_what_its_sidecar_says(sample: Sample, sent: dict[str, Sent]) -> None:
    result, expected = sent[sample.path.name], sample.expected
    assert [one["status"] for one in result.submissions] == [one.status for one in expected]
    for one, wanted, inquiry in zip(result.submissions, expected, result.delivered, strict=True):
        assert (inquiry is not None) == (wanted.status == "ready")
        assert inquiry is None or same_words(inquiry, one["inquiry"])
        assert wanted.status != "ignored" or one["reason"]
        if wanted.lead is not None:
            assert _told(one["inquiry"], wanted.lead) == _expected(wanted.lead)


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_the_provider_gets_the_answer_it_expects(sample: Sample, sent: dict[str, Sent]) -> None:
    answer, wanted = sent[sample.path.name].answer, sample.sidecar["response_to_send"]
    if wanted is None or sample.provider.slug == "generic":
        assert answer.is_success
        return
    assert answer.status_code == wanted["status"]
    if wanted["status"] == 403:
        return
    assert answer.headers.get("content-type", "").startswith(wanted.get("content_type", ""))
    if sample.provider.slug == "bitrix24":
        assert isinstance(answer.json()["result"], int)
    elif wanted["body"].startswith("{"):
        assert answer.json() == json.loads(wanted["body"])
    elif sample.action != "call_progress":
        assert answer.text == wanted["body"]


@pytest.mark.parametrize("sample", PROVED, ids=name)
def test_with_one_byte_changed_it_is_refused_and_kept(sample: Sample, sent: dict[str, Sent]) -> None:
    result = sent[sample.path.name]
    assert set(result.falsified) == {403}
    assert result.refused == len(result.falsified)


@pytest.mark.parametrize("sample", [one for one in SAMPLES if one.action == "reject"], ids=name)
def test_a_falsified_sample_makes_no_submission(sample: Sample, sent: dict[str, Sent]) -> None:
    result = sent[sample.path.name]
    assert (result.answer.status_code, result.submissions) == (403, [])


@pytest.mark.parametrize("sample", ACCEPTED, ids=name)
def test_masked_sample_reads_the_same_and_shows_no_secret(sample: Sample) -> None:
    masked = sample.provider.mask(sample.request, sample.source)
    assert len(masked.body) == len(sample.request.body)
    for key, secret in sample.source.secrets.items():
        if key not in ("username", "confirmation", "test_public_key_pem"):
            assert secret.encode() not in masked.body
            assert secret not in masked.query + masked.rest + "".join(masked.headers.values())
    assert sample.provider.read(masked, sample.source) == sample.provider.read(sample.request, sample.source)


@pytest.mark.parametrize("sample", ACCEPTED, ids=name)
def test_each_value_has_a_line_in_the_report(sample: Sample) -> None:
    for normalised in sample.read():
        lines = {line.field: line for line in normalised.report}
        for index, phone in enumerate(normalised.inquiry.phones):
            assert lines[f"phones/{index}"].value == phone
            assert lines[f"phones/{index}"].raw
        for index, email in enumerate(normalised.inquiry.emails):
            assert lines[f"emails/{index}"].value == email
        if normalised.inquiry.person.full_name:
            assert lines["person/full_name"].value == normalised.inquiry.person.full_name


def _told(inquiry: Json, lead: Json) -> Json:
    """The inquiry in the sidecar's words, as far as the sidecar speaks."""
    return {
        "external_id": inquiry["external_id"],
        "occurred_at": inquiry["occurred_at"],
        "name": inquiry["person"]["full_name"],
        "phones": inquiry["phones"],
        "emails": inquiry["emails"],
        "message": inquiry["message"],
        "attribution": {key: _mark(inquiry, key, wanted) for key, wanted in lead["attribution"].items()},
        "call": {key: inquiry["call"][key] for key in lead["call"]} if lead["call"] else inquiry["call"],
        "extra": {key: inquiry["extra"].get(key) for key in lead["extra"]},
    }


def _mark(inquiry: Json, key: str, wanted: object) -> object:
    """Where the inquiry keeps what the sidecar counts to the attribution; what is no part of a touch is in extra."""
    last = inquiry["attribution"]["last"] or {"click_ids": {}, "client_ids": {}}
    if key == "first_touch" and isinstance(wanted, dict):
        return {part: inquiry["attribution"]["first"][UTM.get(part, part)] for part in wanted}
    if key == "call_tracking":
        return inquiry["attribution"]["call_tracking"]
    if key in CLICK_IDS:
        return last["click_ids"].get(CLICK_IDS[key])
    if key in CLIENT_IDS:
        return last["client_ids"].get(CLIENT_IDS[key])
    return last.get(UTM.get(key, key)) if UTM.get(key, key) in TOUCH else inquiry["extra"].get(key)


def _expected(lead: Json) -> Json:
    """Without a time of its own an inquiry has that of receipt; a call that rings counts as missed so far."""
    call = lead["call"]
    if call and call["result"] == "ringing":
        call = {**call, "result": "missed", "duration_seconds": None}
    return {**lead, "call": call, "occurred_at": lead["occurred_at"] or written(RECEIVED_AT)}
