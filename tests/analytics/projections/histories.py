"""Made-up lives of submissions, inquiries, leads and deals, as the events that tell them.

Leads are merged and merges undone, first inquiries corrected, persons erased, deals moved between leads and stages.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from leadkit.cloudevents import CloudEvent, event_id
from leadkit.ids import new_id

START = datetime(2026, 3, 27, 20, 30, tzinfo=UTC)
USERS = [new_id() for _ in range(3)]
TEAMS = [new_id() for _ in range(2)]
PIPELINE = new_id()
STAGES = [new_id() for _ in range(3)]
REASON = new_id()
SOURCE = new_id()

TOUCH = ("source", "medium", "campaign", "content", "term", "campaign_id", "adgroup_id", "ad_id", "channel_group")
OWNER = ("owner_id", "team_id")
OF_A_LEAD = ("source_id", "channel", "provider", "product", "region", "language", "merged_into", "first_response_at")
OF_A_DEAL = ("lead_id", "company_id", "expected_close", "won_at", "lost_at")
LEAD_CHANGES = ("owner", "owner", "attribution", "answered", "merged", "disqualified", "postponed", "step", "step",
                "unmerged", "corrected", "erased")  # fmt: skip
STATUSES = ("ready", "delivered", "spam", "duplicate", "parked", "interest")


def told(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def touch(**values: Any) -> dict[str, Any]:
    empty = dict.fromkeys((*TOUCH, "form_id", "landing_url", "page_url", "referrer", "at"))
    return empty | {"click_ids": {}, "client_ids": {}} | values


def attribution(**values: Any) -> dict[str, Any]:
    seen = touch(**values)
    return {"first": seen, "last": seen, "last_non_direct": seen}


def submission(**values: Any) -> dict[str, Any]:
    state = dict.fromkeys(("reason", "result", "lead_id", "contact_id", "deal_id", "attribution"))
    state |= {"id": str(new_id()), "version": 1, "source_id": str(SOURCE), "channel": "form", "provider": "generic"}
    return state | {"status": "ready", "occurred_at": told(START), "received_at": told(START)} | values


def inquiry(**values: Any) -> dict[str, Any]:
    state = dict.fromkeys(("lead_id", "contact_id", "deal_id", "provider"))
    state |= {"id": str(new_id()), "version": 1, "result": "created", "source_id": str(SOURCE), "channel": "form"}
    state |= {"attribution": attribution(), "direct": False, "occurred_at": told(START), "received_at": told(START)}
    return state | values


def lead(**values: Any) -> dict[str, Any]:
    state = dict.fromkeys((*OF_A_LEAD, *OWNER, "contact_id", "deal_id", "loss_reason_id"))
    state |= dict.fromkeys(("respond_by", "postponed_until"))
    state |= {"id": str(new_id()), "version": 1, "status": "new", "attribution": attribution(), "temperature": "cold"}
    state |= {"score": 0, "completeness": 0.25, "inquiry_count": 1, "repeat": False, "reached": {}, "passages": {}}
    moments = dict.fromkeys(("occurred_at", "created_at", "updated_at"), told(START))
    return state | {"owners": []} | moments | values


def deal(**values: Any) -> dict[str, Any]:
    state = dict.fromkeys((*OF_A_DEAL, *OWNER, "contact_id", "loss_reason_id"))
    state |= {"id": str(new_id()), "version": 1, "status": "open", "pipeline_id": str(PIPELINE)}
    state |= {"stage_id": str(STAGES[0]), "amount": "1000.00", "currency": "RUB", "probability": 0.5, "owners": []}
    state |= {"reached": {str(STAGES[0]): told(START)}, "passages": {str(STAGES[0]): 1}}
    return state | dict.fromkeys(("entered_stage_at", "created_at", "updated_at"), told(START)) | values


def workspace(**values: Any) -> dict[str, Any]:
    state = {"version": 1, "name": "Окна", "time_zone": "Europe/Moscow", "currency": "RUB"}
    return {"id": str(new_id()), **state, "default_region": "RU", "language": "ru"} | values


def event(workspace_id: UUID, type: str, data: dict[str, Any]) -> CloudEvent:
    named = {"id": event_id(1, new_id()), "source": "/test", "type": type, "subject": data["id"], "time": START}
    return CloudEvent(**named, workspaceid=workspace_id, data=data)


class Life:
    """The life of one aggregate: each change is a new version of its full state."""

    def __init__(self, kind: str, state: dict[str, Any], random: Random) -> None:
        self.kind, self.state, self.random = kind, state, random
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.at = START + timedelta(minutes=random.randint(-3000, 3000))
        self.tell()

    def change(self, **values: Any) -> None:
        self.state = self.state | {"version": self.state["version"] + 1, "updated_at": told(self.at)} | values
        self.tell()

    def tell(self) -> None:
        self.told.append((f"{self.kind}.updated", self.state))

    def pass_time(self) -> str:
        self.at += timedelta(seconds=self.random.choice((0, 1, 45, 4000, 200_000)))
        return told(self.at)

    def now_in(self, status: str) -> dict[str, Any]:
        at = self.pass_time()
        passages = self.state["passages"]
        return {
            "reached": {status: at} | self.state["reached"],
            "passages": passages | {status: passages.get(status, 0) + 1},
        }

    def owned(self) -> dict[str, Any]:
        owner = {"owner_id": str(self.random.choice(USERS)), "team_id": str(self.random.choice(TEAMS))}
        return owner | {"owners": [*self.state["owners"], owner | {"at": self.pass_time()}]}


def _a_touch(random: Random) -> dict[str, Any]:
    campaign = random.choice((None, "весна", "x" * 200))
    return attribution(source=random.choice((None, "yandex", "google")), medium="cpc", campaign=campaign)


def _submission(random: Random) -> Life:
    life = Life("submission", submission(attribution=random.choice((None, _a_touch(random)))), random)
    for status in random.choices(STATUSES, k=random.randint(0, 3)):
        life.change(status=status)
    return life


def _inquiry(random: Random) -> Life:
    result = random.choice(("created", "attached", "reopened"))
    life = Life("inquiry", inquiry(result=result, direct=random.random() < 0.3, attribution=_a_touch(random)), random)
    if random.random() < 0.4:
        life.change()
    return life


def _lead(random: Random) -> Life:
    occurred = told(START + timedelta(hours=random.randint(-50, 50)))
    first = lead(channel="form", attribution=_a_touch(random), occurred_at=occurred, respond_by=occurred)
    life = Life("lead", first, random)
    for _ in range(random.randint(0, 6)):
        _change_lead(life, random)
    return life


def _change_lead(life: Life, random: Random) -> None:
    what = random.choice(LEAD_CHANGES)
    if what == "owner":
        life.change(**life.owned())
    elif what == "attribution":
        life.change(attribution=_a_touch(random), product=random.choice((None, "окна")), temperature="hot", repeat=True)
    elif what == "answered":
        life.change(first_response_at=life.pass_time(), completeness=0.75)
    elif what == "unmerged":
        life.change(status="in_progress", merged_into=None)
    elif what == "corrected":
        life.change(occurred_at=told(START + timedelta(hours=random.randint(-900, 50))))
    elif what == "erased":
        life.change(contact_id=None, product=None, region=None)
    elif what == "step":
        status = random.choice(("assigned", "in_progress", "qualified", "converted"))
        life.change(status=status, **life.now_in(status))
    else:
        life.change(status=what, loss_reason_id=str(REASON) if what == "disqualified" else None, **life.now_in(what))


def _deal(random: Random, leads: list[str]) -> Life:
    lead_id = random.choice([None, *leads, str(new_id())])
    life = Life("deal", deal(lead_id=lead_id, currency=random.choice(("RUB", "RUB", "EUR"))), random)
    for _ in range(random.randint(0, 4)):
        what = random.choice(("owner", "move", "won", "lost", "open", "lead"))
        if what == "owner":
            life.change(**life.owned())
        elif what == "move":
            stage = str(random.choice(STAGES))
            life.change(stage_id=stage, amount=random.choice((None, "250.50")), **life.now_in(stage))
        elif what == "lead":
            life.change(lead_id=random.choice([None, *leads]))
        elif what == "open":
            life.change(status="open", won_at=None, lost_at=None)
        else:
            reason = str(random.choice((REASON, SOURCE))) if what == "lost" else None
            life.change(status=what, loss_reason_id=reason, **{f"{what}_at": life.pass_time()}, **life.now_in(what))
    return life


Told = list[tuple[str, dict[str, Any]]]


def _of_persons(random: Random, leads: list[str]) -> Told:
    """What is told of people: merges of contacts and erasures, which no number may follow."""
    kinds = random.choices(("contact.updated", "contact.merged", "contact.erased", "person.erased"), k=2)
    told = {"version": 1, "lead_ids": leads, "contact_ids": [], "digests": []}
    return [(kind, told | {"id": str(new_id())}) for kind in kinds]


seeds = st.integers(0, 2**32)


def told_batches(seed: int) -> list[Told]:
    """Lives mixed in any order, some events twice, cut into batches: what a reader of the feeds may be given.

    The seed tells all, so a failure is short to show and easy to try again."""
    random = Random(seed)
    leads = [_lead(random) for _ in range(random.randint(0, 4))]
    lives = [*leads, *(_deal(random, [each.state["id"] for each in leads]) for _ in range(random.randint(0, 4)))]
    lives += [_submission(random) for _ in range(random.randint(0, 3))]
    lives += [_inquiry(random) for _ in range(random.randint(0, 3))]
    events: Told = [event for life in lives for event in life.told]
    events += _of_persons(random, [each.state["id"] for each in leads])
    if random.random() < 0.7:
        zone = random.choice(("Asia/Vladivostok", "America/New_York"))
        events.append(("workspace.updated", workspace(time_zone=zone)))
    events += random.sample(events, k=len(events) // 3)
    random.shuffle(events)
    batches: list[Told] = []
    while events:
        size = random.choice((2, 7, 15, len(events)))
        batches.append(events[:size])
        events = events[size:]
    return batches


def newest(events: Iterable[tuple[str, dict[str, Any]]], kind: str) -> list[dict[str, Any]]:
    """The last state of each aggregate of a kind."""
    states: dict[str, dict[str, Any]] = {}
    for type, data in events:
        if type.startswith(f"{kind}.") and states.get(data["id"], {"version": 0})["version"] < data["version"]:
            states[data["id"]] = data
    return list(states.values())
