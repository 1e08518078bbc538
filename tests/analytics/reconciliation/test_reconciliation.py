"""`/v1/reconciliation`: every inquiry accounted for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leadkit import clock

from tests.analytics.conftest import Books
from tests.analytics.projections.histories import inquiry, lead, submission
from tests.analytics.spring import APRIL, NOW, came_by, day, happen

LATER = NOW + timedelta(days=1)


async def _balance(books: Books, now: datetime = LATER, **params: str) -> dict[str, Any]:
    with clock.at(now):
        answer: dict[str, Any] = await books.get("reconciliation", **(APRIL | params))
    parts = "created attached reopened interest spam duplicate ignored waiting parked unreadable difference".split()
    assert answer["received"] == sum(answer[part] for part in parts)
    return answer


def _submission(status: str) -> tuple[str, dict[str, Any]]:
    return "submission.recorded", submission(status=status, occurred_at=day(1), received_at=day(1))


async def test_the_shops_days_add_up(books: Books) -> None:
    await happen(books)
    balance = await _balance(books)
    assert (balance["received"], balance["created"], balance["attached"]) == (8, 5, 1)
    assert (balance["spam"], balance["interest"], balance["difference"], balance["balanced"]) == (1, 1, 0, True)
    assert balance["checked_at"] == "2026-04-11T09:00:00Z"


async def test_every_outcome_has_its_part(books: Books) -> None:
    outcomes = ("interest", "spam", "duplicate", "ignored", "pending", "ready", "parked", "unreadable")
    await books.tell(*(_submission(status) for status in outcomes))
    balance = await _balance(books)
    assert (balance["received"], balance["waiting"], balance["parked"], balance["unreadable"]) == (8, 2, 1, 1)
    assert balance["difference"] == 0


async def test_a_direct_inquiry_is_received_without_a_submission(books: Books) -> None:
    at = {"occurred_at": day(1), "received_at": day(1)}
    await books.tell(("inquiry.recorded", inquiry(direct=True, result="reopened", **at)))
    balance = await _balance(books)
    assert (balance["received"], balance["direct"], balance["reopened"], balance["difference"]) == (1, 1, 1, 0)


async def test_a_delivered_inquiry_waits_for_crm_cores_word_and_is_then_missed(books: Books) -> None:
    delivered, _ = came_by(lead(occurred_at=day(1)))
    await books.tell(delivered)
    moment = datetime(2026, 4, 1, 9, 1, tzinfo=UTC)
    soon = await _balance(books, moment)
    assert (soon["waiting"], soon["difference"]) == (1, 0)
    late = await _balance(books, moment + timedelta(hours=1))
    assert (late["waiting"], late["missing"], late["difference"], late["balanced"]) == (0, 1, 1, False)


async def test_an_inquiry_told_first_by_crm_core_counts_once_both_have_told(books: Books) -> None:
    delivered, recorded = came_by(lead(occurred_at=day(1)))
    await books.tell(recorded)
    soon = await _balance(books, datetime(2026, 4, 1, 9, 1, tzinfo=UTC))
    assert (soon["received"], soon["difference"]) == (0, 0)
    assert (await _balance(books))["unexplained"] == 1
    await books.tell(delivered)
    whole = await _balance(books)
    assert (whole["received"], whole["created"], whole["difference"]) == (1, 1, 0)


async def test_the_period_is_of_local_days_of_receipt(books: Books) -> None:
    just_after_midnight_in_moscow = "2026-04-01T21:00:00Z"
    state = submission(status="spam", occurred_at=day(1), received_at=just_after_midnight_in_moscow)
    await books.tell(("submission.recorded", state))
    assert (await _balance(books, from_="2026-04-01", to="2026-04-02"))["received"] == 0
    assert (await _balance(books, from_="2026-04-02", to="2026-04-03"))["received"] == 1
