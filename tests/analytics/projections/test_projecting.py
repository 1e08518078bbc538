"""Cells equal facts, whatever order, repetition and lateness the events come in."""

from zoneinfo import ZoneInfo

from analytics.projections.cells import Frame
from hypothesis import given, settings
from leadkit.testing.services import RunningService

from tests.analytics.projections.conftest import Projected, counted_from_scratch
from tests.analytics.projections.histories import Told, newest, told_batches

quick = settings(max_examples=25, deadline=None)


def _frame(events: Told) -> Frame:
    told = newest(events, "workspace")
    return Frame(ZoneInfo(told[0]["time_zone"] if told else "UTC"), "RUB")


@quick
@given(batches=told_batches())
async def test_cells_equal_a_count_of_the_newest_states_in_any_order_of_events(
    running_analytics: RunningService, batches: list[Told]
) -> None:
    projected = Projected(running_analytics.db)
    for batch in batches:
        await projected.tell(*batch)
    await projected.settle()
    events = [event for batch in batches for event in batch]
    assert await projected.cells() == counted_from_scratch(projected.workspace_id, events, _frame(events))
