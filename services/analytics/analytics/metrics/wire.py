"""Answers on the wire: JSON with an entity tag that changes only with the numbers, and tables for other programs."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from fastapi import Depends, Query, Request, Response
from leadkit.problems import Invalid
from pydantic import BaseModel

from analytics.exports.files import FILE_FORMAT, FILE_FORMATS, Column, Form, Kind, as_kind
from analytics.metrics.catalogue import METRIC_BY_KEY
from analytics.metrics.dimensions import DIMENSION_BY_KEY
from analytics.metrics.kinds import Unit

FORMATS: Final = ("json", *FILE_FORMAT)
MEDIA_TYPES: Final = {"application/json": "json"} | {each.media_type: each.key for each in FILE_FORMATS}
AS_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {each.media_type: {"schema": {"type": "string", "format": "binary"}} for each in FILE_FORMATS}}
}
"""What a route says of its other formats."""

NOT_CHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The numbers are those that `If-None-Match` names"}
}

AGES: Final = {"as_of", "lag_s", "checked_at", "immature_from"}
"""What says how new an answer is, and not what it says."""

DECIMAL_COMMA: Final = frozenset(
    "be bg cs da de el es et fi fr hr hu hy id is it ka kk lt lv nl no pl pt ro ru sk sl sr sv tr uk vi".split()
)
"""Languages of spreadsheets that write 1,5 and therefore part the cells of CSV by `;`."""


class UnknownFormat(Invalid):
    """A format that answers are not given in."""

    code = "unknown-format"
    title = "Answers are not given in this format"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an answer is to be written."""

    format: str
    form: Form


async def _wanted(
    request: Request,
    format: Annotated[
        str | None, Query(max_length=20, description="json, csv, parquet or arrow (stream); else by Accept")
    ] = None,
    locale: Annotated[
        str | None,
        Query(
            max_length=35,
            description="For CSV: whose spreadsheet reads it (`ru`: `;` and decimal comma); else by Accept-Language",
            examples=["ru"],
        ),
    ] = None,
    excel: Annotated[bool, Query(description="For CSV: begin with a byte order mark, as Excel needs it")] = False,
) -> Wanted:
    if format is None:
        format = accepted(request.headers.get("accept", ""))
    if format not in FORMATS:
        raise UnknownFormat(f"format is one of {', '.join(FORMATS)}.", allowed=list(FORMATS))
    language = locale if locale is not None else request.headers.get("accept-language", "")
    return Wanted(format, form_for(language, excel=excel))


AsWanted = Annotated[Wanted, Depends(_wanted)]
"""By `format=`, else by `Accept`, else JSON; CSV by `locale=`, else by `Accept-Language`, else with commas."""


def accepted(accept: str) -> str:
    """The format that an `Accept` header likes best of those there are; JSON when it names none of them."""
    liked: list[tuple[float, str]] = []
    for part in accept.split(","):
        media, *parameters = (each.strip() for each in part.split(";"))
        if media.lower() in MEDIA_TYPES:
            liked.append((-_quality(parameters), MEDIA_TYPES[media.lower()]))
    return min(liked, key=lambda each: each[0])[1] if liked else "json"


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter.removeprefix("q="))
            except ValueError:
                return 0.0
    return 1.0


def form_for(language: str, *, excel: bool) -> Form:
    """How the CSV of a language (`ru`, `de-DE`, or an `Accept-Language` header: its first) is written."""
    first = language.split(",")[0].split(";")[0].strip().lower().replace("_", "-")
    return Form(decimal_comma=first.split("-")[0] in DECIMAL_COMMA, excel=excel)


UNIT_KINDS: Final[Mapping[Unit, Kind]] = {
    "count": "count",
    "money": "money",
    "rate": "number",
    "ratio": "number",
    "seconds": "count",
}
"""What the column of a metric holds where no row tells it."""

Table = tuple[Sequence[str], Sequence[Mapping[str, Any]]]
"""Columns, and rows keyed by column as the JSON answer holds them."""


