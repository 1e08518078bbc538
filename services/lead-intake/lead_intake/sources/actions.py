"""Making, changing and closing sources."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit.etags import check_version
from leadkit.ids import new_id
from leadkit.merge_patch import merged
from leadkit.outbox import publish
from leadkit.problems import FieldError, Invalid
from leadkit.sealing import Sealer
from leadkit.validation import field_errors
from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.delivery.actions import expect_deliveries
from lead_intake.mailboxes.actions import wake
from lead_intake.providers import PROVIDERS
from lead_intake.providers.base import Provider
from lead_intake.providers.settings import SourceDefaults, SpamSettings
from lead_intake.sources.queries import changed, source_by_id
from lead_intake.sources.rules import new_key, with_meant_nulls
from lead_intake.sources.schemas import SourceCreate
from lead_intake.sources.tables import DoorKey, Source
from lead_intake.sources.views import opened, sealed

ModelT = TypeVar("ModelT", bound=BaseModel)


async def create_source(
    session: AsyncSession,
    wish: SourceCreate,
    sealer: Sealer,
    *,
    workspace_id: UUID,
    sends_mail: bool = False,
    now: datetime,
) -> Source:
    """A new source with its own key; raises `Invalid` for what its provider does not take, or this installation
    cannot do (`sends_mail`: whether mail can go out)."""
    provider = _provider(wish.provider)
    _can_be_asked(wish.settings, sends_mail=sends_mail)
    _are_there(wish.settings)
    row = Source(
        workspace_id=workspace_id, id=new_id(), version=1, name=wish.name, channel=wish.channel,
        provider=wish.provider, key=new_key(),
        settings=_checked(provider.settings_model, wish.settings, "/settings"),
        sealed_secrets=sealed(_checked(provider.secrets_model, wish.secrets, "/secrets"), sealer),
        defaults=_dumped(wish.defaults or SourceDefaults()), spam=_dumped(wish.spam or SpamSettings()),
        allowed_origins=wish.allowed_origins or [], redirect_url=wish.redirect_url,
        enabled=wish.enabled is not False, created_at=now, updated_at=now, deleted_at=None,
    )  # fmt: skip
    session.add_all([row, DoorKey(key=row.key, workspace_id=workspace_id, source_id=row.id)])
    await session.flush()
    await expect_deliveries(session, workspace_id, now=now)
    await publish(session, [changed(row)])
    return row


async def change_source(
    session: AsyncSession,
    source_id: UUID,
    patch: dict[str, Any],
    sealer: Sealer,
    *,
    workspace_id: UUID,
    if_match: int | None,
    sends_mail: bool = False,
    now: datetime,
) -> Source:
    """Applies what a PATCH named; raises `NotFound`, `Stale`, `Invalid`."""
    row = await source_by_id(session, workspace_id, source_id, lock=True)
    check_version(if_match, row.version)
    provider = _provider(row.provider)
    if "settings" in patch:
        _can_be_asked(patch["settings"], sends_mail=sends_mail)
        _are_there(patch["settings"])
        row.settings = _checked(provider.settings_model, _merged(row.settings, patch["settings"]), "/settings")
    if "secrets" in patch:
        secrets = _merged(opened(row, sealer), patch["secrets"])
        row.sealed_secrets = sealed(_checked(provider.secrets_model, secrets, "/secrets"), sealer)
    if "defaults" in patch:
        row.defaults = _checked(SourceDefaults, _merged(row.defaults, patch["defaults"]), "/defaults")
    if "spam" in patch:
        row.spam = _checked(SpamSettings, _merged(row.spam, patch["spam"]), "/spam")
    for name in ("name", "allowed_origins", "redirect_url", "enabled"):
        if name in patch:
            setattr(row, name, patch[name])
    await wake(session, workspace_id, row.id)
    await _save(session, row, now=now)
    return row


async def delete_source(
    session: AsyncSession, source_id: UUID, *, workspace_id: UUID, if_match: int | None, now: datetime
) -> None:
    """Closes the door for good; what came through it stays. `If-Match` is honoured, not demanded."""
    row = await source_by_id(session, workspace_id, source_id, lock=True)
    if if_match is not None:
        check_version(if_match, row.version)
    door = await session.get(DoorKey, row.key)
    if door is not None:
        await session.delete(door)
    row.enabled, row.deleted_at = False, now
    await _save(session, row, now=now)


async def _save(session: AsyncSession, row: Source, *, now: datetime) -> None:
    row.version += 1
    row.updated_at = now
    await session.flush()
    await publish(session, [changed(row)])


def _provider(slug: str) -> Provider:
    provider = next((one for one in PROVIDERS if one.slug == slug), None)
    if provider is None:
        raise Invalid.at("/provider", f"is one of {', '.join(one.slug for one in PROVIDERS)}")
    return provider


def _can_be_asked(settings: dict[str, Any] | None, *, sends_mail: bool) -> None:
    """Whoever is to confirm by mail must get one."""
    if (settings or {}).get("double_opt_in") and not sends_mail:
        raise Invalid.at(
            "/settings/double_opt_in",
            "needs mail to go out: set LEADFLOW_INTAKE_MAIL_HOST and LEADFLOW_INTAKE_MAIL_FROM first",
        )


def _are_there(settings: dict[str, Any] | None) -> None:
    """A country that has no telephone numbers (`UK`), or a zone that no clock shows, would cost every lead a contact
    or its time. Looked at when it is set only: a source that has one already stays open."""
    region, zone = (settings or {}).get("default_region"), (settings or {}).get("time_zone")
    if isinstance(region, str) and len(region) == 2 and region.isupper() and region not in SUPPORTED_REGIONS:
        raise Invalid.at("/settings/default_region", "is the ISO 3166-1 code of a country, such as RU or GB")
    if isinstance(zone, str) and not _is_zone(zone):
        raise Invalid.at("/settings/time_zone", "is the IANA name of a time zone, such as Europe/Moscow")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _checked(model: type[BaseModel], values: dict[str, Any] | None, pointer: str) -> dict[str, Any]:
    """The values as the model keeps them, only those that were given; raises `Invalid` with their places."""
    try:
        return model.model_validate(with_meant_nulls(model, values)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        places = [
            FieldError(pointer=pointer + each.pointer, detail=each.detail) for each in field_errors(error.errors())
        ]
        raise Invalid(errors=places) from None


def _merged(before: dict[str, Any], patch: dict[str, Any] | None) -> dict[str, Any]:
    """The merge patch applied; its nulls stay, for `_checked` to drop those that mean nothing."""
    nulls = {name: None for name, value in (patch or {}).items() if value is None}
    return merged(before, patch or {}) | nulls


def _dumped(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_unset=True)
