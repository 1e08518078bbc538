"""Reading custom fields, and holding the values of cards against them; every query names its workspace."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from leadkit.problems import Invalid, NotFound
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm_core.access.users.queries import users_by_id
from crm_core.custom_fields.rules import EMPTY, FieldInfo, TypeName, Values, told_of, users_named, values_of
from crm_core.custom_fields.tables import CustomField


def custom_fields_of(workspace_id: UUID, *, entity: str | None, active: bool | None) -> Select[Any]:
    """The workspace's fields, for a list."""
    statement = select(CustomField).where(CustomField.workspace_id == workspace_id)
    if entity is not None:
        statement = statement.where(CustomField.entity == entity)
    return statement if active is None else statement.where(CustomField.active == active)


async def custom_field_by_id(
    session: AsyncSession, workspace_id: UUID, field_id: UUID, *, lock: bool = False
) -> CustomField:
    """The field; raises `NotFound`."""
    statement = select(CustomField).where(CustomField.workspace_id == workspace_id, CustomField.id == field_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound("There is no such custom field.")
    return found


async def fields_of(session: AsyncSession, workspace_id: UUID, entity: str) -> dict[str, FieldInfo]:
    """The active fields of an entity by key, in their order."""
    statement = custom_fields_of(workspace_id, entity=entity, active=True)
    rows = await session.execute(
        statement.with_only_columns(
            CustomField.key, CustomField.type, CustomField.choices, CustomField.required, CustomField.personal
        ).order_by(CustomField.position, CustomField.id)
    )
    return {
        key: FieldInfo(key=key, type=cast(TypeName, kind), choices=choices, required=required, personal=personal)
        for key, kind, choices, required, personal in rows
    }


async def last_position(session: AsyncSession, workspace_id: UUID) -> int:
    """The position of the last field, 0 while there is none."""
    highest = select(func.max(CustomField.position)).where(CustomField.workspace_id == workspace_id)
    return await session.scalar(highest) or 0


@dataclass(frozen=True, slots=True)
class Customs:
    """The fields of an entity, with the active users that the values of a request name."""

    fields: Mapping[str, FieldInfo]
    users: frozenset[UUID]

    def values(
        self, given: Mapping[str, Any], *, before: Mapping[str, Any] | None = None, at: str = "/custom"
    ) -> Values:
        """The values of a card after the change (`before` None: of a new card); raises `Invalid` with every place that
        is wrong."""
        read = values_of(self.fields, given, before=before, users=self.users, at=at)
        if read.errors:
            raise Invalid("A custom field is not valid.", errors=list(read.errors))
        return read

    def fitting(self, given: Mapping[str, Any], *, before: Mapping[str, Any] | None = None) -> Values:
        """The values of a card that takes over those of another: what it lacked, of what its own fields can hold."""
        known = dict(before or {})
        lacked = {key: value for key, value in given.items() if known.get(key) in EMPTY and key in self.fields}
        for key, value in lacked.items():
            read = values_of({key: self.fields[key]}, {key: value}, before={}, users=self.users)
            if not read.errors:
                known |= read.stored
        return Values(known, told_of(self.fields, known))


async def customs_for(
    session: AsyncSession, workspace_id: UUID, entity: str, given: Iterable[Mapping[str, Any]]
) -> Customs:
    """What the values of a whole batch of cards are held against, in at most two statements."""
    fields = await fields_of(session, workspace_id, entity)
    named: set[UUID] = set().union(*(users_named(fields, one) for one in given)) if fields else set()
    users = await users_by_id(session, workspace_id, list(named))
    return Customs(fields, frozenset(user_id for user_id, user in users.items() if user.active))
