"""Reading the mapping of a workspace, and the fields that it is about; every query names its workspace."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.conversion_mapping.rules import DEFAULT_PAIRS, ENTITIES, SOURCES, TARGETS, Entity, Kind, Pair, Target
from crm_core.conversion_mapping.tables import ConversionMapping
from crm_core.custom_fields.queries import fields_of
from crm_core.scoring.queries import questions_by_key


class ConversionMap(NamedTuple):
    """How a workspace converts leads; version 0: as the code begins."""

    version: int = 0
    pairs: Sequence[Pair] = DEFAULT_PAIRS
    same_keys: bool = True
    updated_at: datetime | None = None


async def mapping_of(session: AsyncSession, workspace_id: UUID) -> ConversionMap:
    """The mapping that the workspace has set, else the default one."""
    row = await session.scalar(select(ConversionMapping).where(ConversionMapping.workspace_id == workspace_id))
    return _read(row) if row is not None else ConversionMap()


def _read(row: ConversionMapping) -> ConversionMap:
    return ConversionMap(row.version, [Pair(**pair) for pair in row.pairs], row.same_keys, row.updated_at)


async def sources_of(session: AsyncSession, workspace_id: UUID) -> dict[str, Kind]:
    """Every field that a lead of the workspace has, with its kind."""
    custom = await fields_of(session, workspace_id, "lead")
    questions = await questions_by_key(session, workspace_id)
    answers: dict[str, Kind] = {f"answers.{key}": cast(Kind, question.type) for key, question in questions.items()}
    return {**SOURCES, **{one.name: one.type for one in custom.values()}, **answers}


async def targets_of(session: AsyncSession, workspace_id: UUID) -> dict[Entity, Mapping[str, Target]]:
    """Every field that what a lead becomes may get from it."""
    return {entity: {**TARGETS[entity], **await _custom_of(session, workspace_id, entity)} for entity in ENTITIES}


async def _custom_of(session: AsyncSession, workspace_id: UUID, entity: Entity) -> dict[str, Target]:
    fields = await fields_of(session, workspace_id, entity)
    return {one.name: Target(one.type) for one in fields.values()}
