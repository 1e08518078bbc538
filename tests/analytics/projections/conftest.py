"""What these tests share: projecting into a workspace of its own, and reading its cells back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from analytics.projections.cells import Frame, Tally, case_marks, inquiry_marks, submission_marks
from analytics.projections.facts import deal_row, inquiry_row, lead_row, submission_row
from analytics.projections.generations import deals_by_case
from analytics.projections.projecting import project
from analytics.projections.queries import current_cells
from analytics.projections.rebuilding import Rebuilding
from analytics.projections.tables import Cell
from leadkit import clock
from leadkit.client import ServiceClient
from leadkit.db import Database
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from sqlalchemy import select

from tests.analytics.projections.histories import Told, event, newest

Cells = dict[tuple[Any, ...], tuple[int, Any]]
KEY = (Cell.family, Cell.basis, Cell.measure, Cell.day, Cell.d1, Cell.d2, Cell.d3, Cell.d4, Cell.d5, Cell.bucket)


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
        async with self.db.transaction(role="worker", read_only=True) as session:
            rows = await session.execute(select(*KEY, Cell.n, Cell.amount).where(current_cells(self.workspace_id)))
            return {tuple(row[:-2]): (row.n, row.amount) for row in rows if row.n or row.amount}

    async def number(self, measure: str, basis: str = "cohort") -> int:
        """The sum of a measure over all days."""
        cells = await self.cells()
        return sum(n for key, (n, _) in cells.items() if key[:3] == ("day", basis, measure))

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
    families = tally.cells().items()
    return {(family, *key): (int(n), amount) for family, cells in families for key, (n, amount) in cells.items()}


@pytest.fixture
def projected(running_analytics: RunningService) -> Projected:
    return Projected(running_analytics.db)
