"""A sample: a request as it arrives, and beside it in `*.expected.json` what must come out of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import Provider, SourceView, WireRequest

Json = dict[str, Any]

FOLDER = Path(__file__).parents[2] / "samples"
RECEIVED_AT = datetime(2026, 3, 12, 9, 0, 5, tzinfo=UTC)
PROVIDERS = {"mango": "mango_office"}
CHANNELS = {"web_form": "form", "ad_form": "ads", "messenger": "chat", "csv": "import"}
SECRETS = {
    "secret": "secret",
    "vpbx_api_key": "vpbx_api_key",
    "vpbx_api_salt": "vpbx_api_salt",
    "username": "username",
    "verify_token": "verify_token",
    "confirmation": "confirmation",
    "confirmation_string": "confirmation",
    "test_public_key_pem": "test_public_key_pem",
}
SETTINGS = ("default_region", "own_domains", "field_map", "public_url")
ZONES = ("account_timezone", "server_timezone", "site_timezone")
OF_ANALYTICS = ("import_costs", "produce")
"""What is done with samples that lie here for the tests of analytics."""

APPENDING = frozenset({"mango_office", "bitrix24", "amocrm", "hubspot"})
"""Who appends a path of its own to the address it is given."""

STATUS = {
    "create": "ready",
    "append_to_existing": "ready",
    "store_raw": "interest",
    "quarantine": "spam",
    "fetch_then_create": "pending",
    "call_progress": "pending",
    "chat_progress": "pending",
    "attach_recording": "pending",
    "ack": "ignored",
    "ignore": "ignored",
    "activity_only": "ignored",
    "mark_undeliverable": "ignored",
    "confirm_subscription": "ignored",
}


@dataclass(frozen=True)
class Expected:
    """One submission that a sample makes: its status before delivery, and what its inquiry says (None: nothing)."""

    status: str
    lead: Json | None


@dataclass(frozen=True)
class Sample:
    """Words of the sidecar, told in ours."""

    path: Path

    @cached_property
    def sidecar(self) -> Json:
        told: Json = json.loads(self.path.with_suffix(".expected.json").read_text())
        return told

    @property
    def action(self) -> str:
        return str(self.sidecar["action"])

    @property
    def provider(self) -> Provider:
        slug = str(self.sidecar["provider"])
        return provider_named(PROVIDERS.get(slug, slug))

    @cached_property
    def wish(self) -> Json:
        """The source that the sample is sent to, as `POST /v1/sources` takes it."""
        config, auth = self.sidecar.get("config") or {}, self.sidecar["auth"] or {}
        settings = {key: told[key] for told in (config, auth) for key in SETTINGS if key in told}
        zone = next((config[key] for key in ZONES if key in config), None)
        channel = self.sidecar["channel"]
        return {
            "name": self.path.stem,
            "channel": CHANNELS.get(channel, channel),
            "provider": self.provider.slug,
            "settings": settings | {"time_zone": zone, "signature_tolerance_s": None},
            "secrets": {ours: auth[theirs] for theirs, ours in SECRETS.items() if theirs in auth},
        }

    @cached_property
    def source(self) -> SourceView:
        """The same source as a provider sees it."""
        wish = self.wish
        return SourceView(
            id=UUID(int=1),
            workspace_id=UUID(int=2),
            channel=wish["channel"],
            provider=self.provider.slug,
            settings=self.provider.settings_model(**wish["settings"]),
            secrets=wish["secrets"],
        )

    @cached_property
    def request(self) -> WireRequest:
        told = self.sidecar["request"] or {}
        method = str(told.get("method"))
        kinds = {"RAW": "message/rfc822", "None": "text/csv"}
        headers = {name.lower(): value for name, value in (told.get("headers") or {}).items()}
        return WireRequest(
            method="POST" if method in kinds or self.is_answer else method,
            rest=told.get("path") or "" if self.provider.slug in APPENDING else "",
            query=told.get("query") or "",
            headers={"content-type": kinds[method]} if method in kinds else headers,
            body=b"" if method == "GET" and not self.is_answer else self.path.read_bytes(),
            received_at=RECEIVED_AT,
        )

    @property
    def is_answer(self) -> bool:
        """Whether the file is what a provider's API answered, handed on by a connector."""
        return "this file is the RESPONSE" in ((self.sidecar["request"] or {}).get("note") or "")

    @property
    def expected(self) -> list[Expected]:
        """What must be stored, in order."""
        if self.action == "reject":
            return []
        records = self.sidecar.get("records")
        if records is None:
            return [Expected(STATUS[self.action], self.sidecar["lead"])]
        return [Expected("ready" if one["is_lead"] else "ignored", one["lead"]) for one in records]

    def falsified(self) -> Iterator[WireRequest]:
        """The request with one byte of its proof changed, and with one of what was signed."""
        auth, request = self.sidecar["auth"] or {}, self.request
        if self.action == "reject":
            return
        for proof in (auth.get("signature_expected"), auth.get("secret"), auth.get("vpbx_api_key")):
            if proof:
                yield from _with_other(proof, request)
        if "authorization" in request.headers:
            basic = _one_byte_off(request.headers["authorization"])
            yield replace(request, headers={**request.headers, "authorization": basic})
        if auth.get("signature_expected") in request.headers.values() or "vpbx_api_key" in auth:
            yield replace(request, body=_one_byte_off(request.body.decode("latin-1")).encode("latin-1"))

    def read(self) -> list[Normalised]:
        return [
            normalise(found, self.source, submission_id=UUID(int=3), revision=1, received_at=RECEIVED_AT)
            for found in self.provider.read(self.request, self.source)
        ]


def _with_other(proof: str, request: WireRequest) -> Iterator[WireRequest]:
    other = _one_byte_off(proof)
    if proof in request.query:
        yield replace(request, query=request.query.replace(proof, other))
    elif proof in request.rest:
        yield replace(request, rest=request.rest.replace(proof, other))
    elif proof.encode() in request.body:
        yield replace(request, body=request.body.replace(proof.encode(), other.encode()))
    for name, value in request.headers.items():
        if proof in value:
            yield replace(request, headers={**request.headers, name: value.replace(proof, other)})


def _one_byte_off(text: str) -> str:
    middle = len(text) // 2
    return text[:middle] + ("1" if text[middle] != "1" else "2") + text[middle + 1 :]


def samples(pattern: str = "*") -> list[Sample]:
    found = [Sample(path) for path in sorted(FOLDER.glob(pattern)) if not path.name.endswith(".expected.json")]
    return [sample for sample in found if sample.action not in OF_ANALYTICS]
