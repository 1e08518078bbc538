"""Which rows a caller may see, as a condition in the query itself: a manager own ones and the team's unassigned ones,
a head the team's, everybody else who got past the scopes all of the workspace."""

from typing import Any
from uuid import UUID

from leadkit.outbox import feed
from leadkit.tokens import Caller
from sqlalchemy import ColumnElement, and_, false, func, or_, true
from sqlalchemy.orm import InstrumentedAttribute

Column = InstrumentedAttribute[UUID | None] | ColumnElement[Any]


def visible(caller: Caller, *, owner: Column, team: Column) -> ColumnElement[bool]:
    """The condition for `WHERE`; a caller without user or team matches nothing by it, never the rows without one."""
    if caller.role == "manager":
        return or_(_is(owner, caller.user_id), and_(owner.is_(None), _is(team, caller.team_id)))
    if caller.role == "head":
        return or_(_is(team, caller.team_id), _is(owner, caller.user_id))
    return true()


def concerning(caller: Caller) -> ColumnElement[bool]:
    """The events of the feed that a caller may see: those about a card if it is, or once was, theirs to see (so they
    learn when it leaves them), and all that belong to nobody in particular."""
    if caller.role not in ("manager", "head"):
        return true()
    owner, team = feed.c.data["owner_id"].astext, feed.c.data["team_id"].astext
    user, own_team = str(caller.user_id), str(caller.team_id)
    common = or_(~func.jsonb_exists(feed.c.data, "owner_id"), owner == user, _was(owner_id=user))
    if caller.role == "head":
        return or_(common, team == own_team, _was(team_id=own_team))
    return or_(common, and_(owner.is_(None), team == own_team))


def _was(**holder: str) -> ColumnElement[bool]:
    return feed.c.data.contains({"owners": [holder]})


def _is(column: Column, value: UUID | None) -> ColumnElement[bool]:
    return false() if value is None else column == value
