"""The whole way with real processes: three channels, one person, a won deal, and what it cost."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from deploy.local.demo.doors import mango_call
from tests.system.workspace import CALL_SECRETS, Workspace, done
from tests.waiting import wait_until

FORM = {
    "name": "Пётр Волков",
    "phone": "8 (900) 123-45-67",
    "email": "petr.volkov@example.com",
    "message": "Сколько стоит установка?",
    "landing_url": "https://shop.example/?utm_source=google&utm_medium=cpc&utm_campaign=office",
}


def forwarded(at: datetime) -> bytes:
    """A colleague passes on what the client wrote to him."""
    message = EmailMessage()
    message["From"] = "Борис Орлов <boris@shop.example>"
    message["To"] = "leads@shop.example"
    message["Subject"] = "Fwd: Ещё вопрос"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{at.timestamp()}@shop.example>"
    message.set_content(
        "---------- Forwarded message ---------\n"
        "От: Пётр Волков <petr.volkov@example.com>\n"
        f"Date: {format_datetime(at - timedelta(minutes=5))}\n"
        "Subject: Ещё вопрос\n"
        "To: <boris@shop.example>\n\n"
        "Добрый день! А гарантия на работы есть?\n"
    )
    return message.as_bytes()


def post_three_inquiries(workspace: Workspace, now: datetime) -> None:
    """A form, a missed call from the number in it, a forwarded e-mail with the address in it."""
    assert httpx.post(workspace.inbound["form"], json=FORM).status_code == 202
    workspace.delivered(1)
    call = mango_call(Random(1), "79001234567", now, CALL_SECRETS, answered=False)
    url = workspace.inbound["call"] + call.rest
    assert httpx.post(url, content=call.content, headers=dict(call.headers)).status_code == 200
    workspace.delivered(2)
    mail = httpx.post(workspace.inbound["email"], content=forwarded(now), headers={"Content-Type": "message/rfc822"})
    assert mail.is_success, mail.text
    workspace.delivered(3)


def test_three_channels_make_one_lead_that_is_won_and_shows_its_cost(workspace: Workspace) -> None:
    now = datetime.now(UTC)
    day = now.astimezone(ZoneInfo("Europe/Moscow")).date()
    period = {"from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()}

    post_three_inquiries(workspace, now - timedelta(minutes=1))

    [lead] = workspace.items(workspace.core, "/v1/leads")
    assert lead["status"] == "assigned"
    assert lead["inquiry_count"] == 3
    assert lead["person"]["full_name"] == "Пётр Волков"
    assert lead["phones"] == ["+79001234567"]
    assert lead["emails"] == ["petr.volkov@example.com"]
    outcomes = [each["outcome"] for each in workspace.items(workspace.intake, "/v1/submissions")]
    assert sorted(outcome["result"] for outcome in outcomes) == ["attached", "attached", "created"]
    assert {outcome["lead_id"] for outcome in outcomes} == {lead["id"]}
    activities = workspace.items(workspace.core, "/v1/activities", lead_id=lead["id"])
    assert {"call", "task"} <= {activity["kind"] for activity in activities}
    [call_back] = [activity for activity in activities if activity["kind"] == "task"]
    assert call_back["due_at"] is not None

    win(workspace, lead)
    body = {"items": [spent(day.isoformat())]}
    done(workspace.analytics.post("/v1/spend", json=body))

    wait_until(lambda: entered(workspace, period).get("won") == 1, what="the won deal in the funnel")
    steps = entered(workspace, period)
    assert [steps[key] for key in ("leads", "contacted", "qualified", "converted", "won")] == [1, 1, 1, 1, 1]
    cost = done(workspace.analytics.get("/v1/cost-per-lead", params={**period, "by": "source"}))
    [google] = [row for row in cost["rows"] if row["source"] == "google"]
    assert google["cost_per_lead"] == {"amount": "1250.00", "currency": "RUB"}
    assert google["cost_per_won"] == {"amount": "1250.00", "currency": "RUB"}
    assert google["revenue"] == {"amount": "90000.00", "currency": "RUB"}
    reconciled = done(workspace.analytics.get("/v1/reconciliation", params=period))
    assert (reconciled["received"], reconciled["created"], reconciled["attached"]) == (3, 1, 2)
    assert reconciled["difference"] == 0


def win(workspace: Workspace, lead: dict[str, Any]) -> None:
    """The manager's work: contact, qualification, conversion, and the deal through to won."""
    path = f"/v1/leads/{lead['id']}"
    assert done(workspace.core.post(f"{path}/start", json={}))["status"] == "in_progress"
    assert done(workspace.core.post(f"{path}/qualify", json={"need": "установка"}))["status"] == "qualified"
    converted = done(workspace.core.post(f"{path}/convert", json={"deal": {"name": "Установка в офисе"}}))
    assert converted["status"] == "converted"
    contact = done(workspace.core.get(f"/v1/contacts/{converted['contact_id']}"))
    assert contact["phones"] == lead["phones"]
    amount = {"amount": {"amount": "90000.00", "currency": "RUB"}}
    deal = done(workspace.core.post(f"/v1/deals/{converted['deal_id']}/win", json=amount))
    assert deal["status"] == "won"


def spent(day: str) -> dict[str, Any]:
    """The campaign that the form names cost 1,250 roubles on this day."""
    return {
        "date": day,
        "source": "google",
        "medium": "cpc",
        "campaign": "office",
        "amount": {"amount": "1250.00", "currency": "RUB"},
    }


def entered(workspace: Workspace, period: dict[str, str]) -> dict[str, int]:
    """How many entered each step of the funnel."""
    funnel = done(workspace.analytics.get("/v1/funnel", params=period))
    return {step["key"]: step["entered"] for step in funnel["steps"]}
