"""Answers on the wire: JSON with an entity tag that changes only with the numbers, and CSV for spreadsheets."""

import csv
import hashlib
import io
from typing import Any, Final

import orjson
from fastapi import Request, Response
from leadkit.problems import Invalid
from pydantic import BaseModel

FORMATS: Final = ("json", "csv")
AGES: Final = {"as_of", "lag_s", "checked_at"}
"""What says how new an answer is, and not what it says."""

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class UnknownFormat(Invalid):
    """A format that answers are not given in."""

    code = "unknown-format"
    title = "Answers are not given in this format"


def wanted_format(request: Request, asked: str | None) -> str:
    """The format asked for by `format=`, else by `Accept`, else JSON."""
    if asked is None:
        return "csv" if request.headers.get("accept", "").startswith("text/csv") else "json"
    if asked not in FORMATS:
        raise UnknownFormat(f"format is one of {', '.join(FORMATS)}.", allowed=list(FORMATS))
    return asked


def answer(
    request: Request, body: BaseModel, *, csv_of: tuple[list[str], list[dict[str, Any]]] | None = None
) -> Response:
    """The answer with its `ETag`, or 304 when the client has these numbers already."""
    content = body.model_dump(mode="json", by_alias=True)
    tag = etag_of(content, "csv" if csv_of else "json")
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    if tag in (known.strip() for known in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if csv_of is not None:
        columns, _ = csv_of
        text = as_csv(columns, content["rows"])
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
    return Response(orjson.dumps(content), media_type="application/json", headers=headers)


def etag_of(content: dict[str, Any], kind: str) -> str:
    """A weak tag over everything but the answer's age: it changes only when the numbers do."""
    numbers = {key: value for key, value in content.items() if key not in AGES}
    digest = hashlib.sha256(kind.encode() + orjson.dumps(numbers, option=orjson.OPT_SORT_KEYS))
    return f'W/"{digest.hexdigest()[:32]}"'


def as_csv(columns: list[str], rows: list[dict[str, Any]]) -> str:
    """RFC 4180: comma, CRLF; money as its amount, with the currency in a last column; no cell is a formula."""
    money = any(isinstance(value, dict) for row in rows for value in row.values())
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*columns, *(["currency"] if money else [])])
    for row in rows:
        currency = next((value["currency"] for value in row.values() if isinstance(value, dict)), "")
        writer.writerow([*(_cell(row[column]) for column in columns), *([currency] if money else [])])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return value["amount"]
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
