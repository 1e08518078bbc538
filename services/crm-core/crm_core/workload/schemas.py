"""A user's workload as clients see it."""

from uuid import UUID

from leadkit.contracts.common import Moment, Shape
from pydantic import Field

from crm_core.working_time.rules import Unavailable


class WorkloadOut(Shape):
    """What a user has open, and was given since their own midnight, beside their caps; `daily_left` and `open_left` are
    how many more leads they may get (null: no cap)."""

    user_id: UUID
    active: bool
    at_work: bool
    away_because: Unavailable | None
    open_leads: int = Field(examples=[12])
    open_cap: int | None = Field(examples=[30])
    open_left: int | None = Field(examples=[18])
    given_today: int = Field(examples=[4])
    daily_cap: int | None = Field(examples=[10])
    daily_left: int | None = Field(examples=[6])
    overdue_leads: int = Field(description="Open leads that were to be answered by now", examples=[1])
    open_tasks: int = Field(description="Tasks, and all else that is planned and not done", examples=[7])
    overdue_tasks: int = Field(examples=[2])
    as_of: Moment
