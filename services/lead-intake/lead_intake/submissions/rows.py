"""Rows of an imported table: one stored request each, read now and at every replay by what its headings mean. Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import orjson

from lead_intake.normalising import local_dates
from lead_intake.providers.base import Found, SourceView, Unreadable, WireRequest
from lead_intake.providers.fields import is_of_staff
from lead_intake.providers.forms import FormReader

KEPT = "extra"
"""Read as nothing, though its heading says something: kept in `extra` under its heading."""

_META_ID = re.compile(r"^(?:l|ag|as|c|f):(?=\d+$)|^p:(?=\+\d)")
"""What Meta's file of leads puts before ids and telephone numbers."""
_AFTER_APOSTROPHE = frozenset("+=-@0123456789\t\r")


def packed(
    cells: Mapping[str, str], read_as: Mapping[str, str], *, day_first: bool, headers: Mapping[str, str], now: datetime
) -> WireRequest:
    """A row as a request to be stored: the cells by heading, and what was decided about the headings. `headers` tell
    where it came from."""
    body = orjson.dumps({"cells": cells, "read_as": read_as, "day_first": day_first})
    return WireRequest("POST", "", "", headers, body, now)


def read(request: WireRequest, source: SourceView) -> Found:
    """The one inquiry in a stored row; raises `Unreadable`."""
    try:
        body = orjson.loads(request.body)
        cells, read_as, day_first = body["cells"], body["read_as"], body["day_first"]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable("not_a_row") from error
    view = _without_traps(source, tuple(read_as.items()))
    told, kept, moment = dict[str, str](), dict[str, str](), None
    for heading, written in cells.items():
        meaning = read_as.get(heading)
        # An apostrophe in front is how spreadsheets keep a text from being a number.
        cell = written[1:] if written[0] == "'" and written[1:2] in _AFTER_APOSTROPHE else written
        cell = _META_ID.sub("", cell) if cell[1:3].count(":") else cell
        if meaning == "occurred_at" and moment is None:
            moment = local_dates.parse(cell, view.time_zone, day_first=day_first)
            if moment is None:
                kept[heading] = cell
        elif meaning == KEPT or (meaning is None and is_of_staff(heading)):
            kept[heading] = cell
        else:
            told[heading] = cell
    reader = FormReader(request, view)
    found = reader.read(told, {})
    found.draft.vouched = True
    found.draft.extra |= kept
    found.draft.occurred_at = moment or found.draft.occurred_at
    if not found.draft.phones and not found.draft.emails and not found.draft.messengers:
        _contacts_among(cells, reader)
    return found


def _contacts_among(cells: Mapping[str, str], reader: FormReader) -> None:
    """The last resort before a row makes no lead: a column `Contacts` with all in one, but nobody of our own staff."""
    for heading, cell in cells.items():
        if not is_of_staff(heading):
            reader.contacts_in(cell, f"text of {heading}")


def row_hash(said: Iterable[tuple[str, str]]) -> str:
    """Of what a row says, by heading in alphabetical order: the same in any file, wherever its columns and rows
    stand."""
    text = "\x1e".join([f"{heading}\x1f{' '.join(cell.split())}" for heading, cell in said])
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=20).hexdigest()


@lru_cache(maxsize=64)
def _without_traps(source: SourceView, read_as: tuple[tuple[str, str], ...]) -> SourceView:
    """A table has no honeypots: a column `website` is no sign of a robot."""
    return replace(
        source,
        settings=source.settings.model_copy(update={"field_map": dict(read_as)}),
        spam=source.spam.model_copy(update={"honeypot_fields": []}),
    )