async def answer(
    request: Request,
    body: BaseModel,
    *,
    wanted: Wanted | None = None,
    table: Callable[[], Table] | None = None,
) -> Response:
    """The answer with its `ETag`, or 304 when the client has these numbers already.

    `table` makes what is given where a table is wanted; without it that are the `rows` of the answer, which then has
    `columns` too.
    """
    numbers = body.model_dump_json(by_alias=True, exclude=AGES).encode()
    tag = etag_of(numbers, repr(wanted))
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Language, Authorization"}
    if known_already(request, tag):
        return Response(status_code=304, headers=headers)
    if wanted is None or wanted.format == "json":
        aged = body.model_dump_json(by_alias=True, include=AGES).encode()
        return Response(_together(numbers, aged), media_type="application/json", headers=headers)
    if table:
        columns, rows = table()
    else:
        content = body.model_dump(mode="json", by_alias=True, include={"columns", "rows"})
        columns, rows = content["columns"], content["rows"]
    return await file_of(columns, rows, wanted, headers)


async def file_of(
    columns: Sequence[str], rows: Sequence[Mapping[str, Any]], wanted: Wanted, headers: Mapping[str, str] | None = None
) -> Response:
    """The rows as the file that is wanted."""
    # The first Parquet of a process loads its library, which takes long.
    written = await asyncio.to_thread(as_file, columns, rows, wanted)
    charset = "; charset=utf-8" if wanted.format == "csv" else ""
    return Response(written, media_type=FILE_FORMAT[wanted.format].media_type + charset, headers=headers)


def known_already(request: Request, tag: str) -> bool:
    """Whether `If-None-Match` names the tag."""
    return tag in (known.strip() for known in request.headers.get("if-none-match", "").split(","))


def etag_of(numbers: bytes, kind: str) -> str:
    """A weak tag over everything but the answer's age: it changes only when the numbers do."""
    return f'W/"{hashlib.sha256(kind.encode() + numbers).hexdigest()[:32]}"'


def _together(numbers: bytes, aged: bytes) -> bytes:
    """Two objects of JSON as one."""
    return numbers if aged == b"{}" else numbers[:-1] + b"," + aged[1:]


def as_file(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], wanted: Wanted) -> bytes:
    """The rows as a file; money as its amount, with the currency in a last column (or one each, where they differ)."""
    told = [Column(key, _kind(key, [row[key] for row in rows])) for key in columns]
    money = [column for column in told if column.kind == "money"]
    cells = [[_cell(row[column.key], column.kind) for column in told] for row in rows]
    if len({row[column.key]["currency"] for row in rows for column in money if row[column.key]}) > 1:
        told += [Column(f"{column.key}_currency", "text") for column in money]
        for line, row in zip(cells, rows, strict=True):
            line += [(row[column.key] or {}).get("currency") for column in money]
    elif money:
        told.append(Column("currency", "text"))
        for line, row in zip(cells, rows, strict=True):
            line.append(next((value["currency"] for value in row.values() if isinstance(value, dict)), None))
    file = FILE_FORMAT[wanted.format].begin(told, wanted.form)
    return file.add(cells) + file.end()


def _kind(key: str, values: Sequence[Any]) -> Kind:
    """What a column of an answer holds: told by its values, and by the catalogue where there are none."""
    found = next((value for value in values if value is not None), None)
    match found:
        case dict():
            return "money"
        case bool():
            return "flag"
        case int():
            return "number" if any(isinstance(value, float) for value in values) else "count"
        case float():
            return "number"
        case str() if key in DIMENSION_BY_KEY and DIMENSION_BY_KEY[key].kind == "date":
            return "date"
        case None if key in METRIC_BY_KEY and key not in DIMENSION_BY_KEY:
            return UNIT_KINDS[METRIC_BY_KEY[key].unit]
        case _:
            return "text"


def _cell(value: Any, kind: Kind) -> Any:
    return as_kind(Decimal(value["amount"]) if isinstance(value, dict) else value, kind)
