"""Sources: made, changed and closed; secrets go in and never come out."""

from typing import Any

import pytest
from lead_intake.sources.rules import origin_allowed, page_allowed
from lead_intake.sources.workspaces import learn_workspaces
from leadkit import clock
from leadkit.cloudevents import CloudEvent
from leadkit.testing.services import RunningService

from tests.lead_intake.workspace import Workspace


async def test_a_source_has_a_key_and_an_address_that_works(workspace: Workspace) -> None:
    source = await workspace.source(settings={"default_region": "DE"}, defaults={"product": "Окна"})
    assert source["inbound_url"].endswith(f"/in/{source['key']}")
    assert source["settings"] == {"default_region": "DE"}
    shown = await workspace.client.get(f"/v1/sources/{source['id']}")
    assert shown.json() == source
    assert shown.headers["etag"] == '"1"'
    submission = await workspace.received(source, json={"phone": "030 901820"})
    assert submission["inquiry"]["phones"] == ["+4930901820"]
    assert submission["inquiry"]["product"] == "Окна"


async def test_secrets_are_written_and_never_read(workspace: Workspace) -> None:
    source = await workspace.source(secrets={"secret": "s3cret-s3cret"})
    assert source["secrets_set"] == ["secret"]
    listed = await workspace.client.get("/v1/sources")
    assert "s3cret" not in listed.text
    assert (await workspace.door(source, json={"phone": "89990000204"})).status_code == 403
    assert (await workspace.door(source, params={"key": "s3cret-s3cret"}, json={"phone": "1"})).status_code == 202


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"provider": "nothing"}, "/provider"),
        ({"settings": {"default_region": "Russia"}}, "/settings/default_region"),
        ({"settings": {"default_region": "UK"}}, "/settings/default_region"),
        ({"settings": {"time_zone": "Moscow"}}, "/settings/time_zone"),
        ({"settings": {"unknown": 1}}, "/settings/unknown"),
        ({"secrets": {"secret": 5}}, "/secrets/secret"),
        ({"channel": "pigeon"}, "/channel"),
        ({"redirect_url": "javascript:alert(1)"}, "/redirect_url"),
    ],
)
async def test_what_a_provider_does_not_take_is_named(workspace: Workspace, wish: dict[str, Any], pointer: str) -> None:
    body = {"name": "A", "channel": "form", "provider": "generic", **wish}
    answer = await workspace.client.post("/v1/sources", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_patch_merges_and_needs_the_version(workspace: Workspace) -> None:
    source = await workspace.source(settings={"default_region": "DE", "own_domains": ["a.example"]})
    path = f"/v1/sources/{source['id']}"
    assert (await workspace.client.patch(path, json={"name": "B"})).status_code == 428
    patch = {"name": "B", "settings": {"default_region": None, "signature_tolerance_s": None}}
    changed = await workspace.client.patch(path, json=patch, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["version"]) == ("B", 2)
    assert changed.json()["settings"] == {"own_domains": ["a.example"], "signature_tolerance_s": None}
    assert (await workspace.client.patch(path, json={"name": "C"}, headers={"If-Match": '"1"'})).status_code == 412
    null = await workspace.client.patch(path, json={"name": None}, headers={"If-Match": '"2"'})
    assert null.status_code == 422


async def test_a_deleted_source_lets_nobody_in_and_keeps_what_came(workspace: Workspace) -> None:
    source = await workspace.source()
    submission = await workspace.received(source, json={"phone": "89990000204"})
    assert (await workspace.client.delete(f"/v1/sources/{source['id']}")).status_code == 204
    assert (await workspace.client.get(f"/v1/sources/{source['id']}")).status_code == 404
    assert (await workspace.client.get("/v1/sources")).json()["items"] == []
    assert (await workspace.submission(submission["id"]))["status"] == "ready"
    assert (await workspace.client.post(f"/v1/submissions/{submission['id']}/replay")).status_code == 202
    (made, deleted) = [event["data"] for event in await workspace.intake.events("source.changed")]
    assert [(one["version"], one["active"]) for one in (made, deleted)] == [(1, True), (2, False)]


async def test_creating_twice_with_one_key_makes_one_source(workspace: Workspace) -> None:
    wish = {"name": "A", "channel": "form", "provider": "generic"}
    key = {"Idempotency-Key": "source-1"}
    first, again = [await workspace.client.post("/v1/sources", json=wish, headers=key) for _ in range(2)]
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await workspace.client.get("/v1/sources")).json()["items"]) == 1


