"""Rows of an imported table: one stored request each, read now and at every replay by what its headings mean. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import orjson

from lead_intake.normalising import local_dates
from lead_intake.providers.base import Found, SourceView, Unreadable, WireRequest
from lead_intake.providers.generic import Generic

KEPT = "extra"
"""Read as nothing, though its heading says something: kept in `extra` under its heading."""

_generic = Generic()


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
    told = {
        heading: _cell(cell, read_as.get(heading), view, day_first)
        for heading, cell in cells.items()
        if read_as.get(heading) != KEPT
    }
    content = WireRequest("POST", "", "", {"content-type": "application/json"}, orjson.dumps(told), request.received_at)
    found = _generic.read(content, view)[0]
    found.draft.extra |= {heading: cell for heading, cell in cells.items() if read_as.get(heading) == KEPT}
    return found


def row_hash(cells: Mapping[str, str]) -> str:
    """Of what a row says: the same in any file, in whatever order its columns and rows stand."""
    said = sorted(
        f"{heading.casefold()}\x1f{' '.join(cell.split())}" for heading, cell in cells.items() if cell.strip()
    )
    return hashlib.blake2b("\x1e".join(said).encode("utf-8", "replace"), digest_size=20).hexdigest()


def _cell(cell: str, meaning: str | None, source: SourceView, day_first: bool) -> str:
    """Without the apostrophe by which spreadsheets keep a text from being a number; dates in ISO."""
    if cell[:1] == "'" and len(cell) > 1 and cell[1] in "+=-@0123456789":
        cell = cell[1:]
    if meaning == "occurred_at":
        moment = local_dates.parse(cell, source.time_zone, day_first=day_first)
        return moment.isoformat() if moment else cell
    return cell


@lru_cache(maxsize=64)
def _without_traps(source: SourceView, read_as: tuple[tuple[str, str], ...]) -> SourceView:
    """A table has no honeypots: a column `website` is no sign of a robot."""
    return replace(
        source,
        settings=source.settings.model_copy(update={"field_map": dict(read_as)}),
        spam=source.spam.model_copy(update={"honeypot_fields": []}),
    )
