"""Round robin as arithmetic: never more than one apart, whoever comes and goes."""

from typing import Any
from uuid import UUID

from crm_core.assignment.rules import distribute, present_counts
from hypothesis import given
from hypothesis import strategies as st

USERS = [UUID(int=number) for number in range(1, 9)]
STEPS = st.lists(st.tuples(st.sets(st.sampled_from(USERS)), st.integers(0, 40)), max_size=30)


def test_everybody_is_next_in_turn():
    owners, counts = distribute(dict.fromkeys(USERS[:3], 0), 7)
    assert owners == [*USERS[:3], *USERS[:3], USERS[0]]
    assert counts == {USERS[0]: 3, USERS[1]: 2, USERS[2]: 2}


def test_nobody_present_gets_nothing():
    assert distribute({}, 5) == ([], {})


@given(batches=st.lists(st.integers(0, 50), max_size=30), users=st.integers(1, 8))
def test_counts_of_constant_users_differ_by_at_most_one_after_every_batch(batches, users):
    counts = dict.fromkeys(USERS[:users], 0)
    for batch in batches:
        owners, counts = distribute(counts, batch)
        assert len(owners) == batch
        assert max(counts.values()) - min(counts.values()) <= 1
    assert sum(counts.values()) == sum(batches)


@given(steps=STEPS)
def test_whoever_comes_and_goes_counts_of_those_present_differ_by_at_most_one(steps):
    given_: dict[Any, int] = {}
    for present, leads in steps:
        counts = present_counts(given_, sorted(present))
        assert counts.keys() == present
        owners, given_ = distribute(counts, leads)
        assert len(owners) == (leads if present else 0)
        if present:
            assert max(given_.values()) - min(given_.values()) <= 1


@given(leads=st.integers(1, 100))
def test_a_batch_gives_what_single_leads_would_have(leads):
    together, _ = distribute(dict.fromkeys(USERS[:3], 0), leads)
    counts, one_by_one = dict.fromkeys(USERS[:3], 0), []
    for _ in range(leads):
        owners, counts = distribute(counts, 1)
        one_by_one += owners
    assert together == one_by_one


def test_who_joins_starts_at_the_present_minimum():
    assert present_counts({USERS[0]: 10, USERS[1]: 9}, USERS[:3]) == {USERS[0]: 10, USERS[1]: 9, USERS[2]: 9}


def test_who_left_and_comes_back_is_not_flooded():
    away = present_counts({USERS[0]: 5, USERS[1]: 5}, [USERS[0]])
    _, counts = distribute(away, 20)
    assert present_counts(counts, USERS[:2]) == {USERS[0]: 25, USERS[1]: 25}
