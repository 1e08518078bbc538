"""Where to look for cards that are like another: a few look-ups by index instead of a comparison with everybody."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm_core.base import Base
from crm_core.contacts.points import Point
from crm_core.duplicates.rules import Profile, domains, one_digit_off
from crm_core.duplicates.suggesting import Entity
from crm_core.searching import listing_of

MOST = 30
"""Candidates by name, and by domain; more would be no help to anybody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Cards that are compared with each other. `profiles` reads what they are compared by, `reached_by` which of them
    have one of these addresses, `named` the column of names as they are sorted, by which namesakes are found by index,
    `living` tells those that were not merged away."""

    entity: Entity
    table: type[Base]
    living: ColumnElement[bool]
    profiles: Callable[[AsyncSession, UUID, Collection[UUID]], Awaitable[Mapping[UUID, Profile]]]
    reached_by: Callable[[AsyncSession, UUID, Sequence[Point]], Awaitable[Collection[UUID]]]
    named: InstrumentedAttribute[str]
    also: Callable[[Profile], Sequence[ColumnElement[bool]]] = lambda _: ()


async def candidates(
    session: AsyncSession, source: Source, workspace_id: UUID, row_id: UUID, profile: Profile, free: Collection[str]
) -> set[UUID]:
    """The ids of cards that may be like this one, itself maybe among them.

    Where enough have the very same name, no similar ones are looked for: that search reads the trigrams of all who
    share a part of a name, and a common name is shared by thousands."""
    points = [Point(kind, value) for kind, value in profile.points]  # type: ignore[arg-type]
    near = [
        Point("phone", other) for kind, value in profile.points if kind == "phone" for other in one_digit_off(value)
    ]
    found = set(await source.reached_by(session, workspace_id, [*points, *near])) if points else set()
    named = _is_name(source, profile)
    namesakes = set(await session.scalars(_namesakes(source, workspace_id, row_id))) if named else set()
    similar = named and len(namesakes) <= MOST
    found |= namesakes
    statements = _statements(source, workspace_id, profile, domains(profile, free), similar=similar)
    if statements:
        async with listing_of(session, search=True):
            for statement in statements:
                found |= set(await session.scalars(statement))
    return found


def _is_name(source: Source, profile: Profile) -> bool:
    """Whether a name says enough to look for its like: of people not a first name alone."""
    return len(profile.name.split()) > 1 or (source.entity == "company" and profile.name != "")


def _namesakes(source: Source, workspace_id: UUID, row_id: UUID) -> Select[UUID]:
    """Who has the same name, this card among them, the oldest first."""
    table: Any = source.table
    name = select(source.named).where(table.workspace_id == workspace_id, table.id == row_id).scalar_subquery()
    mine = select(table.id).where(table.workspace_id == workspace_id, source.living, source.named == name)
    return mine.order_by(table.id).limit(MOST + 1)


def _statements(
    source: Source, workspace_id: UUID, profile: Profile, of_domains: Collection[str], *, similar: bool
) -> list[Select[UUID]]:
    """By domain, by name, and by what else the source knows. In the role `search`: similarity is not leakproof."""
    table: Any = source.table
    mine = select(table.id).where(table.workspace_id == workspace_id, source.living).limit(MOST)
    conditions = list(source.also(profile))
    statements = [mine.where(or_(*conditions))] if conditions else []
    if of_domains:
        newest = mine.order_by(table.created_at.desc())
        statements.append(
            newest.where(or_(*(table.search_text.contains(one, autoescape=True) for one in sorted(of_domains))))
        )
    if similar:
        meant = literal(profile.name.lower().replace("ё", "е"), Text)
        likeness = func.word_similarity(meant, table.search_text)
        statements.append(mine.where(meant.op("<%")(table.search_text)).order_by(likeness.desc(), table.id))
    return statements
