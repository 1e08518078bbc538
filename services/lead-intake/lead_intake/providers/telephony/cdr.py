"""Call detail records of Asterisk: rows from `Master.csv`, FreePBX's export or JSON, in one form.

Columns are those of `cdr/cdr_csv.c` of Asterisk, of `cdr_export_csv` of FreePBX, and of the manager's Cdr event."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from lead_intake.normalising import times
from lead_intake.providers import bodies, charsets
from lead_intake.providers.base import Unreadable, WireRequest
from lead_intake.providers.telephony.values import flat, is_extension, seconds, text

MOST_ROWS = 20_000
MOST_CALLS = 5_000

_PLAIN = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
_NEW = ("peeraccount", "linkedid", "sequence")
_ALIASES = {
    "calldate": "start", "starttime": "start", "answertime": "answer", "endtime": "end", "source": "src",
    "destination": "dst", "destinationcontext": "dcontext", "callerid": "clid", "destinationchannel": "dstchannel",
    "lastapplication": "lastapp", "billableseconds": "billsec", "billsecs": "billsec",
}  # fmt: skip
_UNIQUE = re.compile(r"(?:.*-)?(\d{9,11})\.\d+")
_MACHINES = frozenset({"playback", "background", "voicemail", "queue", "voicemailmain", "read", "wait", "musiconhold"})
_PEER = re.compile(r"^[A-Za-z0-9]+/([^@;]+?)(?:-[0-9a-fA-F]{8}(?:;\d)?|@.*|;\d)?$")
INBOUND = ("from-trunk", "from-did", "from-pstn", "from-external", "from-outside", "from-voip")
OUTBOUND = ("from-internal", "outbound", "macro-dialout", "outrt", "outgoing")
_QUARTER = timedelta(minutes=15)
_SAME = timedelta(seconds=90)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: times in UTC, channels' peers as extensions or trunks, `bridged`: a person's device was on it."""

    call_id: str
    start: datetime
    duration: int
    talk: int
    src: str
    dst: str
    context: str
    name: str | None
    channel_peer: str
    peer: str
    answered: bool
    voicemail: bool
    did: str
    recording: str | None
    zone_doubted: bool

    @property
    def answered_at(self) -> datetime:
        """When the talk began."""
        return self.start + timedelta(seconds=self.duration - self.talk)

    @property
    def end(self) -> datetime:
        """When the record ends."""
        return self.start + timedelta(seconds=self.duration)


def rows(request: WireRequest, zone: tzinfo) -> list[Row]:
    """The records in a request, CSV or JSON; raises `Unreadable` when there are none or too many."""
    found = [_row(values, zone) for values in _tables(request)]
    if not found:
        raise Unreadable("no call records in it")
    return found