async def test_scopes_decide_who_may_look_and_who_may_change(workspace: Workspace) -> None:
    async with workspace.intake.client_as("integration", workspace.id, scopes=["sources:read"]) as reader:
        assert (await reader.get("/v1/sources")).status_code == 200
        wish = {"name": "A", "channel": "form", "provider": "generic"}
        assert (await reader.post("/v1/sources", json=wish)).status_code == 403
        assert (await reader.get("/v1/submissions")).status_code == 403


async def test_providers_are_listed_with_the_schemas_of_their_settings_and_secrets(workspace: Workspace) -> None:
    items = (await workspace.client.get("/v1/providers")).json()["items"]
    mango = next(one for one in items if one["slug"] == "mango_office")
    assert {"vpbx_api_key", "vpbx_api_salt"} <= mango["secrets_schema"]["properties"].keys()
    assert "default_region" in mango["settings_schema"]["properties"]


async def test_region_and_time_zone_come_from_the_workspace_unless_the_source_has_its_own(
    workspace: Workspace, intake: RunningService
) -> None:
    def told(version: int, region: str) -> CloudEvent:
        data = {"id": str(workspace.id), "version": version, "name": "W", "time_zone": "Europe/Berlin"}
        data |= {"currency": "EUR", "default_region": region, "language": "de"}
        common = {"id": "1", "source": "/crm-core", "time": clock.now(), "workspaceid": workspace.id}
        return CloudEvent(type="workspace.updated", subject=str(workspace.id), data=data, **common)

    async with intake.db.transaction(role="worker") as session:
        await learn_workspaces(session, [told(2, "DE"), told(1, "US")])
        await learn_workspaces(session, [told(1, "FR")])
    learnt = await workspace.received(await workspace.source(), json={"phone": "030 901820"})
    own = await workspace.source(settings={"default_region": "RU"})
    assert learnt["inquiry"]["phones"] == ["+4930901820"]
    assert (await workspace.received(own, json={"phone": "89990000204"}))["inquiry"]["phones"] == ["+79990000204"]


@pytest.mark.parametrize(
    ("origin", "allowed", "welcome"),
    [
        (None, ["https://a.example"], True),
        ("https://a.example", [], True),
        ("https://a.example", ["https://a.example/"], True),
        ("https://a.example:8443", ["https://a.example"], False),
        ("https://a.example:8443", ["a.example:8443"], True),
        ("https://A.example", ["a.example"], True),
        ("https://b.a.example", ["*.a.example"], True),
        ("https://a.example", ["*.a.example"], False),
        ("https://xa.example", ["*.a.example"], False),
        ("http://b.a.example", ["https://*.a.example"], False),
        ("null", ["a.example"], False),
        ("https://a.example", ["*"], True),
        ("https://xn--e1afmkfd.xn--p1ai", ["https://пример.рф"], True),
        ("https://shop.xn--e1afmkfd.xn--p1ai", ["*.пример.рф"], True),
        ("https://b.a.example:8443", ["*.a.example:8443"], True),
        ("https://b.a.example:8444", ["*.a.example:8443"], False),
    ],
)
def test_origins_match_by_scheme_host_and_port(origin: str | None, allowed: list[str], welcome: bool) -> None:
    assert origin_allowed(origin, allowed) is welcome


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({}, True),
        ({"origin": "https://a.example", "sec-fetch-site": "cross-site"}, True),
        ({"origin": "https://b.example", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://forms.example", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "https://forms.example", "host": "forms.example"}, True),
        ({"origin": "https://b.example", "host": "b.example", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "referer": "https://a.example/page?x=1"}, True),
        ({"sec-fetch-site": "same-site", "referer": "https://b.example/"}, False),
        ({"sec-fetch-site": "cross-site", "referer": "https://a.example?x=1"}, True),
        ({"sec-fetch-site": "cross-site", "referer": "http://[x"}, False),
        ({"origin": "http://[x", "sec-fetch-site": "cross-site"}, False),
    ],
)
def test_a_browser_tells_which_page_sends_and_a_program_is_not_judged(headers: dict[str, str], welcome: bool) -> None:
    assert page_allowed(headers, ["https://a.example"]) is welcome
    assert page_allowed(headers, [])
