"""Pauses between attempts."""

import random

from lead_intake.delivery.rules import LONGEST_PAUSE_S, pause_after


def test_pauses_grow_to_half_a_minute_and_never_end() -> None:
    jitter = random.Random(1)
    pauses = [pause_after(failures, jitter=jitter).total_seconds() for failures in range(1, 2000)]
    assert 0.25 <= pauses[0] <= 0.5
    assert pauses[4] > pauses[0]
    assert all(LONGEST_PAUSE_S / 2 <= pause <= LONGEST_PAUSE_S for pause in pauses[10:])


def test_workers_that_failed_together_do_not_come_back_together() -> None:
    assert len({pause_after(5, jitter=random.Random(seed)) for seed in range(20)}) == 20
