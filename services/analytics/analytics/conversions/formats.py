"""The files that ad platforms take conversions in, one explicit tuple. Pure."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson


@dataclass(frozen=True, slots=True)
class Conversion:
    """A lead that came as far as was asked: when, worth how much, and by which ids platforms know it."""

    lead_id: str
    at: datetime
    value: Decimal | None
    currency: str
    click_ids: dict[str, str]
    client_ids: dict[str, str]


@dataclass(frozen=True, slots=True)
class Manner:
    """How they are to be written: `name` is what the platform calls the conversion."""

    name: str
    goal: str
    zone: ZoneInfo
    id_type: str | None
    consent: str


Identify = Callable[[Conversion, Manner], str | None]


@dataclass(frozen=True, slots=True)
class Format:
    """`names` are the platform's usual names of the goals; `identify` gives what it knows a conversion by, if it does.

    `id_types` are the kinds of ids it takes, the first by default; one file has one kind.
    """

    key: str
    media_type: str
    file_name: str
    names: dict[str, str]
    identify: Identify
    write: Callable[[Sequence[tuple[str, Conversion]], Manner], str]
    id_types: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _gclid(conversion: Conversion, _: Manner) -> str | None:
    return conversion.click_ids.get("gclid")


def _google(told: Sequence[tuple[str, Conversion]], manner: Manner) -> str:
    """Local time in the zone that the first row names; the consent is what the caller says of its clients."""
    header = (
        "Google Click ID", "Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency", "Order ID",
        "Ad User Data", "Ad Personalization",
    )  # fmt: skip
    rows = [
        (
            gclid,
            manner.name,
            each.at.astimezone(manner.zone).strftime("%Y-%m-%d %H:%M:%S"),
            _money(each.value),
            each.currency,
            each.lead_id,
            manner.consent,
            manner.consent,
        )
        for gclid, each in told
    ]
    return _csv([(f"Parameters:TimeZone={manner.zone.key}",), header, *rows])


METRIKA_HEADERS: Final = {"client_id": "ClientId", "yclid": "Yclid"}


def _metrika_id(conversion: Conversion, manner: Manner) -> str | None:
    return conversion.click_ids.get("yclid") if manner.id_type == "yclid" else conversion.client_ids.get("ym")


def _metrika(told: Sequence[tuple[str, Conversion]], manner: Manner) -> str:
    header = (METRIKA_HEADERS[manner.id_type or "client_id"], "Target", "DateTime", "Price", "Currency")
    rows = [(key, manner.name, int(each.at.timestamp()), _money(each.value), each.currency) for key, each in told]
    return _csv([header, *rows])


def _ga_client(conversion: Conversion, _: Manner) -> str | None:
    """The last two parts of the cookie `_ga`, such as GA1.1.1234567890.1773130000."""
    parts = conversion.client_ids.get("ga", "").split(".")
    return ".".join(parts[-2:]) if len(parts) >= 2 and all(parts[-2:]) else None


def _ga4(told: Sequence[tuple[str, Conversion]], manner: Manner) -> str:
    """One body of the Measurement Protocol a line; without value and currency where there is none."""
    return "".join(
        orjson.dumps(
            {
                "client_id": client,
                "timestamp_micros": int(each.at.timestamp()) * 1_000_000,
                "events": [{"name": manner.name, "params": _ga4_params(client, each)}],
            }
        ).decode()
        + "\n"
        for client, each in told
    )


def _ga4_params(client: str, conversion: Conversion) -> dict[str, Any]:
    worth = {} if conversion.value is None else {"currency": conversion.currency, "value": float(conversion.value)}
    session = conversion.client_ids.get("ga_session", client.rpartition(".")[2])
    return worth | {"lead_id": conversion.lead_id, "session_id": session, "engagement_time_msec": 1}


CONVERSION_FORMATS: Final[tuple[Format, ...]] = (
    Format(
        "google_ads", "text/csv; charset=utf-8", "google-ads-conversions.csv",
        {"lead": "Lead", "qualified": "Qualified lead", "converted": "Converted lead", "won": "Sale"},
        _gclid, _google, also=("google",),
    ),
    Format(
        "yandex_metrika", "text/csv; charset=utf-8", "metrika-offline-conversions.csv",
        {"lead": "lead", "qualified": "qualified_lead", "converted": "converted_lead", "won": "sale"},
        _metrika_id, _metrika, id_types=("client_id", "yclid"), also=("metrika",),
    ),
    Format(
        "ga4", "application/x-ndjson", "ga4-events.ndjson",
        {"lead": "generate_lead", "qualified": "qualify_lead", "converted": "working_lead",
         "won": "close_convert_lead"},
        _ga_client, _ga4, also=("ga4_mp", "google_analytics"),
    ),
)  # fmt: skip
FORMAT_NAMES: Final = {name: each for each in CONVERSION_FORMATS for name in (each.key, *each.also)}
GOALS: Final = ("lead", "qualified", "converted", "won")


def written(format: Format, conversions: Iterable[Conversion], manner: Manner) -> str:
    """The file with every conversion that the platform can know; ids that it would take for a formula are left out."""
    told = [(key, each) for each in conversions if (key := format.identify(each, manner)) and key[0] not in "=+-@\t\r"]
    return format.write(told, manner)
