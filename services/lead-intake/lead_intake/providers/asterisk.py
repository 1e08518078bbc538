"""Asterisk and FreePBX: call detail records by HTTP, as CSV (`Master.csv`, FreePBX's export) or JSON.

The records of one call share a `linkedid` and make one submission, whether they come together or one by one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from leadkit.contracts.inquiry import CallResult, Channel

from lead_intake.providers import credentials
from lead_intake.providers.base import CallDraft, Draft, Found, Provider, SourceView, Unreadable, WireRequest
from lead_intake.providers.telephony import cdr, merging
from lead_intake.providers.telephony.cdr import Row
from lead_intake.providers.telephony.values import carries_secret, is_extension, reach


@dataclass(slots=True)
class CallFound(Found):
    """A call with the records it was made of, so that more of them can be added."""

    rows: tuple[Row, ...] = ()


class Asterisk(Provider):
    """Calls of an Asterisk or FreePBX server."""

    slug: ClassVar[str] = "asterisk"
    title: ClassVar[str] = "Asterisk, FreePBX (CDR)"
    channels: ClassVar[tuple[Channel, ...]] = ("call", "import")
    gathers: ClassVar[bool] = True
    hint: ClassVar[str] = (
        "Let the server post each record as JSON, or the CSV file, to this address (header X-Api-Key)."
    )

    def verify(self, request: WireRequest, source: SourceView) -> bool:
        """The secret in query or headers, where the source has one."""
        return carries_secret(request, source)

    def read(self, request: WireRequest, source: SourceView) -> list[Found]:
        """One call for each `linkedid`, in the order in which they began to be told."""
        calls: dict[str, set[Row]] = {}
        for row in cdr.rows(request, source.time_zone):
            calls.setdefault(row.call_id, set()).add(row)
        if len(calls) > cdr.MOST_CALLS:
            raise Unreadable(f"more than {cdr.MOST_CALLS} calls in one request: send the file in parts")
        return [_call(call_id, rows) for call_id, rows in calls.items()]

    def merge(self, found: Sequence[Found]) -> Found:
        """All records of the call, each once."""
        told = [one for one in found if isinstance(one, CallFound)]
        return _call(told[0].external_id or "", {row for one in told for row in one.rows}) if told else found[0]

    def mask(self, request: WireRequest, source: SourceView) -> WireRequest:
        """Hides the secret."""
        return credentials.masked(request, source.secrets.values())


def _call(call_id: str, rows: Iterable[Row]) -> CallFound:
    ordered = sorted(rows, key=lambda row: (row.start, row.talk, repr(row)))
    direction = cdr.direction(ordered)
    draft = _draft(ordered, outbound=direction == "outbound")
    if direction == "internal":
        return CallFound(call_id, "ignored", draft, "internal_call", rows=tuple(ordered))
    disposition, reason = merging.meaning(draft)
    return CallFound(call_id, disposition, draft, reason, rows=tuple(ordered))


def _draft(rows: Sequence[Row], *, outbound: bool) -> Draft:
    first, talks = rows[0], [row for row in rows if row.answered]
    result: CallResult = "answered" if talks else "missed"
    recording = next((row.recording for row in (*talks, *rows) if row.recording), None)
    if not talks and recording and any(row.voicemail for row in rows):
        result = "voicemail"
    until = min((row.answered_at for row in talks), default=max(row.end for row in rows))
    draft = Draft(
        occurred_at=first.start,
        call=CallDraft(
            direction="outbound" if outbound else "inbound",
            result=result,
            duration_seconds=_talked(talks),
            wait_seconds=max(int((until - first.start).total_seconds()), 0),
            line_number=None if outbound else _line(rows),
            operator=_operator(first, talks, outbound=outbound),
            recording_url=recording if recording and "://" in recording else None,
        ),
    )
    if recording and "://" not in recording:
        draft.extra["recording_file"] = recording
    if any(row.zone_doubted for row in rows):
        draft.warnings.append("the time zone of the server is not the one that is set; the call's id tells the time")
    if outbound:
        reach(draft, next((row.dst for row in rows if not is_extension(row.dst)), None), "dst")
    else:
        reach(draft, next((row.src for row in rows if not is_extension(row.src)), None), "src")
        draft.full_name = next((row.name for row in rows if row.name and not is_extension(row.src)), None)
    return draft


def _talked(talks: Sequence[Row]) -> int:
    """The time that anybody was talking: records of one talk overlap, those of a transfer follow each other."""
    total, until = timedelta(), None
    for row in sorted(talks, key=lambda row: row.answered_at):
        began = row.answered_at if until is None else max(row.answered_at, until)
        if row.end > began:
            total += row.end - began
            until = row.end
    return int(total.total_seconds())


def _line(rows: Sequence[Row]) -> str | None:
    """The dialled line: a queue's or group's number is none."""
    dialled = [row.dst for row in rows if row.context.startswith(cdr.INBOUND) and row.dst[-1:].isdigit()]
    return next((line for line in (*(row.did for row in rows), *dialled) if line and not is_extension(line)), None)


def _operator(first: Row, talks: Sequence[Row], *, outbound: bool) -> str | None:
    """Who of ours talked: the last one, after a transfer."""
    if outbound:
        return first.src if is_extension(first.src) else first.channel_peer or None
    return talks[-1].peer or None if talks else None
