"""How ad platforms want contacts written before they are hashed, and what a conversion looks like to each. Pure.

Meta: `facebook_business/adobjects/serverside/normalize.py` of its SDK. Google: enhanced conversions for leads.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

_HASHED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}", re.IGNORECASE)
_NOT_OF_A_PHONE = re.compile(r"[\s\-()\[\]]")
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
LEAD_SOURCE = "Leadflow"


@dataclass(frozen=True, slots=True)
class Conversion:
    """That a person reached a goal; `emails` and `phones` (E.164) as they are stored, `click_ids` and `client_ids` of
    their last touch that was not direct, `clicked_at` when that was."""

    id: str
    goal: str
    at: datetime
    emails: Sequence[str]
    phones: Sequence[str]
    first_name: str | None
    last_name: str | None
    amount: Decimal | None
    currency: str | None
    click_ids: Mapping[str, str]
    client_ids: Mapping[str, str]
    clicked_at: datetime | None


def sha256(normalised: str) -> str:
    """In hexadecimal, of UTF-8."""
    return hashlib.sha256(normalised.encode()).hexdigest()


def meta_email(value: str) -> str:
    """Trimmed and in lower case, hashed; what is a hash already passes."""
    return _unless_hashed(value, value.strip().lower())


def meta_phone(value: str) -> str:
    """Digits with the country code: without `+`, blanks, dashes, brackets, and up to two zeros in front; hashed."""
    digits = _NOT_OF_A_PHONE.sub("", value).removeprefix("+")
    return _unless_hashed(value, re.sub(r"^0{1,2}", "", digits))


def meta_name(value: str) -> str:
    """Trimmed and in lower case, in UTF-8, hashed."""
    return _unless_hashed(value, value.strip().lower())


def google_email(value: str) -> str:
    """Trimmed and in lower case, without the dots that Gmail does not count; hashed."""
    address = value.strip().lower()
    local, at, domain = address.rpartition("@")
    return sha256(local.replace(".", "") + at + domain if domain in _DOTLESS else address)


def google_phone(value: str) -> str:
    """E.164, with `+`; hashed."""
    return sha256("+" + _NOT_OF_A_PHONE.sub("", value).removeprefix("+"))


def _unless_hashed(value: str, normalised: str) -> str:
    return value.strip().lower() if _HASHED.fullmatch(value.strip()) else sha256(normalised)


def meta_event(one: Conversion, name: str, _: ZoneInfo) -> dict[str, Any]:
    """An event as the Conversions API takes it in `data`."""
    user: dict[str, Any] = {
        "em": [meta_email(email) for email in one.emails],
        "ph": [meta_phone(phone) for phone in one.phones],
        "fn": [meta_name(one.first_name)] if one.first_name else [],
        "ln": [meta_name(one.last_name)] if one.last_name else [],
        "fbc": _fbc(one),
        "fbp": one.client_ids.get("fbp"),
    }
    custom: dict[str, Any] = {"event_source": "crm", "lead_event_source": LEAD_SOURCE}
    if one.amount is not None:
        custom |= {"value": float(one.amount), "currency": one.currency}
    return {
        "event_name": name,
        "event_time": int(one.at.timestamp()),
        "event_id": f"{one.goal}:{one.id}",
        "action_source": "system_generated",
        "user_data": {key: value for key, value in user.items() if value},
        "custom_data": custom,
    }


def _fbc(one: Conversion) -> str | None:
    """The browser's `_fbc`, else made from the click's id and time as Meta tells to."""
    if known := one.client_ids.get("fbc"):
        return known
    click = one.click_ids.get("fbclid")
    return f"fb.1.{int((one.clicked_at or one.at).timestamp() * 1000)}.{click}" if click else None


def google_conversion(one: Conversion, name: str, zone: ZoneInfo) -> dict[str, Any]:
    """A conversion as `UploadClickConversions` takes it, `conversionAction` given by its name."""
    told: dict[str, Any] = {
        "conversionAction": name,
        "conversionDateTime": one.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        "orderId": f"{one.goal}:{one.id}",
        "gclid": one.click_ids.get("gclid"),
        "userIdentifiers": [
            *({"hashedEmail": google_email(email)} for email in one.emails),
            *({"hashedPhoneNumber": google_phone(phone)} for phone in one.phones),
        ],
        "consent": {"adUserData": "GRANTED"},
    }
    if one.amount is not None:
        told |= {"conversionValue": float(one.amount), "currencyCode": one.currency}
    return {key: value for key, value in told.items() if value is not None}


def meta_row(event: Mapping[str, Any]) -> list[Any]:
    """An event as a line of CSV, one value of each kind."""
    user, custom = event["user_data"], event["custom_data"]
    hashes = [(user.get(name) or [""])[0] for name in ("em", "ph", "fn", "ln")]
    ids = [user.get(name, "") for name in ("fbc", "fbp")]
    worth = [custom.get("value", ""), custom.get("currency", "")]
    return [event["event_name"], event["event_time"], event["event_id"], *hashes, *ids, *worth]


def google_row(told: Mapping[str, Any]) -> list[Any]:
    """A conversion as a line of CSV, one value of each kind."""
    identifiers = told["userIdentifiers"]
    email = next((one["hashedEmail"] for one in identifiers if "hashedEmail" in one), "")
    phone = next((one["hashedPhoneNumber"] for one in identifiers if "hashedPhoneNumber" in one), "")
    worth = [told.get("conversionValue", ""), told.get("currencyCode", "")]
    return [
        email, phone, told.get("gclid", ""), told["conversionAction"], told["conversionDateTime"], *worth,
        told["orderId"], told["consent"]["adUserData"],
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Platform:
    """`data` is under which key of the JSON its conversions stand; `names` what its goals are called by default."""

    key: str
    data: str
    names: Mapping[str, str]
    told: Callable[[Conversion, str, ZoneInfo], dict[str, Any]]
    columns: tuple[str, ...]
    row: Callable[[Mapping[str, Any]], list[Any]]


PLATFORMS: tuple[Platform, ...] = (
    Platform(
        "meta", "data", {"won": "Purchase", "qualified": "QualifiedLead"}, meta_event,
        ("event_name", "event_time", "event_id", "em", "ph", "fn", "ln", "fbc", "fbp", "value", "currency"), meta_row,
    ),
    Platform(
        "google_enhanced", "conversions", {"won": "Won deal", "qualified": "Qualified lead"}, google_conversion,
        ("Email", "Phone Number", "Google Click ID", "Conversion Name", "Conversion Time", "Conversion Value",
         "Conversion Currency", "Order ID", "Ad User Data"), google_row,
    ),
)  # fmt: skip


def platform_named(key: str) -> Platform:
    """The platform of this key."""
    return next(one for one in PLATFORMS if one.key == key)
