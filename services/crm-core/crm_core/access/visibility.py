"""Which rows a caller may see, as a condition in the query itself: a manager own ones and the team's unassigned ones,
a head the team's, everybody else who got past the scopes all of the workspace."""

from typing import Any
from uuid import UUID

from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

Column = InstrumentedAttribute[UUID | None] | ColumnElement[Any]


def visible(caller: Caller, *, owner: Column, team: Column) -> ColumnElement[bool]:
    """The condition for `WHERE`; a caller without user or team matches nothing by it, never the rows without one."""
    if caller.role == "manager":
        return or_(_is(owner, caller.user_id), and_(owner.is_(None), _is(team, caller.team_id)))
    if caller.role == "head":
        return or_(_is(team, caller.team_id), _is(owner, caller.user_id))
    return true()


def _is(column: Column, value: UUID | None) -> ColumnElement[bool]:
    return false() if value is None else column == value
