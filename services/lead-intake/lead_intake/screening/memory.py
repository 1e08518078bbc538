"""Words that several people sent: remembered per process, so that nearly every request costs a look into a dictionary
and no statement. What two people have said goes to the database, which adds up what all processes heard."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from lead_intake.providers.base import SourceView

WITHIN = timedelta(days=1)
SHORTEST = 20
"""Characters; what is shorter many people write by themselves."""
MOST_TEXTS = 20_000


@dataclass(slots=True)
class Heard:
    """One text and who said it, up to the source's limit."""

    since: datetime
    people: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Said:
    """A text that more than one person sent: keyed hashes of it and of them, for the database to count.
    `enough`: this process alone has heard it from as many as the source allows."""

    source_id: UUID
    text: str
    people: tuple[str, ...]
    enough: bool


class Memory:
    """The texts of the last day that this process has heard, the longest unheard forgotten first."""

    def __init__(self) -> None:
        self._heard: OrderedDict[int, Heard] = OrderedDict()

    def note(self, source: SourceView, text: str, person: str, *, now: datetime) -> Said | None:
        """Notes that a person (their phone or address) said this; None while nobody else has."""
        limit = source.spam.repeated_text
        if limit is None or len(text) < SHORTEST:
            return None
        key = hash((source.id, text))
        heard = self._heard.get(key)
        if heard is None or heard.since < now - WITHIN:
            self._heard[key] = Heard(now, [person])
            if len(self._heard) > MOST_TEXTS:
                self._heard.popitem(last=False)
            return None
        self._heard.move_to_end(key)
        if person not in heard.people:
            if len(heard.people) >= limit:
                heard.people.pop()
            heard.people.append(person)
        if len(heard.people) < 2:
            return None
        people = tuple([source.hashed(one) for one in heard.people])
        return Said(source.id, source.hashed(text), people, len(heard.people) >= limit)
