"""`/v1/funnel`: where leads go, how long it takes, where they are lost and why."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from leadkit import clock
from leadkit.ids import new_id

from tests.analytics.conftest import Books
from tests.analytics.projections.histories import lead
from tests.analytics.spring import ANNA, APRIL, NOW, came_by, day


async def _steps(shop: Books, **params: str) -> dict[str, dict[str, Any]]:
    return {step["key"]: step for step in (await shop.get("funnel", **(APRIL | params)))["steps"]}


async def test_each_step_tells_who_entered_and_who_went_on(shop: Books) -> None:
    steps = await _steps(shop)
    assert [(key, step["entered"]) for key, step in steps.items()] == [
        ("submissions", 8),
        ("inquiries", 6),
        ("leads", 5),
        ("contacted", 3),
        ("qualified", 2),
        ("converted", 1),
        ("won", 1),
        ("repeat", 0),
    ]
    assert steps["submissions"]["from_previous"] is None
    assert steps["contacted"]["from_previous"] == pytest.approx(3 / 5)
    assert steps["contacted"]["from_first"] == pytest.approx(3 / 8)
    # Wilson, 3 of 5.
    assert steps["contacted"]["interval"] == pytest.approx([0.2307, 0.8824], abs=5e-5)
    assert steps["contacted"]["few"] is True


async def test_every_step_balances(shop: Books) -> None:
    answer = await shop.get("funnel", by="source", **APRIL)
    for steps in (answer["steps"], *(group["steps"] for group in answer["groups"])):
        of_leads = [step for step in steps if step["key"] not in ("submissions", "inquiries", "repeat")]
        for step, following in pairwise(of_leads):
            assert step["entered"] == following["entered"] + step["lost_here"] + step["still_here"], step


async def test_top_of_the_funnel_balances_too(shop: Books) -> None:
    steps = await _steps(shop)
    submissions, inquiries = steps["submissions"], steps["inquiries"]
    assert submissions["lost_by_reason"] == {"interest": 1, "spam": 1}
    assert submissions["entered"] == inquiries["entered"] + submissions["lost_here"] + submissions["still_here"]
    assert inquiries["entered"] == steps["leads"]["entered"] + inquiries["joined_here"]


async def test_a_merge_and_its_undoing_keep_the_top_balanced(books: Books) -> None:
    state = lead(occurred_at=day(3), created_at=day(3))
    merged = state | {"version": 2, "status": "merged", "merged_into": str(new_id())}
    undone = state | {"version": 3}
    with clock.at(NOW):
        await books.tell(("lead.created", state), *came_by(state))
        for told, leads in ((merged, 0), (undone, 1)):
            await books.tell(("lead.merged", told))
            steps = await _steps(books)
            assert (steps["inquiries"]["entered"], steps["leads"]["entered"]) == (1, leads)
            assert steps["inquiries"]["joined_here"] == 1 - leads


async def test_the_lost_are_told_with_their_reasons(shop: Books) -> None:
    steps = await _steps(shop)
    assert (steps["leads"]["lost_here"], steps["leads"]["lost_by_reason"]) == (1, {"Дорого": 1})
    assert (steps["leads"]["still_here"], steps["contacted"]["still_here"], steps["qualified"]["still_here"]) == (
        1,
        1,
        1,
    )


async def test_times_to_the_next_step_are_medians_within_two_percent(shop: Books) -> None:
    steps = await _steps(shop)
    assert steps["leads"]["median_s_to_next"] == pytest.approx(2 * 3600, rel=0.021)
    assert steps["converted"]["median_s_to_next"] == pytest.approx(4 * 86_400, rel=0.021)
    assert steps["won"]["median_s_to_next"] is None


async def test_groups_have_the_steps_that_have_their_dimension(shop: Books) -> None:
    answer = await shop.get("funnel", by="owner", **APRIL)
    [anna] = [group for group in answer["groups"] if group["by"]["owner"] == ANNA]
    assert anna["by"]["owner_name"] == "Анна"
    assert {step["key"]: step["entered"] for step in anna["steps"]} == {
        "leads": 2,
        "contacted": 2,
        "qualified": 1,
        "converted": 1,
        "won": 1,
        "repeat": 0,
    }
    assert answer["read"] == "cells"


async def test_reasons_that_only_facts_know_are_read_when_asked_for(shop: Books) -> None:
    quick = await shop.get("funnel", by="source", **APRIL)
    whole = await shop.get("funnel", by="source", reasons="true", **APRIL)
    assert (quick["read"], whole["read"]) == ("cells", "facts")
    [yandex] = [group["steps"] for group in whole["groups"] if group["by"] == {"source": "yandex"}]
    assert [step["lost_by_reason"] for step in yandex if step["key"] == "leads"] == [{"Дорого": 1}]
    [unread] = [group["steps"] for group in quick["groups"] if group["by"] == {"source": "yandex"}]
    assert [step["lost_by_reason"] for step in unread if step["key"] == "leads"] == [None]


async def test_the_period_before_stands_beside_when_asked_for(shop: Books) -> None:
    answer = await shop.get("funnel", from_="2026-04-03", to="2026-04-05", compare_to="previous_period")
    assert (answer["previous"]["from"], answer["previous"]["to"]) == ("2026-04-01", "2026-04-03")
    entered = {step["key"]: step["entered"] for step in answer["previous"]["steps"]}
    assert entered["leads"] == 3


async def test_a_funnel_of_chosen_steps_answers_for_those_it_leaves_out(shop: Books) -> None:
    whole, few = await _steps(shop), await _steps(shop, steps="leads,qualified,won")
    assert list(few) == ["leads", "qualified", "won"]
    leads, qualified = few["leads"], few["qualified"]
    assert leads["entered"] == qualified["entered"] + leads["lost_here"] + leads["still_here"]
    assert leads["still_here"] == whole["leads"]["still_here"] + whole["contacted"]["still_here"]
    assert (leads["median_s_to_next"], qualified["from_first"]) == (None, pytest.approx(2 / 5))


async def test_steps_may_come_in_any_order_and_are_refused_when_there_are_none(shop: Books) -> None:
    turned = await _steps(shop, steps="won,leads")
    assert [(step["entered"], step["from_previous"]) for step in turned.values()] == [(1, None), (5, 5.0)]
    for steps in ("leads", "leads,happy"):
        problem = await shop.refused("funnel", {"steps": steps})
        assert (problem["type"], "won" in problem["allowed"]) == ("/problems/unknown-step", True)


async def test_the_groups_of_the_period_before_stand_beside_too(shop: Books) -> None:
    answer = await shop.get("funnel", by="source", from_="2026-04-03", to="2026-04-05", compare_to="previous_period")
    leads = {group["by"]["source"]: group["steps"][2]["entered"] for group in answer["previous"]["groups"]}
    assert leads == {"yandex": 3, None: 0}


async def test_with_basis_period_more_may_enter_a_step_than_the_one_before(shop: Books) -> None:
    steps = await _steps(shop, basis="period", from_="2026-04-09", to="2026-04-10")
    assert (steps["leads"]["entered"], steps["won"]["entered"]) == (0, 1)
    assert steps["won"]["from_previous"] is None
    assert steps["won"]["interval"] is None


async def test_an_empty_workspace_has_an_empty_funnel(books: Books) -> None:
    answer = await books.get("funnel")
    assert {step["entered"] for step in answer["steps"]} == {0}
    assert answer["groups"] is None


async def test_a_cohort_without_the_usual_time_is_marked_immature_and_not_read_as_lost(shop: Books) -> None:
    # Leads came to a sale within about a week; the three days to today are too few for the last of these.
    young = await _steps(shop, from_="2026-04-01", to="2026-04-08")
    assert [key for key, step in young.items() if step["immature"]] == ["converted", "won", "repeat"]
    with clock.at(NOW + timedelta(days=60)):
        old = await _steps(shop, from_="2026-04-01", to="2026-04-10")
    assert not any(step["immature"] for step in old.values())
    happened = await _steps(shop, basis="period")
    assert not any(step["immature"] for step in happened.values())


async def test_groups_by_any_dimension_of_leads_sum_to_the_whole(shop: Books) -> None:
    [leads] = [each for each in (await shop.get("metrics"))["items"] if each["key"] == "leads"]
    whole = await _steps(shop)
    for by in leads["dimensions"]:
        groups = (await shop.get("funnel", by=by, **APRIL))["groups"]
        for key in ("leads", "contacted", "qualified", "converted", "won"):
            steps = [step for group in groups for step in group["steps"] if step["key"] == key]
            assert sum(step["entered"] for step in steps) == whole[key]["entered"], (by, key)
