"""A sample: a request as it arrives, and beside it in `*.expected.json` what must come out of it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from lead_intake.normalising.pipeline import Normalised, normalise
from lead_intake.providers import provider_named
from lead_intake.providers.base import Provider, SourceView, WireRequest
from lead_intake.providers.settings import SourceSettings

FOLDER = Path(__file__).parents[2] / "samples"
RECEIVED_AT = datetime(2026, 3, 12, 9, 0, 5, tzinfo=UTC)
PROVIDERS = {"mango": "mango_office"}
CHANNELS = {"web_form": "form", "ad_form": "ads", "messenger": "chat", "csv": "import"}
SECRETS = ("secret", "vpbx_api_key", "vpbx_api_salt", "username", "verify_token", "confirmation")
ZONES = ("account_timezone", "server_timezone", "site_timezone")
STATUS = {
    "create": "ready",
    "append_to_existing": "ready",
    "store_raw": "interest",
    "call_progress": "pending",
    "attach_recording": "pending",
    "ack": "ignored",
    "ignore": "ignored",
    "activity_only": "ignored",
    "mark_undeliverable": "ignored",
}


@dataclass(frozen=True)
class Sample:
    """Words of the sidecar, told in ours."""

    path: Path

    @cached_property
    def expected(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.path.with_suffix(".expected.json").read_text())
        return told

    @property
    def provider(self) -> Provider:
        slug = self.expected["provider"]
        return provider_named(PROVIDERS.get(slug, slug))

    @cached_property
    def source(self) -> SourceView:
        config, auth = self.expected.get("config") or {}, self.expected["auth"] or {}
        settings = {key: config[key] for key in ("default_region", "own_domains", "field_map") if key in config}
        zone = next((config[key] for key in ZONES if key in config), None)
        channel = self.expected["channel"]
        return SourceView(
            id=UUID(int=1),
            workspace_id=UUID(int=2),
            channel=CHANNELS.get(channel, channel),
            provider=self.provider.slug,
            settings=SourceSettings(**settings, time_zone=zone, signature_tolerance_s=None),
            secrets={key: auth[key] for key in SECRETS if key in auth},
        )

    @cached_property
    def request(self) -> WireRequest:
        told = self.expected["request"]
        headers = {name.lower(): value for name, value in told.get("headers", {}).items()}
        raw = told["method"] == "RAW"
        return WireRequest(
            method="POST" if raw else told["method"],
            rest=told.get("path", "") if self.provider.slug == "mango_office" else "",
            query=told.get("query") or "",
            headers={"content-type": "message/rfc822"} if raw else headers,
            body=self.path.read_bytes(),
            received_at=RECEIVED_AT,
        )

    def read(self) -> list[Normalised]:
        return [
            normalise(found, self.source, submission_id=UUID(int=3), revision=1, received_at=RECEIVED_AT)
            for found in self.provider.read(self.request, self.source)
        ]


def samples(pattern: str = "*") -> list[Sample]:
    return [Sample(path) for path in sorted(FOLDER.glob(pattern)) if path.suffix != ".json" or _is_payload(path)]


def _is_payload(path: Path) -> bool:
    return not path.name.endswith(".expected.json")
