"""The formats that rows are given in: rows go in page by page, bytes come out, and memory holds no whole file."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from uuid import UUID

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "id", "count", "number", "money", "date", "time", "flag"]
"""What a column holds; money is an amount to the cent, its currency is another column."""

Row = Sequence[Any]
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
ROWS_A_GROUP: Final = 50_000
"""Rows that a Parquet file keeps together: what a reader skips or reads at once, and what we hold meanwhile."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name and kind."""

    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Form:
    """How CSV is to be written: where a comma is the decimal sign, cells are parted by `;`; `excel` wants a BOM."""

    decimal_comma: bool = False
    excel: bool = False


class Writing(Protocol):
    """A file being written."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """Takes rows in the order of the columns; gives what can go out so far."""

    def end(self) -> bytes:
        """The rest."""


class Csv:
    """RFC 4180 in UTF-8: CRLF, quotes doubled, times in UTC; no text is taken for a formula."""

    def __init__(self, columns: Sequence[Column], form: Form) -> None:
        self._text = io.StringIO("\ufeff" if form.excel else "", newline="")
        self._text.seek(0, io.SEEK_END)
        self._comma = form.decimal_comma
        self._writer = csv.writer(self._text, delimiter=";" if form.decimal_comma else ",", lineterminator="\r\n")
        self._writer.writerow(column.key for column in columns)

    def add(self, rows: Sequence[Row]) -> bytes:
        """All that is written at once."""
        self._writer.writerows([self._cell(value) for value in row] for row in rows)
        return self.end()

    def end(self) -> bytes:
        """What was not given yet."""
        written = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        return written

    def _cell(self, value: Any) -> Any:
        match value:
            case bool():
                return "true" if value else "false"
            case str():
                return f"'{value}" if value.startswith(FORMULA) else value
            case Decimal() | float():
                number = format(value, "f") if isinstance(value, Decimal) else repr(value)
                return number.replace(".", ",") if self._comma else number
            case datetime():
                return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
            case _:
                return value


class _Sink(io.RawIOBase):
    """Takes what pyarrow writes and gives it away again, so that nothing piles up."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class Arrow:
    """The streaming format of Arrow IPC: a record batch for each page of rows."""

    def __init__(self, columns: Sequence[Column], _: Form) -> None:
        import pyarrow as pa

        self._columns, self._schema, self._sink = columns, schema_of(columns), _Sink()
        self._writer = pa.ipc.new_stream(pa.PythonFile(self._sink, mode="w"), self._schema)

    def add(self, rows: Sequence[Row]) -> bytes:
        """One batch."""
        if rows:
            self._writer.write_batch(_batch(rows, self._columns, self._schema))
        return self._sink.taken()

    def end(self) -> bytes:
        """The end mark."""
        self._writer.close()
        return self._sink.taken()


class Parquet:
    """Parquet with zstd, in groups of some 50,000 rows; its index comes last, so it can be streamed."""

    def __init__(self, columns: Sequence[Column], _: Form) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._columns, self._schema, self._sink = columns, schema_of(columns), _Sink()
        self._file = pa.PythonFile(self._sink, mode="w")
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []

    def add(self, rows: Sequence[Row]) -> bytes:
        """Nothing until a group is full."""
        if rows:
            self._waiting.append(_batch(rows, self._columns, self._schema))
        if sum(batch.num_rows for batch in self._waiting) >= ROWS_A_GROUP:
            self._write()
        return self._sink.taken()

    def end(self) -> bytes:
        """The last group and the index."""
        if self._waiting:
            self._write()
        self._writer.close()
        return self._sink.taken()

    def _write(self) -> None:
        import pyarrow as pa

        table = pa.Table.from_batches(self._waiting, schema=self._schema)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._waiting = []


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format by the name of `format=`, with its media type (without parameters)."""

    key: str
    media_type: str
    begin: Callable[[Sequence[Column], Form], Writing]


FILE_FORMATS: Final[tuple[FileFormat, ...]] = (
    FileFormat("csv", "text/csv", Csv),
    FileFormat("parquet", "application/vnd.apache.parquet", Parquet),
    FileFormat("arrow", "application/vnd.apache.arrow.stream", Arrow),
)
FILE_FORMAT: Final = {each.key: each for each in FILE_FORMATS}


def schema_of(columns: Sequence[Column]) -> "pa.Schema":
    """The columns as Arrow knows them: money as a decimal to the cent, times in UTC to the microsecond."""
    import pyarrow as pa

    types: Mapping[Kind, pa.DataType] = {
        "text": pa.string(),
        "id": pa.string(),
        "count": pa.int64(),
        "number": pa.float64(),
        "money": pa.decimal128(20, 2),
        "date": pa.date32(),
        "time": pa.timestamp("us", tz="UTC"),
        "flag": pa.bool_(),
    }
    return pa.schema([pa.field(column.key, types[column.kind]) for column in columns])


def _batch(rows: Sequence[Row], columns: Sequence[Column], schema: "pa.Schema") -> "pa.RecordBatch":
    import pyarrow as pa

    values = zip(*rows, strict=True)
    arrays = [
        pa.array([as_kind(value, column.kind) for value in each], type=schema.field(place).type)
        for place, (column, each) in enumerate(zip(columns, values, strict=True))
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def as_kind(value: Any, kind: Kind) -> Any:
    """A value as its column's kind has it; None stays."""
    match kind, value:
        case _, None:
            return None
        case "money", _:
            return Decimal(value).quantize(Decimal("0.01"))
        case "number", Decimal():
            return float(value)
        case (("id" | "text"), UUID()):
            return str(value)
        case "date", str():
            return date.fromisoformat(value)
        case _:
            return value
