"""Every sample of every provider gives what its sidecar says."""

from typing import Any

import pytest
from lead_intake.normalising.marks import CLICK_IDS, CLIENT_IDS, UTM
from leadkit.contracts.inquiry import Attribution, Inquiry

from tests.lead_intake.providers.sample import STATUS, Sample, samples

ACCEPTED = [sample for sample in samples() if sample.expected["action"] != "reject"]
REJECTED = [sample for sample in samples() if sample.expected["action"] == "reject"]
RINGING = {"ringing": "missed"}


def name(sample: Sample) -> str:
    return sample.path.name


@pytest.mark.parametrize("sample", REJECTED, ids=name)
def test_wrong_signature_is_refused(sample: Sample) -> None:
    assert not sample.provider.verify(sample.request, sample.source)


@pytest.mark.parametrize("sample", ACCEPTED, ids=name)
def test_sample_gives_what_its_sidecar_says(sample: Sample) -> None:
    assert sample.provider.verify(sample.request, sample.source)
    [normalised] = sample.read()
    assert normalised.status == STATUS[sample.expected["action"]]
    lead = sample.expected["lead"]
    if lead is not None:
        assert _told(normalised.inquiry, lead) == _expected(lead)


@pytest.mark.parametrize("sample", ACCEPTED, ids=name)
def test_masked_sample_reads_the_same_and_shows_no_secret(sample: Sample) -> None:
    masked = sample.provider.mask(sample.request, sample.source)
    assert len(masked.body) == len(sample.request.body)
    for secret in sample.source.secrets.values():
        assert secret.encode() not in masked.body
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


def _told(inquiry: Inquiry, lead: dict[str, Any]) -> dict[str, Any]:
    """The inquiry in the sidecar's words, as far as the sidecar speaks."""
    plain = inquiry.model_dump(mode="json")
    return {
        "external_id": plain["external_id"],
        "occurred_at": plain["occurred_at"],
        "name": plain["person"]["full_name"],
        "phones": plain["phones"],
        "emails": plain["emails"],
        "message": plain["message"],
        "attribution": _attribution_told(inquiry.attribution, lead["attribution"]),
        "call": {key: plain["call"][key] for key in lead["call"]} if lead["call"] else plain["call"],
        "extra": {key: plain["extra"].get(key) for key in lead["extra"]},
    }


def _attribution_told(attribution: Attribution, wanted: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    last = attribution.last.model_dump(mode="json") if attribution.last else {}
    for key in wanted:
        if key == "first_touch":
            first = attribution.first.model_dump(mode="json") if attribution.first else {}
            told[key] = {part: first[UTM.get(part, part)] for part in wanted[key]}
        elif key == "call_tracking":
            told[key] = attribution.call_tracking
        elif key in CLICK_IDS:
            told[key] = last["click_ids"].get(CLICK_IDS[key])
        elif key in CLIENT_IDS:
            told[key] = last["client_ids"].get(CLIENT_IDS[key])
        else:
            told[key] = last[UTM.get(key, key)]
    return told


def _expected(lead: dict[str, Any]) -> dict[str, Any]:
    call = lead["call"]
    if call and call["result"] in RINGING:
        call = {**call, "result": RINGING[call["result"]], "duration_seconds": None}
    return {**lead, "call": call}
