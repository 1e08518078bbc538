"""Pauses between attempts, and rests while the door is busy."""

import random

from hypothesis import given
from hypothesis import strategies as st
from lead_intake.delivery.pacing import BATCH, LEAST, LONGEST_REST_S, RUSH, pace_at
from lead_intake.delivery.rules import LONGEST_PAUSE_S, pause_after


def test_pauses_grow_to_half_a_minute_and_never_end() -> None:
    jitter = random.Random(1)
    pauses = [pause_after(failures, jitter=jitter).total_seconds() for failures in range(1, 2000)]
    assert 0.25 <= pauses[0] <= 0.5
    assert pauses[4] > pauses[0]
    assert all(LONGEST_PAUSE_S / 2 <= pause <= LONGEST_PAUSE_S for pause in pauses[10:])


def test_workers_that_failed_together_do_not_come_back_together() -> None:
    assert len({pause_after(5, jitter=random.Random(seed)) for seed in range(20)}) == 20


def test_delivery_does_not_rest_while_few_forms_come_in() -> None:
    pace = pace_at(RUSH / 3, rush=RUSH)
    assert (pace.batch, pace.rest_s(0.7)) == (BATCH, 0)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 60))
def test_the_more_comes_in_the_longer_are_the_rests_but_they_end(one: float, other: float, took_s: float) -> None:
    calmer, busier = (pace_at(arriving, rush=RUSH) for arriving in sorted((one, other)))
    assert LEAST <= busier.share <= calmer.share <= 1
    assert 0 <= calmer.rest_s(took_s) <= busier.rest_s(took_s) <= LONGEST_REST_S
