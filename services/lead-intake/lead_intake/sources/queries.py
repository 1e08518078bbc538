"""Reading sources."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from leadkit.contracts.events import NamedState
from leadkit.contracts.inquiry import Channel
from leadkit.db import Database
from leadkit.outbox import NewEvent
from leadkit.problems import NotFound
from leadkit.sealing import Sealer
from leadkit.snapshot import Place, Snapshot, paged
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.numbers.queries import book_of
from lead_intake.providers.base import SourceView
from lead_intake.sources.tables import DoorKey, Source, WorkspaceSetting
from lead_intake.sources.views import FALLBACK_REGION, unset_view, view_of

SOURCE_CHANGED = "source.changed"


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A source behind a key, ready to be used by the door."""

    view: SourceView
    enabled: bool
    allowed_origins: tuple[str, ...]


async def source_behind(db: Database, key: str, sealer: Sealer) -> OpenSource | None:
    """The source that a door's key opens; None when no source has it (any more)."""
    async with db.transaction(read_only=True) as session:
        opens = (await session.execute(select(DoorKey).where(DoorKey.key == key))).scalar_one_or_none()
    if opens is None:
        return None
    async with db.transaction(opens.workspace_id, read_only=True) as session:
        found = await session.execute(_with_workspace(opens.workspace_id).where(Source.id == opens.source_id))
        row = found.one_or_none()
        numbers = await book_of(session, opens.workspace_id)
    if row is None:
        return None
    source, workspace = row
    return OpenSource(view_of(source, workspace, sealer, numbers), source.enabled, tuple(source.allowed_origins))


async def source_views(
    session: AsyncSession, workspace_id: UUID, ids: Collection[UUID], sealer: Sealer
) -> dict[UUID, SourceView]:
    """The named sources as providers see them, deleted ones included."""
    rows = await session.execute(_with_workspace(workspace_id).where(Source.id.in_(ids)))
    numbers = await book_of(session, workspace_id)
    return {source.id: view_of(source, workspace, sealer, numbers) for source, workspace in rows}


async def import_source_id(session: AsyncSession, workspace_id: UUID) -> UUID | None:
    """The oldest source of imports that is open; None when the workspace has none."""
    statement = (
        select(Source.id)
        .where(
            Source.workspace_id == workspace_id,
            Source.channel == "import",
            Source.enabled,
            Source.deleted_at.is_(None),
        )
        .order_by(Source.created_at, Source.id)
        .limit(1)
    )
    found: UUID | None = await session.scalar(statement)
    return found


async def workspace_view(session: AsyncSession, workspace_id: UUID, *, source_id: UUID, channel: Channel) -> SourceView:
    """A source as it would be if it were made now, with nothing set."""
    row = await session.scalar(select(WorkspaceSetting).where(WorkspaceSetting.workspace_id == workspace_id))
    return unset_view(workspace_id, row, source_id=source_id, channel=channel)


async def region_of(session: AsyncSession, workspace_id: UUID) -> str:
    """The country of phones without a country code, as far as the workspace is known."""
    region = await session.scalar(
        select(WorkspaceSetting.default_region).where(WorkspaceSetting.workspace_id == workspace_id)
    )
    return region or FALLBACK_REGION


async def sources_there(session: AsyncSession, workspace_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that are sources of the workspace."""
    if not ids:
        return set()
    statement = select(Source.id).where(
        Source.workspace_id == workspace_id, Source.id.in_(ids), Source.deleted_at.is_(None)
    )
    return set(await session.scalars(statement))


async def workspaces_with_sources(session: AsyncSession, *, providers: Collection[str] | None = None) -> Sequence[UUID]:
    """The workspaces that may have received anything, or anything of these providers (role worker)."""
    statement = select(Source.workspace_id).distinct()
    if providers is not None:
        statement = statement.where(Source.provider.in_(providers))
    return (await session.scalars(statement)).all()


@dataclass(frozen=True, slots=True)
class MailboxSource:
    """A source whose mailbox is to be read; `version` changes with its settings."""

    workspace_id: UUID
    source_id: UUID
    version: int


async def sources_with_mailboxes(session: AsyncSession) -> list[MailboxSource]:
    """The sources that are switched on and have a mailbox (role worker)."""
    rows = await session.execute(
        select(Source.workspace_id, Source.id, Source.version).where(
            Source.enabled, Source.deleted_at.is_(None), Source.settings["mailbox"].astext.is_not(None)
        )
    )
    return [MailboxSource(*row) for row in rows]


async def days_raw_is_kept(session: AsyncSession, usual: int | None) -> dict[UUID, int]:
    """The workspaces with sources that keep raw requests for a limited time, and how long (role worker); `usual` is for
    those that say nothing."""
    rows = await session.execute(
        select(Source.workspace_id, WorkspaceSetting.raw_requests_days)
        .outerjoin(WorkspaceSetting, WorkspaceSetting.workspace_id == Source.workspace_id)
        .distinct()
    )
    days = {workspace_id: usual if own is None else own for workspace_id, own in rows}
    return {workspace_id: limit for workspace_id, limit in days.items() if limit is not None}


async def source_by_id(session: AsyncSession, workspace_id: UUID, source_id: UUID, *, lock: bool = False) -> Source:
    """The source; raises `NotFound` also for a deleted one."""
    statement = select(Source).where(
        Source.workspace_id == workspace_id, Source.id == source_id, Source.deleted_at.is_(None)
    )
    row = await session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise NotFound("There is no such source.")
    return row


def sources_of(
    workspace_id: UUID, *, channel: str | None, provider: str | None, enabled: bool | None
) -> Select[Source]:
    """The statement for a list of sources."""
    statement = select(Source).where(Source.workspace_id == workspace_id, Source.deleted_at.is_(None))
    if channel is not None:
        statement = statement.where(Source.channel == channel)
    if provider is not None:
        statement = statement.where(Source.provider == provider)
    return statement if enabled is None else statement.where(Source.enabled == enabled)


def changed(row: Source) -> NewEvent:
    """The event that tells a source's present state."""
    active = row.enabled and row.deleted_at is None
    state = NamedState(id=row.id, version=row.version, name=row.name, active=active)
    return NewEvent(SOURCE_CHANGED, row.workspace_id, row.id, state)


async def _snapshot_page(
    session: AsyncSession, workspace_id: UUID | None, after: Place | None, limit: int
) -> Sequence[NewEvent]:
    statement = paged(
        select(Source), key=(Source.workspace_id, Source.id), workspace_id=workspace_id, after=after, limit=limit
    )
    return [changed(row) for row in await session.scalars(statement)]


SNAPSHOT = Snapshot("source", _snapshot_page)


def _with_workspace(workspace_id: UUID) -> Select[Source, WorkspaceSetting]:
    return (
        select(Source, WorkspaceSetting)
        .outerjoin(WorkspaceSetting, WorkspaceSetting.workspace_id == Source.workspace_id)
        .where(Source.workspace_id == workspace_id)
    )
