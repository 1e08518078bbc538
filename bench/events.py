"""Pages of events as the feeds of crm-core and lead-intake give them: leads come in, are worked on, are sold to."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from leadkit.cloudevents import CloudEvent, event_id
from leadkit.ids import new_id

PAGE = 1000
SOURCES = ("yandex", "google", "direct", "vk", "avito", "2gis", "telegram", "email", "partners", "flyers")
STATUSES = ("new", "assigned", "in_progress", "qualified", "converted")

Told = tuple[str, dict[str, Any]]


def pages(until: date, count: int) -> list[list[Told]]:
    """The same pages every time: the lives of some leads of the last days, mixed as they overlap."""
    random = Random(7)
    owners = [(UUID(int=random.getrandbits(128)), UUID(int=random.getrandbits(128))) for _ in range(40)]
    events: list[tuple[datetime, Told]] = []
    while len(events) < count * PAGE:
        born = datetime.combine(until, time(), UTC) - timedelta(seconds=random.randrange(3 * 86_400))
        events += _life(random, born, *random.choice(owners))
    told = [each for _, each in sorted(events, key=lambda entry: entry[0])][: count * PAGE]
    return [told[first : first + PAGE] for first in range(0, count * PAGE, PAGE)]


def event(workspace_id: UUID, type: str, data: dict[str, Any]) -> CloudEvent:
    """The event as a feed tells it."""
    named = {"id": event_id(1, new_id()), "source": "/bench", "type": type, "subject": data["id"]}
    return CloudEvent(**named, time=datetime.now(UTC), workspaceid=workspace_id, data=data)


def _life(random: Random, born: datetime, owner_id: UUID, team_id: UUID) -> list[tuple[datetime, Told]]:
    """A submission (twice), its inquiry, the lead as it goes on, and perhaps its deal."""
    touch = _touch(random)
    entry = {"id": str(new_id()), "source_id": str(UUID(int=1)), "channel": "form", "provider": "generic",
             "lead_id": None, "contact_id": None, "deal_id": None, "occurred_at": _z(born), "received_at": _z(born),
             "attribution": touch}  # fmt: skip
    events: list[tuple[datetime, Told]] = [
        (born, ("submission.recorded", entry | {"version": 1, "status": "ready", "reason": None, "result": None})),
        (
            born,
            ("submission.recorded", entry | {"version": 2, "status": "delivered", "reason": None, "result": "created"}),
        ),
        (born, ("inquiry.recorded", entry | {"version": 1, "result": "created", "direct": False})),
    ]
    lead, at = _lead(born, touch, random), born
    for number, status in enumerate(STATUSES[: random.randint(2, 5)]):
        at += timedelta(seconds=random.randrange(1, 3600))
        lead = lead | {"version": number + 1, "status": status, "updated_at": _z(at)}
        lead["reached"] = lead["reached"] | {status: _z(at)}
        if number:
            lead |= {"owner_id": str(owner_id), "team_id": str(team_id)}
            lead["owners"] = [{"owner_id": str(owner_id), "team_id": str(team_id), "at": _z(born)}]
        events.append((at, ("lead.updated", lead)))
    if lead["status"] == "converted":
        events += _deal(lead, at, random)
    return events


def _lead(born: datetime, touch: dict[str, Any], random: Random) -> dict[str, Any]:
    nothing = dict.fromkeys(("owner_id", "team_id", "contact_id", "deal_id", "loss_reason_id", "merged_into",
                             "first_response_at", "respond_by", "postponed_until", "language"))  # fmt: skip
    return nothing | {
        "id": str(new_id()), "source_id": str(UUID(int=1)), "channel": "form", "provider": "generic",
        "attribution": touch, "product": f"product {random.randrange(12)}", "region": f"region {random.randrange(20)}",
        "temperature": "warm", "score": 40, "completeness": 0.5, "inquiry_count": 1, "repeat": False, "reached": {},
        "passages": {}, "owners": [], "occurred_at": _z(born), "created_at": _z(born),
    }  # fmt: skip


def _deal(lead: dict[str, Any], at: datetime, random: Random) -> list[tuple[datetime, Told]]:
    stage = str(UUID(int=random.randrange(5)))
    nothing = dict.fromkeys(("contact_id", "company_id", "expected_close", "loss_reason_id", "won_at", "lost_at"))
    made = nothing | {
        "id": str(new_id()), "version": 1, "status": "open", "lead_id": lead["id"], "pipeline_id": str(UUID(int=9)),
        "stage_id": stage, "amount": "25000.00", "currency": "RUB", "probability": 0.4, "reached": {stage: _z(at)},
        "passages": {stage: 1}, "entered_stage_at": _z(at), "created_at": _z(at), "updated_at": _z(at),
        "owner_id": lead["owner_id"], "team_id": lead["team_id"], "owners": lead["owners"],
    }  # fmt: skip
    later = at + timedelta(hours=1)
    won = made | {"version": 2, "status": "won", "won_at": _z(later), "updated_at": _z(later)}
    return [(at, ("deal.created", made)), (later, ("deal.won", won))]


def _touch(random: Random) -> dict[str, Any]:
    source, campaign = random.choice(SOURCES), random.randrange(20)
    nothing = dict.fromkeys(("content", "term", "adgroup_id", "ad_id", "form_id", "landing_url", "page_url", "referrer",
                             "channel_group", "at"))  # fmt: skip
    seen = nothing | {"source": source, "medium": "cpc", "campaign": f"{source}-{campaign}",
                      "campaign_id": f"c{campaign}", "click_ids": {}, "client_ids": {}}  # fmt: skip
    return {"first": seen, "last": seen, "last_non_direct": seen}


def _z(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
