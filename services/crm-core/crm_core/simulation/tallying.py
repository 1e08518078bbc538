"""What a simulation counts while it goes on, and the sentence of it all at the end. Pure."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

Tally = MutableMapping[str, list[int]]
"""By the rule's id: how many leads met it when it was its turn, it gave, and it found nobody for."""

BY_TURN = "by_turn"


class Pair(NamedTuple):
    """How many leads went from who had them first in fact to who would get them."""

    was_owner_id: UUID | None
    owner_id: UUID | None
    leads: int


def count(tally: Tally, rules: Collection[str], tried: Sequence[Mapping[str, Any]]) -> None:
    """Adds what one decision tried; what is no rule of the set is the turn within a team. Heads who got what a rule's
    pool could not take are counted with that rule."""
    won: dict[str, bool] = {}
    for entry in tried:
        if entry["met"]:
            key = entry["rule"].partition(":")[0]
            key = key if key in rules else BY_TURN
            won[key] = won.get(key, False) or entry["winner"] is not None
    for key, gave in won.items():
        counts = tally.setdefault(key, [0, 0, 0])
        counts[0] += 1
        counts[1 if gave else 2] += 1


def result_of(
    pairs: Sequence[Pair],
    tally: Mapping[str, Sequence[int]],
    rules: Sequence[Mapping[str, Any]],
    names: Mapping[UUID, str],
) -> dict[str, Any]:
    """What came of a simulation, as its `result` is stored."""
    would, did = dict[UUID | None, int](), dict[UUID | None, int]()
    for pair in pairs:
        would[pair.owner_id] = would.get(pair.owner_id, 0) + pair.leads
        did[pair.was_owner_id] = did.get(pair.was_owner_id, 0) + pair.leads
    users = [user for user in would.keys() | did.keys() if user is not None]
    users.sort(key=lambda user: (-would.get(user, 0), -did.get(user, 0), user))
    return {
        "users": [
            {"user_id": str(user), "name": names.get(user, ""), "would": would.get(user, 0), "did": did.get(user, 0)}
            for user in users
        ],
        "same": sum(pair.leads for pair in pairs if pair.owner_id == pair.was_owner_id),
        "different": sum(pair.leads for pair in pairs if pair.owner_id != pair.was_owner_id),
        "nobody": would.get(None, 0),
        "nobody_did": did.get(None, 0),
        "rules": [
            *(_line(rule["id"], rule["name"], tally.get(rule["id"])) for rule in rules),
            *([_line(None, None, tally[BY_TURN])] if BY_TURN in tally else []),
        ],
    }  # fmt: skip


def _line(rule_id: str | None, name: str | None, counts: Sequence[int] | None) -> dict[str, Any]:
    met, gave, nobody = counts or (0, 0, 0)
    return {"rule_id": rule_id, "name": name, "met": met, "gave": gave, "nobody": nobody}
