"""Where a visitor came from: UTM values, click ids, client ids and addresses made one touch with its channel group."""

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from leadkit.contracts.inquiry import Channel, Touch

from lead_intake.normalising import marks as known
from lead_intake.normalising.report import Report, cut
from lead_intake.normalising.text import MAY_SAY_NOTHING, is_placeholder, one_line

Values = dict[str, Any]

_LOOKS_MARKED = re.compile(r"utm_|cl(?:ick)?id|clkid|braid|srsltid|roistat", re.IGNORECASE)
_BY_CHANNEL = {"call": "call", "email": "email", "chat": "messenger", "import": "offline"}
_PAID = frozenset(
    {"cpc", "ppc", "cpm", "cpv", "paid", "paidsearch", "paid_search", "paid-search", "sem", "retargeting"}
)
_PAID_SOCIAL = frozenset({"paid_social", "paidsocial", "paid-social", "target", "cpc_social"})
_BY_MEDIUM = {
    **dict.fromkeys(("organic", "seo", "search"), "organic"),
    **dict.fromkeys(("social", "smm", "social-network", "social-media", "social_media", "sm", "post"), "social"),
    **dict.fromkeys(("referral", "link", "affiliate", "partner", "cpa"), "referral"),
    **dict.fromkeys(("email", "e-mail", "mail", "newsletter"), "email"),
    **dict.fromkeys(("call", "phone", "calltracking"), "call"),
    **dict.fromkeys(("messenger", "telegram", "whatsapp", "viber", "chat", "bot"), "messenger"),
    **dict.fromkeys(("offline", "qr", "print", "outdoor", "radio", "tv", "flyer", "event"), "offline"),
}  # fmt: skip


def touch(
    marks: dict[str, str],
    channel: Channel,
    own_domains: list[str],
    at: datetime | None,
    path: str,
    report: Report,
) -> Values:
    """A touch as the contract wants it, without empty parts; its report lines start with `path`."""
    gathered = _Gathered(path, report)
    for name, raw in marks.items():
        if name in known.PLACES:
            gathered.put(name, raw, f"field {name}")
    values, clicks, clients = gathered.values, gathered.clicks, gathered.clients
    # A referrer's own UTM values are of another visit.
    for key in ("landing_url", "page_url"):
        if key in values and "?" in values[key]:
            for name, value in _marks_in(values[key].partition("?")[2].partition("#")[0]):
                gathered.put(name, value, f"query of {key}")
    if "referrer" in values and not _host(values["referrer"]):
        report.append((f"{path}/referrer", None, values.pop("referrer"), "address", "no address"))
    group = _group(gathered, channel, own_domains)
    if not values and not clicks and not clients and group in (None, "direct"):
        return {}
    values["channel_group"] = group
    values["at"] = at
    if clicks:
        values["click_ids"] = clicks
    if clients:
        values["client_ids"] = clients
    return values


class _Gathered:
    """The parts of a touch while its marks are gone through; what comes first stays."""

    __slots__ = ("clicks", "clients", "path", "report", "values")

    def __init__(self, path: str, report: Report) -> None:
        self.path, self.report = path, report
        self.values: Values = {}
        self.clicks: dict[str, str] = {}
        self.clients: dict[str, str] = {}

    def put(self, name: str, raw: str, rule: str) -> None:
        """Puts one mark, whose name has a place, there."""
        plain = len(raw) <= 255 and raw.isascii() and raw.isprintable() and " " not in raw
        value = raw if plain else one_line(raw, 2048)
        if not value or (value[0] in MAY_SAY_NOTHING and is_placeholder(value)):
            if value:
                self.report.append((f"{self.path}/{name}", None, cut(raw), rule, "placeholder"))
            return
        kind, field = known.PLACES[name]
        target = self.values
        if kind == "address":
            value = _address(value)
        elif kind != "utm":
            target = self.clicks if kind == "click" else self.clients
            value = _unwrapped(name, field, value)
        if field not in target and value:
            if len(value) > 255 and kind != "address":
                value = value[:255].rstrip()
            target[field] = value
            self.report.append((f"{self.path}/{field}", value, raw if plain else cut(raw), rule, None))


def _unwrapped(name: str, field: str, value: str) -> str:
    """The id in a cookie of Google Ads or Analytics."""
    if name == "_gcl_aw":
        return value.split(".", 2)[-1]
    return _ga_client(value) if field == "ga" else value


def _ga_client(value: str) -> str:
    """`GA1.2.1111.1773` is the client id `1111.1773`."""
    return value.split(".", 2)[-1] if value.startswith("GA1.") and value.count(".") >= 3 else value


def _address(value: str) -> str:
    """A URL without the personal values of its query; an unresolved one as it is."""
    head, mark, query = value.partition("?")
    if not mark or "=" not in query:
        return value
    pairs = query.split("&")
    kept = [pair for pair in pairs if _query_name(pair) not in known.PERSONAL_IN_QUERY]
    return value if len(kept) == len(pairs) else f"{head}?{'&'.join(kept)}" if kept else head


def _query_name(pair: str) -> str:
    name = pair.partition("=")[0]
    return (unquote_plus(name) if "%" in name or "+" in name else name).lower()


def _marks_in(query: str) -> list[tuple[str, str]]:
    """The marks in an address's query."""
    if not _LOOKS_MARKED.search(query):
        return []
    named = [(name.lower(), value) for name, value in _pairs(query)]
    return [
        (name, value)
        for name, value in named
        if name in known.PLACES and (name.startswith("utm_") or name in known.IN_QUERY)
    ]


