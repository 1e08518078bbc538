"""The two formats an export can have: rows go in page by page, bytes come out in parts."""

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Protocol

from leadkit.problems import Invalid

from crm_core.exports.rules import safe

PART = 512 * 1024
MOST_ROWS = 1_048_575
"""Of a sheet of a workbook, without the names of the columns."""


class Writing(Protocol):
    """A file being written."""

    def add(self, rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
        """Takes rows; gives the parts that are complete."""

    def end(self) -> Iterator[bytes]:
        """The rest."""

    def drop(self) -> None:
        """Leaves nothing behind of a file that is not wanted any more; after its end nothing happens."""


class Csv:
    """UTF-8 with a byte order mark, which spreadsheets need to take it for UTF-8."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self, columns: Sequence[str], delimiter: str) -> None:
        self._text = io.StringIO("\ufeff", newline="")
        self._text.seek(0, io.SEEK_END)
        self._writer = csv.writer(self._text, delimiter=delimiter, lineterminator="\r\n")
        self._writer.writerow(columns)

    def add(self, rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
        """As soon as there are half a million characters."""
        self._writer.writerows([safe(cell) for cell in row] for row in rows)
        if self._text.tell() >= PART:
            yield from self.end()

    def end(self) -> Iterator[bytes]:
        """What was not given yet."""
        if written := self._text.getvalue():
            yield written.encode()
        self.drop()

    def drop(self) -> None:
        """Forgets the text."""
        self._text.seek(0)
        self._text.truncate()


class Xlsx:
    """A workbook of one sheet, all cells texts; it lies in a temporary file until its end, when its index is known."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, columns: Sequence[str]) -> None:
        from openpyxl import Workbook  # half a second and ten megabytes that no other request should pay

        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet("Export")
        self._rows = 0
        self._saved = False
        self._append(columns)

    def _append(self, row: Sequence[str]) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        cells = []
        for text in row:
            cell = WriteOnlyCell(self._sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text)[:32_767])
            cell.data_type = "s"  # never a formula, whatever it begins with
            cells.append(cell)
        self._sheet.append(cells)

    def add(self, rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
        """Nothing comes before the end. Raises `Invalid` for more rows than a sheet can have."""
        self._rows += len(rows)
        if self._rows > MOST_ROWS:
            raise Invalid(f"A workbook has at most {MOST_ROWS:,} rows: narrow the filter, or export CSV.")
        for row in rows:
            self._append(row)
        return iter(())

    def drop(self) -> None:
        """Saves the book to nowhere: only so its own temporary files are removed."""
        if not self._saved:
            for _ in self.end():
                pass

    def end(self) -> Iterator[bytes]:
        """The whole file."""
        self._saved = True
        with tempfile.TemporaryFile() as file:
            self._book.save(file)
            file.seek(0)
            yield from _parts_of(file)


def _parts_of(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(PART):
        yield part


MEDIA_TYPES = {"csv": Csv.media_type, "xlsx": Xlsx.media_type}


def begin(format: str, columns: Sequence[str], delimiter: str) -> Writing:
    """A file of this format with its first row, the names of the columns."""
    return Xlsx(columns) if format == "xlsx" else Csv(columns, delimiter)
