"""What a fact counts for: on which day, for whom, and how a case that stands balances."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from analytics.projections.cells import PLACE, Frame, case_marks, inquiry_marks, submission_marks
from analytics.projections.facts import deal_row, inquiry_row, lead_row, submission_row
from analytics.projections.measures import FAMILIES, MEASURES, STEPS, bucket_of, seconds_of
from hypothesis import given, settings
from hypothesis import strategies as st
from leadkit.ids import NIL

from tests.analytics.projections.histories import (
    REASON,
    START,
    TEAMS,
    USERS,
    attribution,
    deal,
    inquiry,
    lead,
    newest,
    seeds,
    submission,
    told,
    told_batches,
)

MOSCOW = Frame(ZoneInfo("Europe/Moscow"), "RUB")


def counted(
    lead_state: dict[str, Any] | None, *deals: dict[str, Any], frame: Frame = MOSCOW
) -> dict[tuple[str, str], dict[str, Any]]:
    """Basis and measure -> the mark by names, with its n and amount."""
    row = lead_row(NIL, lead_state) if lead_state else None
    marks = case_marks(row, [deal_row(NIL, each) for each in deals], frame)
    named = (*PLACE, "measure", "bucket", "n", "amount")
    told: list[dict[str, Any]] = [dict(zip(named, (*place, *sums), strict=True)) for place, *sums in marks]
    return {(mark["basis"], mark["measure"]): mark for mark in told}


def _after(hours: float) -> str:
    return told(START + timedelta(hours=hours))


def test_a_lead_counts_on_its_local_day_and_hour() -> None:
    mark = counted(lead())["cohort", "leads"]
    assert (mark["day"], mark["weekday"], mark["hour_of_day"]) == (date(2026, 3, 27), "5", "23")


def test_another_zone_gives_another_day() -> None:
    mark = counted(lead(), frame=Frame(ZoneInfo("Asia/Vladivostok"), "RUB"))["cohort", "leads"]
    assert (mark["day"], mark["weekday"], mark["hour_of_day"]) == (date(2026, 3, 28), "6", "06")


def test_a_step_counts_with_any_later_one() -> None:
    marks = counted(lead(status="converted", reached={"converted": _after(5)}))
    assert {measure for basis, measure in marks if basis == "period"} >= {"contacted", "qualified", "converted"}


def test_period_gives_a_step_to_the_owner_of_that_moment_and_cohort_to_the_owner_of_now() -> None:
    first = {"owner_id": str(USERS[0]), "team_id": str(TEAMS[0])}
    second = {"owner_id": str(USERS[1]), "team_id": str(TEAMS[1])}
    marks = counted(
        lead(
            **second,
            owners=[first | {"at": _after(0.1)}, second | {"at": _after(30)}],
            status="qualified",
            reached={"in_progress": _after(1), "qualified": _after(48)},
        )
    )
    assert marks["period", "leads"]["owner"] == str(USERS[0])
    assert marks["period", "contacted"]["owner"] == str(USERS[0])
    assert marks["period", "qualified"]["owner"] == str(USERS[1])
    assert marks["cohort", "contacted"]["owner"] == str(USERS[1])
    assert marks["cohort", "contacted"]["team"] == str(TEAMS[1])


def test_period_counts_a_step_on_its_day_and_cohort_on_the_day_of_the_lead() -> None:
    marks = counted(lead(status="in_progress", reached={"in_progress": _after(48)}))
    assert marks["period", "contacted"]["day"] == date(2026, 3, 29)
    assert marks["cohort", "contacted"]["day"] == date(2026, 3, 27)


def test_a_merged_lead_counts_as_nothing_else() -> None:
    marks = counted(lead(status="merged", reached={"in_progress": _after(1)}))
    assert {measure for _, measure in marks} == {"merged"}


def test_a_refused_lead_is_lost_at_its_furthest_step_with_the_reason() -> None:
    reached = {"in_progress": _after(1), "disqualified": _after(2)}
    marks = counted(lead(status="disqualified", loss_reason_id=str(REASON), reached=reached))
    assert marks["cohort", "lost_contacted"]["loss_reason"] == str(REASON)
    assert ("cohort", "here_contacted") not in marks


def test_a_reopened_lead_is_no_longer_lost() -> None:
    reached = {"in_progress": _after(1), "disqualified": _after(2)}
    marks = counted(lead(status="in_progress", reached=reached))
    assert ("cohort", "here_contacted") in marks
    assert ("cohort", "disqualified") not in marks


def test_a_deal_counts_by_the_source_and_on_the_day_of_its_lead() -> None:
    first = lead(attribution=attribution(source="yandex"), channel="form", product="окна")
    marks = counted(first, deal(lead_id=first["id"], created_at=_after(72)))
    assert marks["cohort", "deals"]["source"] == "yandex"
    assert marks["cohort", "deals"]["product"] == "окна"
    assert marks["cohort", "deals"]["day"] == date(2026, 3, 27)
    assert marks["period", "deals"]["day"] == date(2026, 3, 30)


def test_a_deal_without_a_lead_counts_on_its_own_day() -> None:
    marks = counted(None, deal(created_at=_after(72)))
    assert marks["cohort", "deals"]["day"] == date(2026, 3, 30)
    assert marks["cohort", "deals"]["source"] == ""


def test_revenue_is_the_amount_of_won_deals() -> None:
    marks = counted(None, deal(status="won", won_at=_after(1), amount="1500.50"))
    assert str(marks["cohort", "won"]["amount"]) == "1500.50"
    assert ("cohort", "deals_open") not in marks


def test_the_forecast_weighs_open_deals_by_probability() -> None:
    assert counted(None, deal(amount="1000.00", probability=0.3))["cohort", "forecast"]["amount"] == 300


def test_another_currency_adds_no_amount_and_is_told() -> None:
    marks = counted(None, deal(currency="EUR"))
    assert marks["cohort", "deals"]["amount"] == 0
    assert marks["cohort", "unconverted"]["n"] == 1


def test_a_converted_lead_is_lost_when_all_its_deals_are() -> None:
    converted = lead(status="converted", reached={"converted": _after(1)})
    lost = deal(lead_id=converted["id"], status="lost", lost_at=_after(2))
    assert ("cohort", "lost_converted") in counted(converted, lost)
    assert ("cohort", "here_converted") in counted(converted, lost, deal(lead_id=converted["id"]))


def test_two_won_deals_of_a_lead_make_one_customer() -> None:
    converted = lead(status="converted", reached={"converted": _after(1)})
    marks = case_marks(
        lead_row(NIL, converted),
        [deal_row(NIL, deal(lead_id=converted["id"], status="won", won_at=_after(2))) for _ in range(2)],
        MOSCOW,
    )
    assert [measure for place, measure, *_ in marks if place[1] == "cohort"].count("customers") == 1
    assert [measure for place, measure, *_ in marks if place[1] == "cohort"].count("won") == 2


def test_the_first_response_is_measured_from_the_lead() -> None:
    marks = counted(lead(first_response_at=_after(0.5), respond_by=_after(1)))
    assert marks["cohort", "first_response"]["bucket"] == bucket_of(1800)
    assert marks["cohort", "answered_in_time"]["n"] == 1


def test_an_answer_past_the_deadline_is_not_in_time() -> None:
    marks = counted(lead(first_response_at=_after(2), respond_by=_after(1)))
    assert ("cohort", "with_deadline") in marks
    assert ("cohort", "answered_in_time") not in marks


def test_entries_into_a_stage_are_counted_each_time_and_reaching_it_once() -> None:
    state = deal()
    stage = state["stage_id"]
    marks = counted(None, state | {"passages": {stage: 3}})
    assert marks["cohort", "stage_reached"]["n"] == 1
    assert marks["cohort", "stage_passages"]["n"] == 3


@pytest.mark.parametrize(("status", "measure"), [("pending", "waiting"), ("ready", "waiting"), ("spam", "spam")])
def test_a_submission_counts_as_received_and_as_what_became_of_it(status: str, measure: str) -> None:
    marks = submission_marks(submission_row(NIL, submission(status=status)), MOSCOW)
    assert [measure for place, measure, *_ in marks if place[1] == "cohort"] == ["submissions", measure]


def test_an_inquiry_without_lead_intake_is_direct() -> None:
    marks = inquiry_marks(inquiry_row(NIL, inquiry(direct=True, result="attached")), MOSCOW)
    assert {measure for _, measure, *_ in marks} == {"inquiries", "inquiries_attached", "direct"}


def test_an_inquiry_is_never_later_than_it_was_received() -> None:
    row = inquiry_row(NIL, inquiry(occurred_at=_after(9), received_at=_after(1)))
    assert row.occurred_at == START + timedelta(hours=1)


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_every_step_balances(seed: int) -> None:
    for state in newest([event for batch in told_batches(seed) for event in batch], "lead"):
        measures = {measure for basis, measure in counted(state) if basis == "cohort"}
        entered = [step in measures for step in (*STEPS[:-1], "customers")]
        for place, step in enumerate(STEPS[:-1]):
            stands = (f"lost_{step}" in measures) + (f"here_{step}" in measures)
            assert entered[place] == entered[place + 1] + stands


@given(st.integers(2, 10**9))
def test_a_bucket_is_right_within_two_percent(seconds: int) -> None:
    assert seconds_of(bucket_of(seconds)) == pytest.approx(seconds, rel=0.0201)


def test_every_measure_lies_in_families_that_exist() -> None:
    assert all(set(measure.families) <= set(FAMILIES) for measure in MEASURES)
    assert len({measure.key for measure in MEASURES}) == len(MEASURES)
