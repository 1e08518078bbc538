"""How many submissions there were, by what an operator asks for: counted in one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from leadkit.contracts.common import Moment
from leadkit.problems import Invalid
from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from lead_intake.submissions.tables import Submission

LONGEST = timedelta(days=100)
USUAL = timedelta(days=7)
MOST_GROUPS = 1000
DIMENSIONS: dict[str, Any] = {
    "source": Submission.source_id,
    "channel": Submission.channel,
    "provider": Submission.provider,
    "status": Submission.status,
    "reason": Submission.reason,
    "day": func.date_trunc("day", Submission.received_at, "UTC"),
}


class Group(BaseModel):
    """One combination of values, and how many submissions have it."""

    by: dict[str, str | None] = Field(examples=[{"provider": "generic", "status": "delivered"}])
    count: int = Field(examples=[120])


class Stats(BaseModel):
    """The counts of a period, largest first; analytics answers longer ones."""

    received_from: Moment
    received_to: Moment
    total: int = Field(examples=[120])
    groups: list[Group]


async def count_by(
    session: AsyncSession, workspace_id: UUID, by: Sequence[str], begin: datetime, end: datetime
) -> Stats:
    """Raises `Invalid` for a period that is turned round or longer than 100 days, or for too many groups."""
    if not begin < end <= begin + LONGEST:
        raise Invalid.at("/from", "comes before to, by at most 100 days")
    columns = [DIMENSIONS[name].label(name) for name in by]
    rows = (
        await session.execute(
            select(func.count().label("count"), *columns)
            .where(
                Submission.workspace_id == workspace_id,
                Submission.received_at >= begin,
                Submission.received_at < end,
            )
            .group_by(*columns)
            .order_by(func.count().desc(), *columns)
            .limit(MOST_GROUPS + 1)
        )
    ).all()
    if len(rows) > MOST_GROUPS:
        raise Invalid.at("/by", "makes more than 1,000 groups")
    groups = [
        Group(by={name: _text(value) for name, value in zip(by, row[1:], strict=True)}, count=row[0]) for row in rows
    ]
    return Stats(received_from=begin, received_to=end, total=sum(group.count for group in groups), groups=groups)


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return None if value is None else str(value)
