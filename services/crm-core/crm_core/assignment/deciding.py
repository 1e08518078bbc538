"""Giving leads out by the rules, one after the other, over what was read for a whole batch. Pure: it asks nobody, and
the counts it works on are the caller's to store."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from crm_core.assignment.limits import standing, taken, unfit
from crm_core.assignment.model import Asked, Decision, Person, Pool, Rule
from crm_core.assignment.strategies import choose
from crm_core.assignment.turns import present_counts
from crm_core.conditions.facts import holds

SELLING = "manager"
HEAD = "head"
Skipped = dict[str, list[str]]


class Suited(NamedTuple):
    """Who of a pool suits leads of one kind, and who gets none of them, by the reason. Shared by many explanations:
    never changed."""

    people: Sequence[Person]
    skipped: Skipped


@dataclass(slots=True)
class Standing:
    """A rule's pool as it is during a batch: who may get leads, and who may not whichever it is, by the reason.
    `suited` has those found for leads that say the same in what must match."""

    team_id: UUID | None
    there: list[Person]
    skipped: Skipped
    suited: dict[tuple[str | None, ...], Suited] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class State:
    """What decisions read and move on: the people, how many each was given by which rule (`turns`, by the rule's id),
    and which of them were moved (`moved`). `now` is in the workspace's zone, which rules mean when they ask for the
    time of day."""

    people: Mapping[UUID, Person]
    turns: MutableMapping[UUID, dict[UUID, int]]
    now: datetime
    moved: set[UUID] = field(default_factory=set)
    standing: dict[UUID, Standing] = field(default_factory=dict)


def decide(state: State, rules: Sequence[Rule], lead: Asked) -> Decision:
    """Who gets the lead by the first rule whose condition it meets and that finds somebody; nobody, where a rule keeps
    it in its queue or none is left. Moves the counts of whoever gets it."""
    tried: list[Mapping[str, Any]] = []
    waits_with = lead.team_id
    for rule in rules:
        if not holds(rule.condition, lead.facts, now=state.now):
            tried.append({"rule": rule.key, "met": False})
            continue
        team_id = _standing(state, rule).team_id
        winner = _given(state, rule, lead, tried)
        if winner is None and rule.fallback == "head" and (heads := _heads(state, rule, team_id)):
            winner = _given(state, heads, lead, tried)
        if winner is not None:
            return Decision(owner_id=winner.id, team_id=winner.team_id or team_id, rule=rule, tried=tried)
        waits_with = team_id or waits_with
        if rule.fallback != "next_rule":
            break
    return Decision(owner_id=None, team_id=waits_with, rule=None, tried=tried)


def _given(state: State, rule: Rule, lead: Asked, tried: list[Mapping[str, Any]]) -> Person | None:
    """Who of the rule's pool gets the lead; what was looked at is noted in `tried`."""
    pool = _standing(state, rule)
    can, skipped = _able(_suited(pool, rule, lead), rule, lead)
    counts = state.turns[rule.id]
    told = {
        "rule": rule.key, "met": True, "strategy": rule.strategy, "team_id": text_of(pool.team_id),
        "candidates": [person.key for person in can], "given": [counts[person.id] for person in can],
        "skipped": skipped, "winner": None,
    }  # fmt: skip
    tried.append(told)
    if not can:
        return None
    winner_id, points = choose(rule, can, lead, counts)
    if points:
        told["points"] = [points[person.id] for person in can]
    winner = state.people[winner_id]
    told["winner"] = winner.key
    counts[winner_id] += 1
    winner.today += 1
    winner.open += 1
    state.moved.add(rule.id)
    return winner


def _suited(pool: Standing, rule: Rule, lead: Asked) -> Suited:
    """Those who are there and fit the lead in what must match, found once for all leads that say the same."""
    kind = tuple([lead.text(name) for name in rule.pool.match])
    known = pool.suited.get(kind)
    if known is None:
        people, skipped = list[Person](), {why: list(users) for why, users in pool.skipped.items()}
        for person in pool.there:
            why = unfit(person, rule, lead)
            if why is None:
                people.append(person)
            else:
                skipped.setdefault(why, []).append(person.key)
        known = pool.suited[kind] = Suited(people, skipped)
    return known


def _able(suited: Suited, rule: Rule, lead: Asked) -> Suited:
    """Of those the ones who can take one more; the same value where all can."""
    reasons = [taken(person, rule, lead) for person in suited.people]
    if not any(reasons):
        return suited
    skipped = {why: list(users) for why, users in suited.skipped.items()}
    for person, why in zip(suited.people, reasons, strict=True):
        if why is not None:
            skipped.setdefault(why, []).append(person.key)
    return Suited([person for person, why in zip(suited.people, reasons, strict=True) if why is None], skipped)


def _standing(state: State, rule: Rule) -> Standing:
    """The pool of a rule, found once a batch; from then on its turn counts exactly those who are there."""
    known = state.standing.get(rule.id)
    if known is None:
        there, skipped = list[Person](), Skipped()
        for person in state.people.values():
            if belongs(person, rule.pool):
                why = standing(person, rule)
                if why is None:
                    there.append(person)
                else:
                    skipped.setdefault(why, []).append(person.key)
        [team_id] = rule.pool.teams if len(rule.pool.teams) == 1 else [rule.team_id]
        known = state.standing[rule.id] = Standing(team_id, there, skipped)
        weights = rule.weights if rule.strategy == "weighted" else None
        given = state.turns.get(rule.id, {})
        state.turns[rule.id] = present_counts(given, [person.id for person in there], weights)
    return known


def belongs(person: Person, pool: Pool) -> bool:
    """Whether somebody is of a pool: named, or a manager of one of its teams, or a manager where it names nobody."""
    if person.id in pool.users:
        return True
    if person.role != SELLING:
        return False
    return person.team_id in pool.teams if pool.teams else not pool.users


def _heads(state: State, rule: Rule, team_id: UUID | None) -> Rule | None:
    """The rule by which heads get what the pool could not take: those of its team, else those above all teams."""
    heads = [person for person in state.people.values() if person.role == HEAD]
    near = [person.id for person in heads if team_id is not None and person.team_id == team_id]
    users = frozenset(near or [person.id for person in heads if person.team_id is None])
    if not users:
        return None
    return Rule(
        id=uuid5(rule.id, HEAD), key=f"{rule.key}:{HEAD}", pool=Pool(users=users), limits=rule.limits, team_id=team_id
    )


def text_of(value: UUID | None) -> str | None:
    """An id as explanations hold it."""
    return None if value is None else str(value)
