"""The rules of deals, with plain values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from crm_core.deals.rules import (
    ALLOWED,
    STAGE_RULES,
    DealFacts,
    Refusal,
    StageFacts,
    is_rotting,
    likely_deal_has_an_amount,
    lost_deal_has_a_reason,
    order_is_kept,
    other_reason_is_explained,
    passage_key,
    probability_of,
    refusals,
    required_fields_are_filled,
    stage_is_offered,
    won_deal_has_an_amount,
)

ID = UUID("0198f1d2-0000-7000-8000-000000000001")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST = StageFacts(id=ID)
WON = StageFacts(id=ID, outcome="won")
LOST = StageFacts(id=ID, outcome="lost")


def test_every_stage_rule_is_tested_here() -> None:
    assert set(STAGE_RULES) == {
        stage_is_offered,
        order_is_kept,
        required_fields_are_filled,
        likely_deal_has_an_amount,
        won_deal_has_an_amount,
        lost_deal_has_a_reason,
        other_reason_is_explained,
    }


def test_a_stage_gets_the_fields_it_asks_for() -> None:
    proposal = StageFacts(id=ID, required_fields=("amount", "custom.contract"))
    bare = DealFacts()
    assert required_fields_are_filled(bare, FIRST, proposal) == Refusal(
        ("/amount", "/custom/contract"), "must be filled before this stage"
    )
    priced = DealFacts(amount=Decimal(1), custom={"contract": ""})
    assert required_fields_are_filled(priced, FIRST, proposal) == Refusal(
        ("/custom/contract",), "must be filled before this stage"
    )
    assert required_fields_are_filled(DealFacts(amount=Decimal(1), custom={"contract": "7"}), FIRST, proposal) is None


def test_a_deal_goes_on_only_in_a_stage_that_is_offered() -> None:
    archived = StageFacts(id=ID, archived=True)
    assert stage_is_offered(DealFacts(), FIRST, archived) is not None
    assert stage_is_offered(DealFacts(), archived, FIRST) is None
    assert stage_is_offered(DealFacts(), archived, replace(archived, outcome="lost")) is None


@pytest.mark.parametrize(
    ("may_skip", "may_go_back", "entered", "passes"),
    [
        (True, True, 0, True), (True, True, 4, True),
        (False, True, 3, True), (False, True, 4, False), (False, True, 0, True),
        (True, False, 4, True), (True, False, 1, False), (True, False, 2, True),
    ],
)  # fmt: skip
def test_a_pipeline_may_forbid_to_leave_stages_out_or_to_go_back(
    may_skip: bool, may_go_back: bool, entered: int, passes: bool
) -> None:
    left = StageFacts(id=ID, pipeline_id=ID, position=2)
    to = StageFacts(id=ID, pipeline_id=ID, position=entered, may_skip=may_skip, may_go_back=may_go_back)
    assert (order_is_kept(DealFacts(), left, to) is None) == passes
    assert order_is_kept(DealFacts(), replace(left, archived=True), to) is None
    assert order_is_kept(DealFacts(), replace(left, pipeline_id=None), to) is None
    assert order_is_kept(DealFacts(), None, to) is None


def test_a_deal_likely_to_be_won_needs_an_amount_where_the_pipeline_says_so() -> None:
    closing = StageFacts(id=ID, probability=0.8, amount_needed_from=0.8)
    assert likely_deal_has_an_amount(DealFacts(), FIRST, closing) is not None
    assert likely_deal_has_an_amount(DealFacts(amount=Decimal(0)), FIRST, closing) is None
    assert likely_deal_has_an_amount(DealFacts(), FIRST, replace(closing, probability=0.7)) is None
    assert likely_deal_has_an_amount(DealFacts(), FIRST, replace(closing, amount_needed_from=None)) is None


def test_an_amount_of_nothing_is_an_amount() -> None:
    free = DealFacts(amount=Decimal(0))
    assert required_fields_are_filled(free, FIRST, StageFacts(id=ID, required_fields=("amount",))) is None
    assert won_deal_has_an_amount(free, FIRST, WON) is None


def test_won_deal_needs_an_amount() -> None:
    assert won_deal_has_an_amount(DealFacts(), FIRST, WON) == Refusal(("/amount",), "a won deal needs an amount")
    assert won_deal_has_an_amount(DealFacts(amount=Decimal(5)), FIRST, WON) is None
    assert won_deal_has_an_amount(DealFacts(), FIRST, LOST) is None


def test_lost_deal_needs_a_reason() -> None:
    assert lost_deal_has_a_reason(DealFacts(), FIRST, LOST) == Refusal(
        ("/loss_reason_id",), "a lost deal needs a reason"
    )
    assert lost_deal_has_a_reason(DealFacts(loss_reason_id=ID), FIRST, LOST) is None
    assert lost_deal_has_a_reason(DealFacts(), FIRST, FIRST) is None


@pytest.mark.parametrize(("note", "passes"), [(None, False), ("  ", False), ("moved abroad", True)])
def test_the_reason_other_needs_a_note(note: str | None, passes: bool) -> None:
    lost = DealFacts(loss_reason_id=ID, loss_reason_key="other", loss_note=note)
    assert (other_reason_is_explained(lost, FIRST, LOST) is None) == passes


def test_another_reason_needs_no_note() -> None:
    assert other_reason_is_explained(DealFacts(loss_reason_id=ID, loss_reason_key="spam"), FIRST, LOST) is None


def test_a_refused_step_is_told_all_its_reasons() -> None:
    demanding = StageFacts(id=ID, outcome="won", required_fields=("company_id",))
    assert [refusal.pointers for refusal in refusals(DealFacts(), None, demanding)] == [("/company_id",), ("/amount",)]


def test_a_closed_deal_can_only_be_reopened_or_handed_over() -> None:
    assert ALLOWED == {
        "open": ("move", "win", "lose", "assign"),
        "won": ("reopen", "assign"),
        "lost": ("reopen", "assign"),
    }


@pytest.mark.parametrize(
    ("status", "days_in_stage", "limit", "rotting"),
    [("open", 8, 7, True), ("open", 7, 7, False), ("open", 900, None, False), ("won", 900, 7, False)],
)
def test_an_open_deal_rots_past_the_limit_of_its_stage(
    status: str, days_in_stage: int, limit: int | None, rotting: bool
) -> None:
    assert is_rotting(status, NOW - timedelta(days=days_in_stage), limit, now=NOW) is rotting


def test_a_closed_deal_is_certain() -> None:
    assert [probability_of(status, 0.4) for status in ("open", "won", "lost")] == [0.4, 1.0, 0.0]


def test_an_entry_is_noted_under_its_stage_or_its_end() -> None:
    assert [passage_key(status, ID) for status in ("open", "won", "lost")] == [str(ID), "won", "lost"]
