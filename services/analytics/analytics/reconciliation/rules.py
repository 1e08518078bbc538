"""Which part of the balance an inquiry belongs to: exactly one, told by both services' records of the same id."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

PARTS: Final = (
    "created", "attached", "reopened", "interest", "spam", "duplicate", "ignored", "waiting", "parked", "unreadable"
)  # fmt: skip
"""What becomes of what came in; these sum to `received` when nothing is lost."""

MISSING: Final = "missing"
"""lead-intake says delivered, crm-core has told of no such inquiry, and there was time enough to."""

UNEXPLAINED: Final = "unexplained"
"""crm-core says it came through lead-intake, which has told of no such submission, and there was time enough to."""


class Record(NamedTuple):
    """What the services say of inquiries alike: lead-intake's `status`, crm-core's `result`; None: it says nothing.

    `fresh`: received so lately that the other service's word may still be on its way.
    """

    status: str | None
    result: str | None
    direct: bool
    fresh: bool


def part_of(record: Record) -> str | None:
    """The part of the balance; None: it does not count yet, since its submission's word is on its way.

    What crm-core recorded is counted by its result, whatever lead-intake says since. The rest is counted by
    lead-intake's status: pending and ready wait, and so does what was delivered a moment ago.
    """
    if record.status is None and not record.direct:
        return None if record.fresh else UNEXPLAINED
    if record.result is not None:
        return record.result
    if record.status in ("pending", "ready"):
        return "waiting"
    if record.status == "delivered":
        return "waiting" if record.fresh else MISSING
    return record.status


class Balance(NamedTuple):
    """Everything received, each inquiry in one part; `direct` is how many of them came without lead-intake."""

    received: int
    direct: int
    parts: Counter[str]

    @property
    def difference(self) -> int:
        """What is in no part of the balance: 0 when nothing is lost."""
        return self.received - sum(self.parts[part] for part in PARTS)


def balance_of(records: Iterable[tuple[Record, int]]) -> Balance:
    """The balance of records, each with how many inquiries are alike."""
    parts: Counter[str] = Counter()
    direct = 0
    for record, number in records:
        part = part_of(record)
        if part is not None:
            parts[part] += number
            direct += number if record.direct and record.status is None else 0
    return Balance(sum(parts.values()), direct, parts)
