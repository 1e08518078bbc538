"""Setting the mapping of a workspace."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadkit.etags import check_version
from leadkit.problems import FieldError, Invalid
from leadkit.tokens import Caller
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access import audit
from crm_core.access.workspaces.queries import existing_workspace
from crm_core.conversion_mapping.queries import ConversionMap, mapping_of, sources_of, targets_of
from crm_core.conversion_mapping.rules import DEFAULT_PAIRS, FITTING, Entity, Kind, Target
from crm_core.conversion_mapping.schemas import MappingPair, MappingPut
from crm_core.conversion_mapping.tables import ConversionMapping


async def put_mapping(
    session: AsyncSession, wanted: MappingPut, version: int | None, *, caller: Caller, now: datetime
) -> ConversionMap:
    """Replaces the mapping; raises `Invalid` with every pair that names no field or fields that do not fit,
    `PreconditionRequired`, `Stale`."""
    row = await _locked(session, caller, now)
    check_version(version, row.version)
    sources = await sources_of(session, caller.workspace)
    targets = await targets_of(session, caller.workspace)
    errors = [
        FieldError(pointer=f"/pairs/{place}/{error.pointer}", detail=error.detail)
        for place, pair in enumerate(wanted.pairs)
        if (error := _wrong(pair, sources, targets)) is not None
    ]
    if errors:
        raise Invalid("A pair of the mapping is not valid.", errors=errors)
    before = {"pairs": row.pairs, "same_keys": row.same_keys}
    after: dict[str, Any] = {
        "pairs": [pair.model_dump(mode="json") for pair in wanted.pairs],
        "same_keys": wanted.same_keys,
    }
    row.pairs, row.same_keys = after["pairs"], after["same_keys"]
    row.version += 1
    row.updated_at = now
    await session.flush()
    entry = audit.Change("conversion_mapping.update", "conversion_mapping", caller.workspace, before, after)
    await audit.record_all(session, workspace_id=caller.workspace, by=caller.subject, changes=[entry], now=now)
    return await mapping_of(session, caller.workspace)


async def _locked(session: AsyncSession, caller: Caller, now: datetime) -> ConversionMapping:
    """The workspace's row; it gets one when it first sets a mapping."""
    await existing_workspace(session, caller.workspace)
    pairs = [pair._asdict() for pair in DEFAULT_PAIRS]
    begun = {"workspace_id": caller.workspace, "version": 0, "pairs": pairs, "same_keys": True, "updated_at": now}
    await session.execute(upsert(ConversionMapping).values(begun).on_conflict_do_nothing())
    mine = select(ConversionMapping).where(ConversionMapping.workspace_id == caller.workspace)
    row = await session.scalar(mine.with_for_update())
    assert row is not None
    return row


def _wrong(
    pair: MappingPair, sources: Mapping[str, Kind], targets: Mapping[Entity, Mapping[str, Target]]
) -> FieldError | None:
    source, fields = sources.get(pair.lead_field), targets[pair.entity]
    if source is None:
        return FieldError(pointer="lead_field", detail=f"is none of {', '.join(sources)}")
    target = fields.get(pair.field)
    if target is None:
        return FieldError(pointer="field", detail=f"is none of a {pair.entity}: {', '.join(fields)}")
    if source not in FITTING[target.kind]:
        return FieldError(pointer="field", detail=f"takes a {target.kind}, and the lead's field is a {source}")
    return None
