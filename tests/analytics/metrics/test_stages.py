"""`/v1/stage-flow`: where deals go from each stage, and that nobody goes missing on the way."""

from typing import Any

import pytest
from analytics.metrics.stages import WAYS, Left, Place, Standing, how_left
from hypothesis import given, settings
from leadkit import clock
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.analytics.conftest import Books, new_books
from tests.analytics.projections.histories import PIPELINE, STAGES, deal, newest, seeds, told_batches
from tests.analytics.spring import APRIL, NOW, TOO_DEAR, day

FIRST, SECOND, THIRD = (str(stage) for stage in STAGES)
PLACES = {"first": Place("sales", 0), "second": Place("sales", 1), "service": Place("service", 0)}


@pytest.mark.parametrize(
    ("pipeline", "stage", "now", "outcome", "way"),
    [
        ("sales", "first", "first", "open", "still_here"),
        ("sales", "first", "first", "lost", "lost"),
        ("sales", "first", "second", "open", "advanced"),
        ("sales", "first", "second", "lost", "advanced"),
        ("sales", "second", "first", "open", "moved_back"),
        ("sales", "second", "first", "lost", "moved_back"),
        ("sales", "second", "first", "won", "won"),
        ("service", "first", "service", "open", "moved_to_another_pipeline"),
        ("sales", "forgotten", "first", "open", "advanced"),
    ],
)
def test_how_a_deal_left_a_stage_follows_from_where_it_stands(
    pipeline: str, stage: str, now: str, outcome: str, way: Left
) -> None:
    assert how_left(Standing(pipeline, stage, now, outcome), PLACES) == way


def _pipeline() -> tuple[str, dict[str, Any]]:
    stages = [
        {"id": str(stage), "key": f"s{place}", "name": f"Stage {place}", "position": place, "probability": 0.5}
        for place, stage in enumerate(STAGES)
    ]
    state = {"id": str(PIPELINE), "version": 1, "name": "Sales", "is_default": True, "stages": stages}
    return "pipeline.changed", state


def _deal(*reached: str, **values: Any) -> tuple[str, dict[str, Any]]:
    moments = {stage: day(place + 1) for place, stage in enumerate(reached)}
    state = {"stage_id": reached[-1], "reached": moments, "passages": dict.fromkeys(reached, 1), "created_at": day(1)}
    return "deal.updated", deal(**state | values)


async def test_the_flow_of_a_few_deals_is_as_worked_out_by_hand(books: Books) -> None:
    with clock.at(NOW):
        await books.tell(
            _pipeline(),
            _deal(FIRST),
            _deal(FIRST, SECOND),
            _deal(FIRST, SECOND, stage_id=FIRST, passages={FIRST: 2, SECOND: 1}),
            _deal(FIRST, SECOND, status="lost", lost_at=day(9), loss_reason_id=TOO_DEAR),
            _deal(FIRST, SECOND, THIRD, status="won", won_at=day(9)),
            _deal(FIRST, pipeline_id=str(new_id()), stage_id=str(new_id())),
        )
        answer = await books.get("stage-flow", **APRIL)
    first, second, third = answer["stages"]
    assert [stage["stage_name"] for stage in answer["stages"]] == ["Stage 0", "Stage 1", "Stage 2"]
    counted = (
        "entered",
        "passages",
        "advanced",
        "won",
        "lost",
        "moved_back",
        "moved_to_another_pipeline",
        "still_here",
    )
    assert [first[each] for each in counted] == [6, 7, 2, 1, 0, 0, 1, 2]
    assert [second[each] for each in counted] == [4, 4, 0, 1, 1, 1, 0, 1]
    assert [third[each] for each in counted] == [1, 1, 0, 1, 0, 0, 0, 0]
    assert second["lost_by_reason"] == {TOO_DEAR: 1}
    assert first["median_s"] == pytest.approx(86_400, rel=0.021)
    assert answer["read"] == "cells"
    with clock.at(NOW):
        assert (await books.get("stage-flow", where="source:null", **APRIL))["stages"] == answer["stages"]


@settings(max_examples=5, deadline=None)
@given(seed=seeds)
async def test_every_stage_balances_and_has_every_deal_once(running_analytics: RunningService, seed: int) -> None:
    books, batches = await new_books(running_analytics), told_batches(seed)
    for batch in batches:
        await books.tell(*(event for event in batch if event[0] != "workspace.updated"))
    answer = await books.get("stage-flow", from_="2026-01-01", to="2027-01-01")
    deals = newest([event for batch in batches for event in batch], "deal")
    entered = {stage["stage"]: stage["entered"] for stage in answer["stages"]}
    assert entered == {
        stage: n for stage in map(str, STAGES) if (n := sum(stage in state["reached"] for state in deals))
    }
    for stage in answer["stages"]:
        assert stage["entered"] == sum(stage[way] for way in WAYS)
