"""Rules over people in memory: who gets a lead, who is passed over and why, and what is left of it in words."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from crm_core.assignment.deciding import State, decide
from crm_core.assignment.facts import FIELDS, time_of_day
from crm_core.assignment.model import Asked, Person, Pool, Rule
from crm_core.conditions.tree import read
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
SALES, DOORS = UUID(int=100), UUID(int=200)
A, B, C = (UUID(int=number) for number in (1, 2, 3))


def somebody(user_id: UUID, **values: Any) -> Person:
    return Person(id=user_id, **{"team_id": SALES, "role": "manager", **values})


def rule(number: int = 1, *, when: Any = None, **values: Any) -> Rule:
    return Rule(id=UUID(int=1000 + number), key=f"rule {number}", condition=read(when, FIELDS), **values)


def state(*people: Person, now: datetime = NOON) -> State:
    return State(people={one.id: one for one in people}, turns={}, now=now)


def hot() -> dict[str, Any]:
    return {"field": "temperature", "op": "eq", "value": "hot"}


def test_the_first_rule_that_is_met_and_finds_somebody_decides():
    rules = [rule(1, when=hot(), pool=Pool(min_level=4)), rule(2)]
    here = state(somebody(A), somebody(B, level=5))
    assert decide(here, rules, Asked(facts={"temperature": "hot"})).owner_id == B
    cold = decide(here, rules, Asked(facts={"temperature": "cold"}))
    assert (cold.owner_id, cold.rule) == (A, rules[1])
    assert cold.tried[0] == {"rule": "rule 1", "met": False}


def test_who_is_passed_over_is_told_with_the_reason():
    people = [
        somebody(UUID(int=11), active=False),
        somebody(UUID(int=12), level=1),
        somebody(UUID(int=13), away="day_off"),
        somebody(UUID(int=14), daily_cap=3, today=3),
        somebody(UUID(int=15), open_cap=0),
        somebody(UUID(int=16), languages=frozenset(["en"])),
        somebody(UUID(int=17)),
        somebody(UUID(int=18)),
    ]
    wanted = Asked(facts={"language": "ru"}, excluded=frozenset([UUID(int=17)]))
    decision = decide(state(*people), [rule(pool=Pool(min_level=2, match=("language",)))], wanted)
    assert decision.owner_id == UUID(int=18)
    assert decision.tried[0]["skipped"] == {
        "inactive": [str(UUID(int=11))],
        "level": [str(UUID(int=12))],
        "day_off": [str(UUID(int=13))],
        "daily_cap": [str(UUID(int=14))],
        "open_cap": [str(UUID(int=15))],
        "language": [str(UUID(int=16))],
        "already_offered": [str(UUID(int=17))],
    }


def test_limits_that_a_rule_leaves_out_do_not_hold():
    away = somebody(A, away="outside_hours", daily_cap=0, open_cap=0)
    assert decide(state(away), [rule()], Asked()).owner_id is None
    assert decide(state(away), [rule(limits=())], Asked()).owner_id == A


@pytest.mark.parametrize(
    ("able", "wanted", "fits"),
    [
        ({"languages": frozenset(["en"])}, {"language": "en-GB"}, True),
        ({"languages": frozenset(["en"])}, {"language": "ru"}, False),
        ({"regions": frozenset(["ru"])}, {"region": "RU-MOW"}, True),
        ({"regions": frozenset(["ru-spe"])}, {"region": "RU-MOW"}, False),
        ({"skills": frozenset(["doors"])}, {"product": "Doors"}, True),
        ({"skills": frozenset(["doors"])}, {"product": "windows"}, False),
        ({"skills": frozenset(["doors"])}, {}, True),
        ({}, {"product": "windows", "language": "ru", "region": "RU"}, True),
    ],
)
def test_what_must_match_matches(able, wanted, fits):
    matching = rule(pool=Pool(match=("product", "language", "region")))
    decision = decide(state(somebody(A, **able)), [matching], Asked(facts=wanted))
    assert (decision.owner_id == A) is fits


def test_a_pool_is_who_it_names_and_the_managers_of_its_teams():
    people = [somebody(A), somebody(B, team_id=DOORS), somebody(C, role="head")]
    here = state(*people)
    assert decide(here, [rule(1, pool=Pool(teams=frozenset([DOORS])))], Asked()).owner_id == B
    assert decide(here, [rule(2, pool=Pool(users=frozenset([C])))], Asked()).owner_id == C
    named = rule(3, pool=Pool(users=frozenset([C]), teams=frozenset([DOORS])))
    assert {decide(here, [named], Asked()).owner_id for _ in range(4)} == {B, C}


def test_a_rule_that_finds_nobody_goes_on_keeps_the_lead_or_gives_it_to_a_head():
    people = [somebody(A, away="outside_hours"), somebody(B, role="head"), somebody(C, team_id=DOORS)]
    sales = Pool(teams=frozenset([SALES]))
    doors = rule(9, pool=Pool(teams=frozenset([DOORS])))
    assert decide(state(*people), [rule(pool=sales), doors], Asked()).owner_id == C
    kept = decide(state(*people), [rule(pool=sales, fallback="queue"), doors], Asked())
    assert (kept.owner_id, kept.team_id) == (None, SALES)
    headed = decide(state(*people), [rule(pool=sales, fallback="head"), doors], Asked())
    assert (headed.owner_id, headed.team_id) == (B, SALES)
    assert [one["rule"] for one in headed.tried] == ["rule 1", "rule 1:head"]


def test_a_head_who_is_away_gets_nothing_either():
    people = [somebody(B, role="head", away="holiday")]
    decision = decide(state(*people), [rule(pool=Pool(teams=frozenset([SALES])), fallback="head")], Asked())
    assert (decision.owner_id, decision.team_id) == (None, SALES)


def test_fewest_open_leads_and_among_equals_the_turn():
    here = state(somebody(A, open=2), somebody(B, open=1), somebody(C, open=1))
    given_ = [decide(here, [rule(strategy="least_open")], Asked()).owner_id for _ in range(5)]
    assert given_[:2] == [B, C]
    assert Counter(given_[2:]) == {A: 1, B: 1, C: 1}


def test_best_fit_prefers_who_can_and_experience_for_hot_leads():
    people = [
        somebody(A, skills=frozenset(["doors"]), level=1),
        somebody(B, skills=frozenset(["windows"]), level=5),
        somebody(C, level=4),
    ]
    fit = rule(strategy="best_fit")
    assert decide(state(*people), [fit], Asked(facts={"product": "doors"})).owner_id == A
    assert decide(state(*people), [fit], Asked(facts={"temperature": "hot"})).owner_id == B
    told = decide(state(*people), [fit], Asked(facts={"product": "doors", "temperature": "cold"})).tried[0]
    assert told["points"] == [40, -40, 0]


def test_sticky_goes_back_to_the_previous_owner_while_they_can():
    sticky = rule(strategy="sticky")
    here = state(somebody(A), somebody(B, open_cap=2))
    asked = Asked(previous_owner_id=B)
    assert [decide(here, [sticky], asked).owner_id for _ in range(3)] == [B, B, A]


def test_the_cursor_is_told_before_and_the_count_moves_after():
    here = state(somebody(A), somebody(B))
    first, second = (decide(here, [rule()], Asked()).tried[0] for _ in range(2))
    assert (first["given"], first["winner"]) == ([0, 0], str(A))
    assert (second["given"], second["winner"]) == ([1, 0], str(B))
    assert here.moved == {rule().id}


def test_time_of_day_is_the_workspaces():
    evening = rule(when={"field": "hour", "op": "gte", "value": 18})
    asked = Asked(facts=time_of_day(NOON.replace(hour=18)))
    assert decide(state(somebody(A)), [evening], asked).owner_id == A
    assert decide(state(somebody(A)), [evening], Asked(facts=time_of_day(NOON))).owner_id is None
    assert time_of_day(NOON) == {"hour": 12.5, "weekday": "wed"}


CAPS = st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=1, max_size=6)


@given(
    daily=CAPS,
    open_=st.integers(0, 4),
    leads=st.integers(0, 40),
    strategy=st.sampled_from(["round_robin", "weighted", "least_open"]),
)
def test_no_cap_is_ever_passed_and_every_lead_goes_out_while_there_is_room(daily, open_, leads, strategy):
    people = [somebody(UUID(int=n + 1), daily_cap=cap, open_cap=open_ * (n + 1)) for n, cap in enumerate(daily)]
    weights = {one.id: n + 1 for n, one in enumerate(people)}
    room = sum(min(one.open_cap or 0, leads if one.daily_cap is None else one.daily_cap) for one in people)
    here = state(*people)
    given_ = Counter(decide(here, [rule(strategy=strategy, weights=weights)], Asked()).owner_id for _ in range(leads))
    for one in people:
        assert given_[one.id] <= min(one.open_cap or 0, leads if one.daily_cap is None else one.daily_cap)
    assert sum(count for owner, count in given_.items() if owner is not None) == min(leads, room)


def test_a_batch_is_decided_as_single_leads_would_be():
    people = [somebody(UUID(int=n + 1), daily_cap=7 if n == 1 else None) for n in range(4)]
    together = state(*[replace(one) for one in people])
    at_once = [decide(together, [rule()], Asked()).owner_id for _ in range(40)]
    one_by_one, turns = [], dict[UUID, dict[UUID, int]]()
    singles = [replace(one) for one in people]
    for _ in range(40):
        alone = State(people={one.id: one for one in singles}, turns=turns, now=NOON)
        one_by_one.append(decide(alone, [rule()], Asked()).owner_id)
    assert at_once == one_by_one
