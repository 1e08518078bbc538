"""A small shop's first days of April 2026, worked out by hand: five leads, one sale, three sums of spend.

    lead  day    source  campaign (id)  owner  furthest    then
    1     1 Apr  yandex  brand (c1)     Anna   converted   a deal won for 90,000.00 on 9 April
    2     2 Apr  yandex  brand (c1)     Boris  qualified
    3     2 Apr  yandex  brand (c1)     Boris  leads       refused on 3 April: too dear
    4     3 Apr  google  spring         Anna   contacted
    5     3 Apr  (none)                 nobody leads

Each lead came by a submission; two more were spam and an interest, and one inquiry was put on lead 2.
"""

from datetime import UTC, datetime
from typing import Any

from leadkit.ids import new_id

from tests.analytics.conftest import Books
from tests.analytics.projections.histories import attribution, deal, inquiry, lead, submission, told

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)
APRIL = {"from_": "2026-04-01", "to": "2026-05-01"}
ANNA, BORIS, TEAM, TOO_DEAR = (str(new_id()) for _ in range(4))
BRAND = attribution(source="yandex", medium="cpc", campaign="brand", campaign_id="c1")
SPRING = attribution(source="google", medium="cpc", campaign="spring", content="banner")

SPEND: tuple[dict[str, Any], ...] = (
    {"date": "2026-04-01", "source": "yandex", "medium": "cpc", "campaign": "Бренд, поиск", "campaign_id": "c1",
     "amount": "1000.00"},
    {"date": "2026-04-02", "source": "google", "medium": "cpc", "campaign": "spring", "amount": "500.01"},
    {"date": "2026-04-04", "source": "bing", "medium": "cpc", "amount": "100.00"},
)  # fmt: skip
"""1,600.01 in all; the platform calls campaign c1 otherwise than its links do, and bing brought nobody."""


def day(number: int, hour: int = 9) -> str:
    """A moment of April, UTC."""
    return told(datetime(2026, 4, number, hour, tzinfo=UTC))


def _lead(number: int, owner: str | None = None, **values: Any) -> dict[str, Any]:
    at = day(number)
    owned = {"owner_id": owner, "team_id": TEAM, "owners": [{"owner_id": owner, "team_id": TEAM, "at": at}]}
    state = lead(occurred_at=at, created_at=at, updated_at=at, channel="form")
    return state | (owned if owner else {}) | values


def _named(kind: str, key: str, name: str) -> tuple[str, dict[str, Any]]:
    state = {"id": key, "version": 1, "name": name, "active": True}
    return f"{kind}.changed", state | ({"role": "manager", "team_id": TEAM} if kind == "user" else {})


async def happen(books: Books) -> None:
    """Tells the shop's days to the workspace, in no particular order."""
    leads = [
        _lead(1, ANNA, attribution=BRAND, status="converted", reached={
            "in_progress": day(1, 10), "qualified": day(2), "converted": day(5)}),
        _lead(2, BORIS, attribution=BRAND, status="qualified", reached={
            "in_progress": day(2, 11), "qualified": day(6)}),
        _lead(2, BORIS, attribution=BRAND, status="disqualified", reached={"disqualified": day(3)},
              loss_reason_id=TOO_DEAR),
        _lead(3, ANNA, attribution=SPRING, status="in_progress", reached={"in_progress": day(3, 12)}),
        _lead(3),
    ]  # fmt: skip
    sale = {"status": "won", "won_at": day(9), "amount": "90000.00", "owner_id": ANNA, "team_id": TEAM}
    await books.tell(
        ("deal.won", deal(lead_id=leads[0]["id"], created_at=day(5), updated_at=day(9), **sale)),
        *(("lead.updated", state) for state in leads),
        *(event for state in leads for event in came_by(state)),
        *came_by(leads[1], result="attached"),
        ("submission.recorded", submission(status="spam", occurred_at=day(1), received_at=day(1))),
        ("submission.recorded", submission(status="interest", occurred_at=day(1), received_at=day(1))),
        _named("user", ANNA, "Анна"),
        _named("user", BORIS, "Борис"),
        _named("loss_reason", TOO_DEAR, "Дорого"),
    )


def came_by(state: dict[str, Any], result: str = "created") -> tuple[tuple[str, dict[str, Any]], ...]:
    """The submission and the inquiry that a lead came by."""
    same = {"attribution": state["attribution"], "occurred_at": state["occurred_at"], "lead_id": state["id"]}
    same |= {"received_at": state["occurred_at"], "result": result, "id": str(new_id())}
    return ("submission.recorded", submission(status="delivered", **same)), ("inquiry.recorded", inquiry(**same))