def _tables(request: WireRequest) -> Iterator[Mapping[str, Any]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    first = request.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    form = kind == "application/x-www-form-urlencoded" and b"\n" not in request.body.strip()
    if first in (b"{", b"[") or form or not request.body.strip():
        return _of_objects(bodies.parsed(request))
    return _of_csv(charsets.decoded(request.body.removeprefix(b"\xef\xbb\xbf"), "utf-8"))


def _of_objects(body: Any) -> Iterator[Mapping[str, Any]]:
    """An object, a list of them, or an object that holds the list."""
    if isinstance(body, dict):
        body = next((inner for inner in body.values() if isinstance(inner, list) and inner), [body])
    for node in body if isinstance(body, list) else ():
        if isinstance(node, dict) and (values := _named(flat(node))):
            yield values


def _of_csv(content: str) -> Iterator[Mapping[str, Any]]:
    content = content.lstrip("\n\r")
    first = content.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    names: Sequence[str] | None = None
    try:
        for place, cells in enumerate(csv.reader(io.StringIO(content), delimiter=delimiter)):
            if place > MOST_ROWS:
                raise Unreadable(f"more than {MOST_ROWS} records: send the file in parts")
            if not any(cells):
                continue
            if names is None and _is_heading(cells):
                names = [cell.strip().lower() for cell in cells]
                continue
            yield _named(dict(zip(names or _columns(cells), cells, strict=False)))
    except csv.Error as error:
        raise Unreadable(f"not CSV: {error}"[:200]) from None


def _is_heading(cells: Sequence[str]) -> bool:
    return {"src", "dst"} <= {cell.strip().lower() for cell in cells}


def _columns(cells: Sequence[str]) -> list[str]:
    """The columns of `Master.csv`, which has no heading, by their number: 16, then uniqueid and userfield as they are
    switched on, then three more."""
    count = len(cells)
    if not 16 <= count <= 21:
        raise Unreadable(f"a record of {count} columns")
    new = count >= 19
    optional = count - 16 - (3 if new else 0)
    extra = ["uniqueid", "userfield"][:optional]
    if optional == 1 and not _UNIQUE.fullmatch(cells[16]):
        extra = ["userfield"]
    return [*_PLAIN, *extra, *(_NEW if new else ())]


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """By the names of the columns, whatever the source calls them."""
    named: dict[str, Any] = {}
    for name, value in values.items():
        plain = name.replace("_", "") if name not in ("outbound_cnum", "outbound_cnam", "dst_cnam") else name
        named.setdefault(_ALIASES.get(plain, plain), value)
    return named


def _row(values: Mapping[str, Any], zone: tzinfo) -> Row:
    start = times.parse(text(values, "start") or "", zone)
    unique = text(values, "uniqueid")
    if start is None and unique and (known := _UNIQUE.fullmatch(unique)):
        start = datetime.fromtimestamp(int(known[1]), UTC)
    if start is None or not ("dst" in values or "src" in values):
        raise Unreadable("a record without its start or numbers")
    shifted = _proved(start, unique)
    number, name = caller(text(values, "clid") or "")
    src = text(values, "src") or text(values, "cnum") or number
    duration, talk = seconds(values, "duration") or 0, seconds(values, "billsec") or 0
    answered_at = times.parse(text(values, "answer") or "", zone)
    if "billsec" not in values and answered_at is not None:
        talk = max(duration - int((answered_at - start).total_seconds()), 0)
    last, peer = str(values.get("lastapp", "")).strip().lower(), _peer(text(values, "dstchannel"))
    answered = str(values.get("disposition", "")).strip().upper() == "ANSWERED"
    recording = text(values, "recordingfile", "recording") or _file(text(values, "userfield"))
    return Row(
        call_id=text(values, "linkedid") or unique or _made_up(values, src, start),
        start=shifted, duration=max(duration, talk), talk=talk, src=src, dst=text(values, "dst") or "",
        context=str(values.get("dcontext", "")).strip().lower(), name=text(values, "cnam") or name,
        channel_peer=_peer(text(values, "channel")), peer=peer,
        answered=answered and (bool(peer) or last not in _MACHINES), voicemail=answered and last == "voicemail",
        did=text(values, "did") or "", recording=recording, zone_doubted=shifted != start,
    )  # fmt: skip


def _proved(start: datetime, unique: str | None) -> datetime:
    """The start as the id proves it: its whole part is Unix time, so a start that is whole quarters of an hour away was
    read in the wrong zone."""
    known = _UNIQUE.fullmatch(unique) if unique else None
    if known is None:
        return start
    off = datetime.fromtimestamp(int(known[1]), UTC) - start
    quarters = round(off / _QUARTER)
    if quarters == 0 or abs(quarters) > 14 * 4 or abs(off - quarters * _QUARTER) > _SAME:
        return start
    return start + quarters * _QUARTER


def _made_up(values: Mapping[str, Any], src: str, start: datetime) -> str:
    """Of a record without an id: who called whom when, over which channel."""
    return f"{start:%Y%m%dT%H%M%S}:{src}:{text(values, 'dst') or ''}:{text(values, 'channel') or ''}"


def caller(clid: str) -> tuple[str, str | None]:
    """`"Name" <number>` taken apart, also with the number in front; a name that is a number is none."""
    head, _, rest = clid.partition("<")
    number, _, tail = rest.partition(">")
    name = (head.strip() or tail.strip()).strip('"').strip()
    if not rest:
        return ("", name or None) if not name.lstrip("+").isdigit() else (name, None)
    return number.strip(), None if not name or name.lstrip("+").replace(" ", "").isdigit() else name


def _peer(channel: str | None) -> str:
    """`PJSIP/101-0000001b` is the extension 101; a trunk keeps its name."""
    found = _PEER.fullmatch(channel or "")
    return found[1] if found else ""


def _file(userfield: str | None) -> str | None:
    sound = userfield and userfield.lower().endswith((".wav", ".mp3", ".gsm", ".ogg", ".wav49", ".opus"))
    return userfield if sound else None


def direction(rows: Sequence[Row]) -> str:
    """`inbound`, `outbound` or `internal`, of the records of one call, the first of them first."""
    if any(row.did or row.context.startswith(INBOUND) for row in rows):
        return "inbound"
    first = rows[0]
    from_extension = is_extension(first.src) or (
        is_extension(first.channel_peer) and first.context.startswith(OUTBOUND)
    )
    if not from_extension:
        return "inbound"
    return "outbound" if any(_is_outside(row.dst) for row in rows) else "internal"


def _is_outside(dst: str) -> bool:
    """Neither an extension nor a feature code such as `*97`."""
    return not is_extension(dst) and dst.removeprefix("+").isdigit()
