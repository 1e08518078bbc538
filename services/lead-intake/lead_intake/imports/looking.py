"""A first look at a file: what it is, what its columns mean, and how its first rows would be taken in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import orjson

from lead_intake.imports import plan as plans
from lead_intake.imports import xlsx_file
from lead_intake.imports.batches import RowReader
from lead_intake.imports.columns import columns_of, signature
from lead_intake.imports.csv_file import Record
from lead_intake.imports.plan import Plan
from lead_intake.imports.schemas import MappingFrom, RowOut
from lead_intake.providers.base import SourceView
from lead_intake.submissions.shown import named_report, whole_inquiry

COUNTED_BYTES = {"csv": 8 * 1024**2, "xlsx": 1024**2}
PREVIEWED = 10

Mapped = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says about the file; None: to be found out."""

    mapping: Mapped | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What was found. `rows_counted`: the number of rows is no estimate."""

    plan: Plan
    mapping_from: MappingFrom
    rows_total: int | None
    rows_counted: bool


def look(file: BinaryIO, size: int, asked: Asked, source: SourceView, kept: Mapping[str, Mapped]) -> Look:
    """Reads the beginning (of a small file all); raises `NotATable`, `NoSuchColumn`."""
    layout = plans.layout_of(file, encoding=asked.encoding, delimiter=asked.delimiter)
    first = plans.beginning(file, layout)
    columns = columns_of(
        [(record.line, record.cells) for record in first],
        region=source.default_region,
        field_map=source.settings.field_map,
        given=asked.mapping,
        remembered=kept.get,
        header=asked.header,
    )
    plan = Plan(layout, columns)
    remembered = signature(columns.headings) in kept
    mapping_from: MappingFrom = "given" if asked.mapping else "remembered" if remembered else "detected"
    if size <= COUNTED_BYTES[layout.format]:
        return Look(plan, mapping_from, counted(file, plan), True)
    return Look(plan, mapping_from, _estimated(file, size, plan, first), False)


def counted(file: BinaryIO, plan: Plan) -> int:
    """All rows below the headings; a million lines of CSV take some two seconds."""
    return sum(1 for _ in plans.data(file, plan))


def _estimated(file: BinaryIO, size: int, plan: Plan, first: list[Record]) -> int | None:
    if plan.layout.format == "xlsx":
        return xlsx_file.told_rows(file)
    written = "".join("\n" + ",".join(record.cells) for record in first)
    return round(size / max(len(written.encode(plan.layout.encoding or "utf-8", "replace")), 1) * len(first))


def preview(file: BinaryIO, plan: Plan, source: SourceView, *, now: datetime) -> list[RowOut]:
    """The first rows as they would be taken in, with their reports."""
    reader = RowReader(plan, source, headers={})
    return [_previewed(reader, record, now) for record in islice(plans.data(file, plan), PREVIEWED)]


def _previewed(reader: RowReader, record: Record, now: datetime) -> RowOut:
    if record.broken:
        return RowOut(line=record.line, status="rejected", reason=record.broken, inquiry=None, report=None)
    draft = reader.receipt(record, now).drafts[0]
    reason = reader.problem_of(draft, record) or draft.reason
    return RowOut(
        line=record.line,
        status=draft.status,
        reason=reason,
        inquiry=whole_inquiry(_parsed(draft.inquiry)),
        report=named_report(_parsed(draft.report)),
    )


def _parsed(json: bytes | None) -> Any:
    return orjson.loads(json) if json else None
