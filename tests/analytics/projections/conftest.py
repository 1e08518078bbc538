"""What these tests share: projecting into a workspace of its own, and reading its cells back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from analytics.projections.cells import Frame, case_marks, inquiry_marks, submission_marks
from analytics.projections.facts import deal_row, inquiry_row, lead_row, submission_row
from analytics.projections.generations import deals_by_case
from analytics.projections.measures import FAMILIES_OF, LANE, columns_of
from analytics.projections.projecting import project
from analytics.projections.queries import CURRENT_CELLS
from analytics.projections.rebuilding import Rebuilding
from analytics.projections.tables import cell, cell_time
from analytics.projections.tallying import Delta, Tally
from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from sqlalchemy import text

from tests.analytics.projections.histories import Told, event, newest

Cells = dict[tuple[Any, ...], Any]
"""table, family, basis, grain, day, d1 to d5 and what is counted -> the sum."""

OF_DAY = ("day", "d1", "d2", "d3", "d4", "d5")


class Projected:
    """One workspace of analytics."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.workspace_id = new_id()

    async def tell(self, *events: tuple[str, dict[str, Any]]) -> None:
        """Projects the events as one page of a feed."""
        page = [event(self.workspace_id, type, data) for type, data in events]
        async with self.db.transaction(role="worker") as session:
            await project(session, page, now=clock.now())

    async def cells(self) -> Cells:
        """The cells that are read now and hold something."""
        found: Cells = {}
        async with self.db.transaction(role="worker", read_only=True) as session:
            for table, measured in ((cell, columns_of(*FAMILIES_OF)), (cell_time, ("n", "spread"))):
                rows = await session.execute(
                    text(f"SELECT * FROM {table.name} WHERE {CURRENT_CELLS}"), {"workspace_id": self.workspace_id}
                )
                for row in rows.mappings():
                    key = (*row["part"].split("."), *(row[name] for name in OF_DAY))
                    found |= {(*key, row.get("measure", ""), name): row[name] for name in measured if row[name]}
        return found

    async def number(self, measure: str, basis: str = "cohort") -> int:
        """The sum of a measure over all days."""
        cells = await self.cells()
        return sum(n for key, n in cells.items() if key[:3] == ("day", basis, "day") and key[-1] == measure)

    async def settle(self) -> None:
        """Lets the background work on generations do all that is due."""
        nobody = ServiceClient("nobody", "http://127.0.0.1:1", "")
        await Rebuilding(self.db, core=nobody, intake=nobody).step()


def counted_from_scratch(workspace_id: UUID, events: Iterable[tuple[str, dict[str, Any]]], frame: Frame) -> Cells:
    """What the cells must be, from the newest states alone."""
    told: Told = list(events)
    tally = Tally()
    for data in newest(told, "submission"):
        tally.add(submission_marks(submission_row(workspace_id, data), frame))
    for data in newest(told, "inquiry"):
        tally.add(inquiry_marks(inquiry_row(workspace_id, data), frame))
    leads = {fact.id: fact for fact in (lead_row(workspace_id, data) for data in newest(told, "lead"))}
    deals = deals_by_case(deal_row(workspace_id, data) for data in newest(told, "deal"))
    for case in leads.keys() | deals.keys():
        tally.add(case_marks(leads.get(case), deals.get(case, ()), frame))
    return as_cells(tally.delta())


def as_cells(delta: Delta) -> Cells:
    """The cells of day and month that a delta makes by itself."""
    cells: Cells = {}

    def add(family: str, key: tuple[Any, ...], *what: str, value: Any) -> None:
        basis, day, *told = key
        dimensions = (*told, *("" for _ in range(5 - len(told))))
        for grain, start in (("day", day), ("month", day.replace(day=1))):
            full = (family, basis, grain, start, *dimensions, *what)
            cells[full] = cells.get(full, 0) + value

    for family, of_family in delta.cells.items():
        for key, sums in of_family.items():
            for column, value in sums.items():
                add(family, key, "", column, value=value)
    for family, lengths in delta.times.items():
        for (key, measure), buckets in lengths.items():
            for bucket, n in buckets.items():
                add(family, key, measure, "n", value=n)
                add(family, key, measure, "spread", value=n * 10 ** (LANE * bucket))
    return {key: value for key, value in cells.items() if value}


@pytest.fixture
def projected(running_analytics: RunningService) -> Projected:
    return Projected(running_analytics.db)
