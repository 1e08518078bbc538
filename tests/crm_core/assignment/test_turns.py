"""Turns as arithmetic: never more than one apart, nor a whole lead away from a share, whoever comes and goes."""

from uuid import UUID

from crm_core.assignment.turns import next_in_turn, present_counts
from hypothesis import given
from hypothesis import strategies as st

USERS = [UUID(int=number) for number in range(1, 9)]
STEPS = st.lists(st.tuples(st.sets(st.sampled_from(USERS), min_size=1), st.integers(0, 40)), max_size=30)
WEIGHTS = st.lists(st.integers(1, 30), min_size=1, max_size=8)


def give(counts, leads, weights=None):
    owners = []
    for _ in range(leads):
        owners.append(next_in_turn(counts, weights))
        counts[owners[-1]] += 1
    return owners


def test_everybody_is_next_in_turn():
    counts = dict.fromkeys(USERS[:3], 0)
    assert give(counts, 7) == [*USERS[:3], *USERS[:3], USERS[0]]
    assert counts == {USERS[0]: 3, USERS[1]: 2, USERS[2]: 2}


@given(steps=STEPS)
def test_whoever_comes_and_goes_counts_of_those_present_differ_by_at_most_one(steps):
    counts: dict[UUID, int] = {}
    for present, leads in steps:
        counts = present_counts(counts, sorted(present))
        assert counts.keys() == present
        give(counts, leads)
        assert max(counts.values()) - min(counts.values()) <= 1


@given(shares=WEIGHTS, leads=st.integers(1, 200))
def test_by_weight_nobody_is_ever_a_whole_lead_away_from_their_share(shares, leads):
    weights = dict(zip(USERS, shares, strict=False))
    counts, total = dict.fromkeys(weights, 0), sum(shares)
    for turn in range(1, leads + 1):
        give(counts, 1, weights)
        assert all(abs(counts[user] - weight * turn / total) < 1 for user, weight in weights.items())


def test_equal_weights_are_turns():
    plain, weighed = dict.fromkeys(USERS, 0), dict.fromkeys(USERS, 0)
    assert give(plain, 50) == give(weighed, 50, dict.fromkeys(USERS, 3))


def test_who_joins_starts_at_the_present_minimum():
    assert present_counts({USERS[0]: 10, USERS[1]: 9}, USERS[:3]) == {USERS[0]: 10, USERS[1]: 9, USERS[2]: 9}


def test_who_joins_with_a_weight_starts_at_their_share_of_what_others_had():
    weights = {USERS[0]: 2, USERS[1]: 1, USERS[2]: 3}
    assert present_counts({USERS[0]: 20, USERS[1]: 10}, USERS[:3], weights) == {
        USERS[0]: 20,
        USERS[1]: 10,
        USERS[2]: 30,
    }


def test_who_left_and_comes_back_is_not_flooded():
    counts = present_counts({USERS[0]: 5, USERS[1]: 5}, [USERS[0]])
    give(counts, 20)
    assert present_counts(counts, USERS[:2]) == {USERS[0]: 25, USERS[1]: 25}
