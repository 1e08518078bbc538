"""The wire formats of the demo: requests exactly as a browser, MANGO OFFICE or a mail server makes them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from random import Random
from urllib.parse import urlencode

from deploy.local.demo.campaigns import Campaign, landing_url, referrer
from deploy.local.demo.people import Person

COMPANY_LINE = "74950000010"


@dataclass(frozen=True)
class WireInquiry:
    """A request to one door: `door` is the source, `rest` what follows its key."""

    door: str
    content: bytes
    headers: Mapping[str, str]
    rest: str = ""


def form_fields(random: Random, person: Person, campaign: Campaign, at: datetime) -> dict[str, str]:
    """What the form of a landing page sends; some leave out the e-mail or the message."""
    address = landing_url(random, campaign)
    fields = {
        "name": person.name,
        "phone": person.phone_as_typed(random),
        "website": "",
        "form_id": random.choice(("hero", "footer", "popup")),
        "event_id": f"{random.getrandbits(64):016x}",
        "submitted_at": at.isoformat(),
        "landing_url": address,
        "page_url": address,
        "referrer": referrer(campaign),
    }
    if random.random() < 0.6:
        fields["email"] = person.email
    if random.random() < 0.7:
        fields["message"] = person.wish(random)
    return fields


def posted_form(random: Random, fields: Mapping[str, str]) -> WireInquiry:
    """A form post: by script (JSON), by plain HTML (urlencoded) or with room for files (multipart)."""
    kind = random.choices(("json", "urlencoded", "multipart"), (5, 3, 2))[0]
    if kind == "json":
        content, content_type = json.dumps(fields, ensure_ascii=False).encode(), "application/json"
    elif kind == "urlencoded":
        content, content_type = urlencode(fields).encode(), "application/x-www-form-urlencoded"
    else:
        boundary = f"----demo{random.getrandbits(64):x}"
        content, content_type = _multipart(fields, boundary), f"multipart/form-data; boundary={boundary}"
    return WireInquiry("form", content, {"Content-Type": content_type})


def _multipart(fields: Mapping[str, str], boundary: str) -> bytes:
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


def mango_call(
    random: Random, caller: str, at: datetime, secrets: Mapping[str, str], *, direction: int = 1, answered: bool = True
) -> WireInquiry:
    """MANGO's summary of a finished call, signed as MANGO signs: `direction` 1 inbound, 2 outbound."""
    began = int(at.timestamp())
    waited, talked = random.randint(4, 40), random.randint(30, 600) if answered else 0
    ours, theirs = {"extension": str(random.randint(101, 103)), "number": COMPANY_LINE}, {"number": caller.lstrip("+")}
    call = {
        "entry_id": f"{random.getrandbits(80):020x}=",
        "call_direction": direction,
        "from": theirs if direction == 1 else ours,
        "to": ours if direction == 1 else theirs,
        "line_number": COMPANY_LINE,
        "create_time": began,
        "forward_time": began + 2,
        "talk_time": began + waited if answered else 0,
        "end_time": began + waited + talked,
        "entry_result": int(answered),
        "disconnect_reason": 1110 if answered else 1121,
    }
    body = json.dumps(call, separators=(",", ":"))
    signed = secrets["vpbx_api_key"] + body + secrets["vpbx_api_salt"]
    sign = hashlib.sha256(signed.encode()).hexdigest()
    content = urlencode({"vpbx_api_key": secrets["vpbx_api_key"], "sign": sign, "json": body}).encode()
    return WireInquiry("call", content, {"Content-Type": "application/x-www-form-urlencoded"}, rest="/events/summary")


def raw_email(random: Random, person: Person, at: datetime) -> WireInquiry:
    """A message as a mail server hands it over."""
    message = EmailMessage()
    message["From"] = f"{person.name} <{person.email}>"
    message["To"] = "sales@shop.example"
    message["Subject"] = "Запрос с сайта" if person.language == "ru" else "Request for a quote"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{random.getrandbits(64):x}@example.com>"
    greeting, call_me = ("Здравствуйте!", "Телефон") if person.language == "ru" else ("Hello,", "Phone")
    message.set_content(f"{greeting}\n\n{person.wish(random)}\n{call_me}: {person.phone}\n\n{person.name}\n")
    return WireInquiry("email", message.as_bytes(), {"Content-Type": "message/rfc822"})
