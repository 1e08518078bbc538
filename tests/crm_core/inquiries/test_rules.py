"""Where an inquiry goes, decided over plain values."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from crm_core.inquiries.rules import FoundDeal, FoundLead, decide

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PHONE, EMAIL, MESSENGER, THREAD = 0, 1, 2, -1


def lead(number, status="assigned", rank=PHONE, minutes=0):
    return FoundLead(UUID(int=number), status, rank, NOON + timedelta(minutes=minutes))


def deal(number, rank=PHONE, minutes=0):
    return FoundDeal(UUID(int=number), rank, NOON + timedelta(minutes=minutes))


def decided(leads=(), deals=(), *, known=False, policy="reopen"):
    decision = decide(list(leads), list(deals), known_contact=known, policy=policy)
    place = decision.lead_id or decision.deal_id
    return decision.outcome, place and place.int


@pytest.mark.parametrize("status", ["new", "assigned", "in_progress", "qualified"])
def test_an_open_lead_gets_it(status):
    assert decided([lead(1, status)]) == ("attach", 1)


def test_a_postponed_lead_comes_back():
    assert decided([lead(1, "postponed")]) == ("return", 1)


def test_an_open_lead_goes_before_a_postponed_one_of_the_same_address():
    assert decided([lead(1, "postponed", minutes=9), lead(2)]) == ("attach", 2)


def test_among_several_the_one_with_the_latest_activity():
    assert decided([lead(1), lead(2, minutes=5), lead(3, minutes=3)]) == ("attach", 2)


def test_phone_goes_before_email_before_messenger_whatever_was_later():
    assert decided([lead(1, rank=MESSENGER, minutes=9), lead(2, rank=EMAIL, minutes=5), lead(3)]) == ("attach", 3)
    assert decided([lead(1, rank=MESSENGER, minutes=9), lead(2, rank=EMAIL)]) == ("attach", 2)


def test_an_open_lead_goes_before_an_open_deal():
    assert decided([lead(1)], [deal(2)]) == ("attach", 1)


def test_the_newest_open_deal_goes_before_a_disqualified_lead():
    assert decided([lead(1, "disqualified")], [deal(2), deal(3, minutes=1)]) == ("deal", 3)


def test_a_disqualified_lead_is_reopened_if_the_workspace_says_so():
    leads = [lead(1, "disqualified"), lead(2, "disqualified", minutes=1)]
    assert decided(leads) == ("reopen", 2)
    assert decided(leads, policy="new") == ("create", None)


@pytest.mark.parametrize("status", ["converted", "merged"])
def test_a_converted_lead_never_takes_another_inquiry(status):
    assert decided([lead(1, status)]) == ("create", None)


def test_the_lead_of_the_thread_goes_before_everything():
    assert decided([lead(1, minutes=9), lead(2, rank=THREAD)], [deal(3)]) == ("attach", 2)
    assert decided([lead(1), lead(2, "postponed", rank=THREAD)]) == ("return", 2)


def test_the_open_deal_that_the_threads_lead_became_goes_before_an_open_lead_of_the_person():
    assert decided([lead(1), lead(2, "converted", rank=THREAD)], [deal(3, rank=THREAD)]) == ("deal", 3)


def test_a_thread_that_ended_leaves_it_to_the_person():
    assert decided([lead(1, "converted", rank=THREAD), lead(2)]) == ("attach", 2)
    assert decided([lead(1, "disqualified", rank=THREAD), lead(2, "disqualified", minutes=9)]) == ("reopen", 1)


@pytest.mark.parametrize(
    ("leads", "known", "repeat"),
    [([], False, False), ([], True, True), ([lead(1, "converted")], False, True)],
)
def test_a_new_lead_of_a_known_person_is_a_repeat(leads, known, repeat):
    decision = decide(leads, [], known_contact=known, policy="reopen")
    assert (decision.outcome, decision.repeat) == ("create", repeat)
