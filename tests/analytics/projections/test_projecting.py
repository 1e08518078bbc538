"""Cells equal facts, whatever order, repetition and lateness the events come in."""

from datetime import UTC
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics.projections.cells import Frame
from analytics.projections.facts import DealRow, InquiryRow, LeadRow, SubmissionRow
from analytics.projections.queries import names_of, workspace_setting
from analytics.projections.store import TABLES, read_rows
from analytics.projections.tables import DimensionName
from hypothesis import given, settings
from leadkit.ids import new_id
from leadkit.testing.services import RunningService
from sqlalchemy import func, select

from tests.analytics.projections.conftest import Projected, counted_from_scratch
from tests.analytics.projections.histories import (
    PIPELINE,
    STAGES,
    USERS,
    Told,
    deal,
    inquiry,
    lead,
    newest,
    seeds,
    submission,
    told_batches,
    workspace,
)

quick = settings(max_examples=25, deadline=None)


def frame_of(events: Told) -> Frame:
    told = newest(events, "workspace")
    return Frame(ZoneInfo(told[0]["time_zone"] if told else "UTC"), "RUB")


@quick
@given(seed=seeds)
async def test_cells_equal_a_count_of_the_newest_states_in_any_order_of_events(
    running_analytics: RunningService, seed: int
) -> None:
    projected, batches = Projected(running_analytics.db), told_batches(seed)
    for batch in batches:
        await projected.tell(*batch)
    await projected.settle()
    events = [event for batch in batches for event in batch]
    assert await projected.cells() == counted_from_scratch(projected.workspace_id, events, frame_of(events))


async def test_an_event_told_twice_counts_once(projected: Projected) -> None:
    told = ("lead.created", lead())
    await projected.tell(told, told)
    await projected.tell(told)
    assert await projected.number("leads") == 1


async def test_an_older_state_that_comes_late_changes_nothing(projected: Projected) -> None:
    state = lead(version=3, status="disqualified")
    await projected.tell(("lead.disqualified", state))
    await projected.tell(("lead.created", state | {"version": 1, "status": "new"}))
    assert await projected.number("disqualified") == 1
    assert await projected.number("open") == 0


async def test_a_deal_told_before_its_lead_gets_the_lead_s_source_afterwards(projected: Projected) -> None:
    state = lead(channel="call")
    await projected.tell(("deal.won", deal(lead_id=state["id"], status="won")))
    await projected.tell(("lead.created", state))
    channels = await _channels(projected, "won")
    assert channels == {"call"}


async def test_a_deal_that_goes_to_another_lead_leaves_the_first(projected: Projected) -> None:
    first, second = lead(channel="call"), lead(channel="chat")
    state = deal(lead_id=first["id"])
    await projected.tell(("lead.created", first), ("lead.created", second), ("deal.created", state))
    await projected.tell(("deal.updated", state | {"version": 2, "lead_id": second["id"]}))
    channels = await _channels(projected, "deals")
    assert channels == {"chat"}


async def _channels(projected: Projected, measure: str) -> set[str]:
    cells = await projected.cells()
    return {key[4] for key in cells if key[:3] == ("campaign", "cohort", "day") and key[-1] == measure}


async def test_another_workspace_s_events_and_cells_stay_apart(
    projected: Projected, running_analytics: RunningService
) -> None:
    state, other = lead(), Projected(running_analytics.db)
    await projected.tell(("lead.created", state))
    await other.tell(("lead.created", state | {"version": 5}))
    assert await projected.number("leads") == await other.number("leads") == 1
    await other.tell(("lead.merged", state | {"version": 6, "status": "merged"}))
    assert (await projected.number("leads"), await other.number("leads")) == (1, 0)


async def test_a_request_sees_only_cells_and_facts_of_its_workspace(projected: Projected) -> None:
    everything = (("lead.created", lead()), ("deal.created", deal()), ("inquiry.recorded", inquiry()))
    await projected.tell(*everything, ("submission.recorded", submission()))
    for table in (*TABLES.values(), DimensionName.__table__):
        async with projected.db.transaction(new_id(), role="app", read_only=True) as session:
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_an_event_that_breaks_its_contract_stops_nothing_after_it(projected: Projected) -> None:
    broken = lead() | {"occurred_at": "yesterday"}
    strange = workspace(time_zone="Europe/Atlantis")
    await projected.tell(("lead.created", broken), ("workspace.created", strange), ("lead.created", lead()))
    assert await projected.number("leads") == 1


async def test_facts_are_read_back_as_they_were_told(projected: Projected) -> None:
    state = lead(owners=[{"owner_id": str(USERS[0]), "team_id": None, "at": "2026-03-27T20:30:00Z"}], score=7)
    await projected.tell(("lead.created", state))
    async with projected.db.transaction(role="worker", read_only=True) as session:
        fact = (await read_rows(session, LeadRow, projected.workspace_id, [UUID(state["id"])]))[UUID(state["id"])]
    assert (fact.score, fact.owners, fact.occurred_at.tzinfo) == (7, state["owners"], UTC)


def test_a_fact_in_memory_has_the_columns_of_its_table_in_their_order() -> None:
    for kind in (SubmissionRow, InquiryRow, LeadRow, DealRow):
        assert kind._fields == tuple(TABLES[kind].columns.keys())


async def test_names_are_kept_with_the_highest_version(projected: Projected) -> None:
    user = {"id": str(USERS[0]), "role": "manager", "team_id": None, "active": True}
    await projected.tell(("user.changed", user | {"version": 2, "name": "Анна"}))
    await projected.tell(("user.changed", user | {"version": 1, "name": "Аня"}))
    async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
        assert [name.name for name in await names_of(session, projected.workspace_id, "user")] == ["Анна"]


async def test_a_pipeline_tells_the_names_and_order_of_its_stages(projected: Projected) -> None:
    stages = [
        {"id": str(stage), "key": f"s{place}", "name": f"Stage {place}", "position": 9 - place, "probability": 0.5}
        for place, stage in enumerate(STAGES)
    ]
    pipeline = {"id": str(PIPELINE), "version": 1, "name": "Sales", "is_default": True, "stages": stages}
    await projected.tell(("pipeline.changed", pipeline))
    async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
        names = [name.name for name in await names_of(session, projected.workspace_id, "stage")]
    assert names == ["Stage 2", "Stage 1", "Stage 0"]


async def test_the_zone_and_currency_of_a_workspace_are_learnt(projected: Projected) -> None:
    await projected.tell(("workspace.created", workspace(time_zone="Asia/Omsk", currency="KZT", name="Окна")))
    async with projected.db.transaction(projected.workspace_id, read_only=True) as session:
        setting = await workspace_setting(session, projected.workspace_id)
    assert (setting.name, setting.time_zone.key, setting.currency) == ("Окна", "Asia/Omsk", "KZT")