def _pairs(query: str) -> list[tuple[str, str]]:
    """Names and values; where nothing is escaped the library's parser has nothing to do."""
    if "%" not in query and "+" not in query and query.count("&") < 200:
        return [(name, value) for name, _, value in [pair.partition("=") for pair in query.split("&")] if value]
    try:
        return parse_qsl(query, max_num_fields=200)
    except ValueError:
        return []


def _group(gathered: _Gathered, channel: Channel, own_domains: list[str]) -> str | None:
    """The channel group; where no UTM value says it, source and medium are filled from click id or referrer."""
    values, clicks = gathered.values, gathered.clicks
    if "source" not in values and "medium" not in values:
        if not values and not clicks:
            return _BY_CHANNEL.get(channel)
        source, medium, rule = _derived(values, clicks, own_domains)
        if source and medium:
            values["source"], values["medium"] = source, medium
            gathered.report.append((f"{gathered.path}/source", source, None, rule, None))
            gathered.report.append((f"{gathered.path}/medium", medium, None, rule, None))
    elif "source" not in values and (paid := next((one for one in clicks if one in known.PAID_CLICKS), None)):
        values["source"] = known.PAID_CLICKS[paid]
        gathered.report.append((f"{gathered.path}/source", values["source"], None, f"click id {paid}", None))
    source, medium = values.get("source", "").lower(), values.get("medium", "").lower()
    return _group_of(source, medium, clicks) or _BY_CHANNEL.get(channel, "other" if source else "direct")


def _group_of(source: str, medium: str, clicks: dict[str, str]) -> str | None:
    if medium in _PAID_SOCIAL or (medium in _PAID and source in known.SOCIAL_SOURCES):
        return "social"
    if medium in _PAID or (not medium and not clicks.keys().isdisjoint(known.PAID_CLICKS)):
        return "paid_search"
    if medium in _BY_MEDIUM:
        return _BY_MEDIUM[medium]
    if source in known.MESSENGER_SOURCES:
        return "messenger"
    return "social" if source in known.SOCIAL_SOURCES else None


def _derived(values: Values, clicks: dict[str, str], own_domains: list[str]) -> tuple[str | None, str | None, str]:
    for click in clicks:
        if click in known.PAID_CLICKS:
            return known.PAID_CLICKS[click], "cpc", f"click id {click}"
    host = _host(values.get("referrer", ""))
    if host and not _is_ours(host, values, own_domains):
        return (*_of_referrer(host), "referrer")
    if "ysclid" in clicks:
        return "yandex", "organic", "click id ysclid"
    if "fbclid" in clicks:
        return "facebook", "social", "click id fbclid"
    return None, None, "nothing tells"


def _of_referrer(host: str) -> tuple[str, str]:
    labels = host.split(".")
    site = ".".join(labels[-2:])
    if known_as := known.MESSENGERS.get(host) or known.MESSENGERS.get(site):
        return known_as, "messenger"
    if known_as := known.SOCIAL.get(host) or known.SOCIAL.get(site):
        return known_as, "social"
    name = labels[-3] if len(labels) > 2 and labels[-2] in ("com", "co") else labels[-2] if len(labels) > 1 else host
    before = labels[0] if len(labels) > 2 else ""
    if before in known.WEBMAIL or host in known.MAIL_PLACES:
        return host[:255], "email"
    if name in known.SEARCH_ENGINES and before not in known.NO_SEARCH:
        return known.SEARCH_ENGINES[name], "organic"
    return host[:255], "referral"


def _host(url: str) -> str | None:
    """The host of a URL in lower case without `www.`, port and user; None where there is none."""
    _, mark, rest = url.partition("//")
    if not mark:
        return None
    host = rest.replace("\\", "/").partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    return host.partition(":")[0].lower().removeprefix("www.")


def _is_ours(host: str, values: Values, own_domains: list[str]) -> bool:
    """A referrer on the same site or on a payment page is no source: the visit began before it."""
    page = _host(values.get("page_url") or values.get("landing_url") or "")
    ours = [*own_domains, *known.PAYMENT_PAGES, *([page] if page else [])]
    return any(host == domain or host.endswith(f".{domain}") for domain in ours)


def with_default(
    values: Values,
    default: Touch,
    at: datetime | None,
    report: Report,
    *,
    rule: str = "default of the source",
    replaced: str | None = None,
) -> Values:
    """A touch that names no source gets what the source (or number) is set to; what is known stays, but for a channel
    group that says nothing more than `replaced`."""
    set_to = default.model_dump(exclude_none=True, exclude={"at"})
    filled = {**set_to, "at": at, **values}
    for key in ("click_ids", "client_ids"):
        filled[key] = {**set_to[key], **values.get(key, {})}
    before = values.get("channel_group")
    if before in (None, "direct", "other", replaced):
        group = set_to.get("channel_group") or _BY_MEDIUM.get(str(set_to.get("medium", "")).lower())
        unknown = "other" if before is None or before != replaced else before
        filled["channel_group"] = group or ("paid_search" if set_to.get("medium") in _PAID else unknown)
    for key in ("source", "medium", "campaign", "content", "term"):
        if key in set_to and key not in values:
            report.append((f"attribution/last/{key}", set_to[key], None, rule, None))
    return filled
