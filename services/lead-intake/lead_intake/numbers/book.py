"""The called numbers of a workspace as the normaliser looks them up. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from leadkit.contracts.inquiry import Touch

Kind = Literal["static", "dynamic"]


class NumberUse(NamedTuple):
    """What a number stands for over a time (`until` exclusive), for calls that come in by one source or by any."""

    number: str
    source_id: UUID | None
    kind: Kind
    label: str | None
    attribution: Touch | None
    since: datetime | None
    until: datetime | None

    def counts_at(self, at: datetime) -> bool:
        """Whether the number stands for this at a time."""
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


class NumberBook:
    """The numbers by how they are dialled; one object serves all sources of a workspace until a number changes."""

    __slots__ = ("_uses",)

    def __init__(self, uses: Iterable[NumberUse] = ()) -> None:
        self._uses: dict[str, list[NumberUse]] = {}
        for use in uses:
            self._uses.setdefault(folded(use.number), []).append(use)

    def __bool__(self) -> bool:
        return bool(self._uses)

    def use_of(self, number: str, source_id: UUID, at: datetime) -> NumberUse | None:
        """What a called number stood for at that time: what was said for the source goes before what holds for any."""
        counting = [
            use
            for use in self._uses.get(folded(number), ())
            if use.source_id in (None, source_id) and use.counts_at(at)
        ]
        return max(counting, key=lambda use: use.source_id is not None, default=None)

    def holds(self, number: str, at: datetime) -> bool:
        """Whether it was one of the company's own lines then."""
        return any(use.counts_at(at) for use in self._uses.get(folded(number), ()))


NO_NUMBERS = NumberBook()


def folded(number: str) -> str:
    """A number as it is compared: SIP addresses in any case, with or without their scheme."""
    return number.casefold().removeprefix("sip:").removeprefix("sips:")


def overlap(one: NumberUse, other: NumberUse) -> bool:
    """Whether two would answer for the same call."""
    if folded(one.number) != folded(other.number) or one.source_id != other.source_id:
        return False
    return _before(one.since, other.until) and _before(other.since, one.until)


def _before(since: datetime | None, until: datetime | None) -> bool:
    return since is None or until is None or since < until
