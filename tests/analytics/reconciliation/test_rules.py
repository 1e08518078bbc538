"""Every inquiry is in one part of the balance, and a lost one is in none."""

import pytest
from analytics.reconciliation.rules import PARTS, Record, balance_of, part_of


def _record(status: str | None, result: str | None = None, *, direct: bool = False, fresh: bool = False) -> Record:
    return Record(status, result, direct, fresh)


@pytest.mark.parametrize(
    ("record", "part"),
    [
        (_record("delivered", "created"), "created"),
        (_record("delivered", "attached"), "attached"),
        (_record("delivered", "reopened"), "reopened"),
        (_record("ready", "created"), "created"),
        (_record("spam", "created"), "created"),
        (_record("pending"), "waiting"),
        (_record("ready"), "waiting"),
        (_record("delivered", fresh=True), "waiting"),
        (_record("delivered"), "missing"),
        (_record("interest"), "interest"),
        (_record("spam"), "spam"),
        (_record("duplicate"), "duplicate"),
        (_record("ignored"), "ignored"),
        (_record("unreadable"), "unreadable"),
        (_record("parked"), "parked"),
        (_record(None, "created", direct=True), "created"),
        (_record(None, "created"), "unexplained"),
        (_record(None, "created", fresh=True), None),
    ],
)
def test_an_inquiry_is_in_one_part(record: Record, part: str | None) -> None:
    assert part_of(record) == part


def test_a_whole_balance_has_no_difference() -> None:
    balance = balance_of([(_record("delivered", "created"), 3), (_record("spam"), 2), (_record("ready"), 1)])
    assert (balance.received, balance.difference) == (6, 0)
    assert sum(balance.parts[part] for part in PARTS) == 6


def test_a_delivered_inquiry_that_crm_core_never_saw_is_the_difference() -> None:
    balance = balance_of([(_record("delivered", "created"), 3), (_record("delivered"), 1)])
    assert (balance.received, balance.difference) == (4, 1)


def test_two_errors_in_opposite_directions_do_not_hide_each_other() -> None:
    balance = balance_of([(_record("delivered"), 1), (_record(None, "created"), 1)])
    assert balance.difference == 2


def test_a_direct_inquiry_is_received_and_told_apart() -> None:
    balance = balance_of([(_record(None, "attached", direct=True), 2)])
    assert (balance.received, balance.direct, balance.parts["attached"], balance.difference) == (2, 2, 2, 0)
