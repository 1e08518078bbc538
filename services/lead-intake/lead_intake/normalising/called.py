"""What the called number says of a call: the campaign that it stands for, and a subject where the call has none."""

from datetime import datetime
from functools import lru_cache
from typing import Any

import phonenumbers

from lead_intake.normalising.attribution import with_default
from lead_intake.normalising.phones import line_number
from lead_intake.normalising.report import Report
from lead_intake.normalising.text import said
from lead_intake.numbers.book import NumberUse
from lead_intake.providers.base import Draft, SourceView

Values = dict[str, Any]

CALL_TO = "Call to "
"""How the subject of a call begins that has none of its own."""


def use_of(draft: Draft, source: SourceView, at: datetime) -> NumberUse | None:
    """What the dialled line, else the number that was shown to the visitor, stood for when the call came in."""
    if not source.numbers or draft.call is None or draft.call.direction != "inbound":
        return None
    shown = draft.call_tracking.get("number") if draft.call_tracking else None
    for told in (draft.call.line_number, shown):
        number = said(told) if told else None
        use = source.numbers.use_of(line_number(number, source.default_region), source.id, at) if number else None
        if use is not None:
            return use
    return None


def attributed(last: Values, use: NumberUse, at: datetime, report: Report) -> Values:
    """A touch that names no source gets the number's: what the provider told of the visitor goes before it."""
    if use.attribution is None or last.get("source"):
        return last
    return with_default(last, use.attribution, at, report, rule=f"number {use.number}", replaced="call")


def tracking(told: dict[str, str], use: NumberUse) -> dict[str, str]:
    """Which of the workspace's numbers it was, beside what the provider says of it."""
    named = {"label": use.label} if use.label else {}
    return {"number": use.number, "type": use.kind, **told, **named}


def add_subject(values: Values, report: Report) -> None:
    """`Call to +7 383 255-33-33`."""
    call = values.get("call")
    line = call.get("line_number") if call and call["direction"] == "inbound" else None
    if line and "subject" not in values:
        values["subject"] = f"{CALL_TO}{_shown(line)}"
        report.append(("subject", values["subject"], line, "called number", None))


@lru_cache(maxsize=4096)
def _shown(line: str) -> str:
    """A telephone number as people of its country write it for others; another line as it is."""
    if not line.startswith("+"):
        return line
    try:
        number = phonenumbers.parse(line)
    except phonenumbers.NumberParseException:
        return line
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
