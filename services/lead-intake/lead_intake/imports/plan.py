"""How a file is read: found out from its beginning when it is sent, kept, and followed row by row when it is run."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO, Literal

from lead_intake.imports import csv_file, xlsx_file
from lead_intake.imports.columns import Column, Columns, folded, is_ordinal, is_totals
from lead_intake.imports.csv_file import Record
from lead_intake.imports.encodings import NoText, encoding_of
from lead_intake.providers.base import WireRequest
from lead_intake.providers.charsets import known
from lead_intake.providers.fields import meaning
from lead_intake.submissions import rows

Format = Literal["csv", "xlsx"]
BEGINNING = 64 * 1024
LOOKED_AT = 200
TOTALS = "a row of totals"
TOO_MANY_CELLS = "the row has more cells than the table has columns"

Cells = dict[str, str]


class NotATable(Exception):
    """The file is no table that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the bytes become rows; encoding and delimiter are those of CSV."""

    format: Format
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Layout and columns together."""

    layout: Layout
    columns: Columns

    def as_json(self) -> dict[str, Any]:
        """For its row; `plan_from` reads it."""
        return asdict(self)

    @property
    def has_ids(self) -> bool:
        """Whether a column tells rows apart for good: one that was said to, or whose heading leaves no doubt. A mere
        `ID` is kept as the external id, but two systems may count alike."""
        return any(
            column.meaning == "external_id"
            and (column.origin in ("given", "remembered", "field_map") or meaning(column.heading) == "external_id")
            for column in self.columns.columns
        )

    @property
    def read_as(self) -> dict[str, str]:
        """What a stored row has to know of its headings: everything that they do not say themselves."""
        told = {column.heading: _written(column) for column in self.columns.columns}
        return {heading: target for heading, target in told.items() if target is not None}


def plan_from(told: Mapping[str, Any]) -> Plan:
    """The plan that `as_json` wrote."""
    columns = told["columns"]
    return Plan(
        Layout(**told["layout"]),
        Columns(
            tuple(Column(**column) for column in columns["columns"]),
            columns["header_line"],
            columns["day_first"],
            tuple(columns["warnings"]),
        ),
    )


def _written(column: Column) -> str | None:
    says = meaning(column.heading)
    if column.meaning is None:
        return rows.KEPT if says is not None else None
    if column.meaning == says and says not in ("occurred_at", "id"):
        return None
    return column.meaning.removeprefix("mark:").removeprefix("extra:")


def layout_of(file: BinaryIO, *, encoding: str | None = None, delimiter: str | None = None) -> Layout:
    """Told by the bytes, unless it was said; raises `NotATable`."""
    file.seek(0)
    head = file.read(8)
    if not head.strip(b"\x00 \r\n\t"):
        raise NotATable("the file is empty")
    if head.startswith(b"PK\x03\x04"):
        try:
            xlsx_file.check(file)
        except xlsx_file.NoWorkbook as error:
            raise NotATable(str(error)) from error
        return Layout("xlsx")
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"{\\rtf", b"Rar!")):
        raise NotATable("this kind of file is not read: save it as XLSX or CSV")
    try:
        name = (known(encoding) if encoding else None) or encoding_of(file)
    except NoText as error:
        raise NotATable("the file is neither CSV nor XLSX") from error
    return Layout("csv", name, delimiter or csv_file.delimiter_of(_beginning(file, name)))


def _beginning(file: BinaryIO, encoding: str) -> str:
    file.seek(0)
    return file.read(BEGINNING).decode(encoding, "replace").removeprefix("\ufeff")


def records(file: BinaryIO, layout: Layout) -> Iterator[Record]:
    """All rows that hold anything, from the first; raises `NotATable`. The file stays open."""
    file.seek(0)
    if layout.format == "xlsx":
        try:
            yield from xlsx_file.records(file)
        except xlsx_file.NoWorkbook as error:
            raise NotATable(str(error)) from error
        return
    text = io.TextIOWrapper(file, encoding=layout.encoding, errors="replace", newline="")
    try:
        for record in csv_file.records(text, layout.delimiter or ","):
            if record.line == 1 and record.cells and record.cells[0].startswith("\ufeff"):
                record.cells[0] = record.cells[0][1:]
            yield record
    finally:
        with suppress(ValueError):  # closed meanwhile: who stopped reading half-way may be done with the file
            text.detach()


def beginning(file: BinaryIO, layout: Layout) -> list[Record]:
    """The first rows, from which the columns are told; raises `NotATable`."""
    first = list(islice(records(file, layout), LOOKED_AT))
    if not first:
        raise NotATable("the file has no rows")
    return first


def data(file: BinaryIO, plan: Plan) -> Iterator[Record]:
    """The rows below the headings, each checked; headings that are repeated further down are no rows.

    Raises `NotATable`.
    """
    header = [folded(heading) for heading in plan.columns.headings]
    width, first = len(header), plan.columns.headings[0] if plan.columns.header_line else None
    for record in records(file, plan.layout):
        if record.line <= plan.columns.header_line:
            continue
        cells = record.cells
        if cells[0] == first and len(cells) > 1 and [folded(cell) for cell in cells] == header:
            continue
        yield _checked(record, width)


def _checked(record: Record, width: int) -> Record:
    """A lone quotation mark does no harm where the cells are as many as the columns; what is no row is told so."""
    if record.broken:
        return record._replace(broken=None) if len(record.cells) == width else record
    if len(record.cells) > width and any(record.cells[width:]):
        return record._replace(broken=TOO_MANY_CELLS)
    return record._replace(broken=TOTALS) if is_totals(record.cells) else record


def request_of(record: Record, plan: Plan, *, read_as: Cells, headers: Mapping[str, str], now: datetime) -> WireRequest:
    """The row as it is stored."""
    return rows.packed(cells_of(record, plan), read_as, day_first=plan.columns.day_first, headers=headers, now=now)


def cells_of(record: Record, plan: Plan) -> Cells:
    """The cells that hold something, by heading."""
    return {heading: cell for heading, cell in zip(plan.columns.headings, record.cells, strict=False) if cell.strip()}


def telling_columns(plan: Plan) -> list[tuple[str, int]]:
    """What tells a row from others: heading and place of each column, by heading; not those that only count rows, or
    are ignored."""
    return sorted(
        (column.heading.casefold(), place)
        for place, column in enumerate(plan.columns.columns)
        if column.meaning != "ignore" and not is_ordinal(column.heading)
    )


def hash_of(record: Record, telling: Sequence[tuple[str, int]]) -> str:
    """By which the same row is known in another file."""
    cells = record.cells
    width = len(cells)
    return rows.row_hash([(heading, cells[at]) for heading, at in telling if at < width and cells[at].strip()])
