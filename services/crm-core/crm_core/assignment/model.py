"""What assignment decides over: rules, the people who may get a lead, and the leads that need one. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from crm_core.conditions.tree import All, Condition

StrategyName = Literal["round_robin", "weighted", "least_open", "best_fit", "sticky"]
Fallback = Literal["next_rule", "queue", "head"]
Matched = Literal["product", "language", "region"]
Limit = Literal["working_hours", "daily_cap", "open_cap"]
Why = Literal[
    "inactive", "already_offered", "level", "skill", "product", "language", "region", "outside_hours", "break",
    "day_off", "holiday", "paused", "daily_cap", "open_cap",
]  # fmt: skip

EVERY_LIMIT: tuple[Limit, ...] = ("working_hours", "daily_cap", "open_cap")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """Among whom a rule chooses: these users and all managers of these teams (neither named: all managers), narrowed to
    who has all the skills and the level, and to who fits the lead in what must match."""

    users: frozenset[UUID] = frozenset()
    teams: frozenset[UUID] = frozenset()
    skills: frozenset[str] = frozenset()
    min_level: int = 1
    match: tuple[Matched, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule. `key` names it in explanations; `team_id` is where a lead waits that it gave to nobody; `response` says
    what is expected of who gets the lead, and by when."""

    id: UUID
    key: str
    condition: Condition = field(default_factory=All)
    pool: Pool = field(default_factory=Pool)
    strategy: StrategyName = "round_robin"
    weights: Mapping[UUID, int] = field(default_factory=dict)
    limits: tuple[Limit, ...] = EVERY_LIMIT
    fallback: Fallback = "next_rule"
    team_id: UUID | None = None
    response: Mapping[str, Any] | None = None


@dataclass(kw_only=True, slots=True)
class Person:
    """Somebody who may get leads. `away` says why not now; an empty set of languages, regions or skills has no limits.
    `today` and `open` count what they were given since `day_began` in their zone, and what they have open; both grow as
    leads are given, and are only known where a cap or a strategy asks for them."""

    id: UUID
    team_id: UUID | None
    role: str
    active: bool = True
    level: int = 3
    skills: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    away: Why | None = None
    day_began: datetime | None = None
    daily_cap: int | None = None
    open_cap: int | None = None
    today: int = 0
    open: int = 0
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """`key` is the id as explanations hold it: written once, since it stands in thousands of them."""
        self.key = str(self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A lead that needs an owner, as rules see it: `facts` by field name. Not to `excluded`: they had it already."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    team_id: UUID | None = None
    previous_owner_id: UUID | None = None
    excluded: frozenset[UUID] = frozenset()

    def text(self, name: str) -> str | None:
        """A fact as it is compared with what people can do."""
        value = self.facts.get(name)
        return str(value).casefold() if value else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """Who gets a lead (None: it waits with `team_id`), by which rule, and all that was tried, in order."""

    owner_id: UUID | None
    team_id: UUID | None
    rule: Rule | None
    tried: Sequence[Mapping[str, Any]]
