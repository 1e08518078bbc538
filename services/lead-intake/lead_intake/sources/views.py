"""A source as providers and the normaliser see it, made from its row and what its workspace is set to."""

from typing import cast
from uuid import UUID

import orjson
from leadkit.contracts.inquiry import Channel
from leadkit.persons import PURPOSE
from leadkit.sealing import Sealer

from lead_intake.numbers.book import NumberBook
from lead_intake.providers import provider_named
from lead_intake.providers.base import SourceView
from lead_intake.providers.settings import SourceDefaults, SpamSettings
from lead_intake.sources.tables import Source, WorkspaceSetting

SECRETS_PURPOSE = PURPOSE
FALLBACK_REGION = "RU"
FALLBACK_TIME_ZONE = "Europe/Moscow"


def view_of(row: Source, workspace: WorkspaceSetting | None, sealer: Sealer, numbers: NumberBook) -> SourceView:
    """Raises `SealBroken` when the secrets were sealed with another data key."""
    provider = provider_named(row.provider)
    return SourceView(
        id=UUID(int=row.id.int),  # the driver's own kind is written as JSON and looked up several times as slowly
        workspace_id=UUID(int=row.workspace_id.int),
        channel=cast(Channel, row.channel),
        provider=row.provider,
        settings=provider.settings_model.model_validate(row.settings),
        secrets=opened(row, sealer),
        defaults=SourceDefaults.model_validate(row.defaults),
        spam=SpamSettings.model_validate(row.spam),
        redirect_url=row.redirect_url,
        key=row.key,
        numbers=numbers,
        workspace_region=workspace.default_region if workspace else FALLBACK_REGION,
        workspace_time_zone=workspace.time_zone if workspace else FALLBACK_TIME_ZONE,
        workspace_key=sealer.key_for(row.workspace_id.bytes),
    )


def unset_view(
    workspace_id: UUID, workspace: WorkspaceSetting | None, *, source_id: UUID, channel: Channel
) -> SourceView:
    """A generic source on which nothing is set."""
    return SourceView(
        id=source_id,
        workspace_id=workspace_id,
        channel=channel,
        provider="generic",
        workspace_region=workspace.default_region if workspace else FALLBACK_REGION,
        workspace_time_zone=workspace.time_zone if workspace else FALLBACK_TIME_ZONE,
    )


def opened(row: Source, sealer: Sealer) -> dict[str, str]:
    """The source's secrets by name."""
    secrets: dict[str, str] = orjson.loads(sealer.open(row.sealed_secrets))
    return secrets


def sealed(secrets: dict[str, str], sealer: Sealer) -> bytes:
    """Secrets as the row keeps them."""
    return sealer.seal(orjson.dumps(secrets))
