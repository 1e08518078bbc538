"""Bytes of a statement as rows of text, and where its column names stand. Pure."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Final, NamedTuple

from leadkit.problems import Invalid, UnsupportedMedia

from analytics.statements.columns import Columns, columns_in

DELIMITERS: Final = ("\t", ";", ",", "|")
NAMES_WITHIN: Final = 40
"""In the first so many rows the columns are named, after titles and periods."""
LOOKED_AT: Final = 64 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ARCHIVES: Final = (b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0")


class UnreadableStatement(Invalid):
    """A file that is no statement of costs."""

    code = "unreadable-statement"
    title = "The file cannot be read as a statement of costs"


class Sheet(NamedTuple):
    """A statement as text: what stands before the column names, these, and the rows after them with their lines."""

    encoding: str
    delimiter: str
    preamble: list[str]
    columns: Columns
    text: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Line (the first is 1) and cells of each row below the column names; raises `UnreadableStatement`."""
        return rows_of(self.text, self.delimiter, skip=len(self.preamble) + 1)


def sheet(content: bytes, encoding: str | None) -> Sheet:
    """The statement in these bytes; raises `UnreadableStatement`, `UnsupportedMedia` for workbooks and archives."""
    if content.startswith(_ARCHIVES):
        raise UnsupportedMedia("This is a workbook or an archive: save it as CSV and send that.")
    text, used = decoded(content, encoding)
    head = text[:LOOKED_AT]
    best: tuple[int, int, str, Columns] | None = None
    for delimiter in DELIMITERS:
        for place, (_, cells) in zip(range(NAMES_WITHIN), _forgiving(head, delimiter), strict=False):
            found = columns_in(cells)
            if best is None or len(found.place) > best[0]:
                best = (len(found.place), place, delimiter, found)
    if best is None or best[0] < 2 or not {"cost", "cost_micros"} & best[3].place.keys():
        raise UnreadableStatement("No row names a date and a cost: keep the row with the names of the columns.")
    _, place, delimiter, columns = best
    preamble = [delimiter.join(cells) for _, (_, cells) in zip(range(place), rows_of(head, delimiter), strict=False)]
    return Sheet(used, delimiter, preamble, columns, text)


def decoded(content: bytes, encoding: str | None) -> tuple[str, str]:
    """Text and its encoding: as told, else by its mark, else UTF-16 where every other byte is nothing, else UTF-8,
    else windows-1251."""
    for name in (encoding,) if encoding else _likely(content):
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise Invalid.at("/encoding", "is not the name of an encoding") from None
    raise UnreadableStatement("The bytes are no text in the encoding.")


def _likely(content: bytes) -> Iterator[str]:
    for mark, name in _MARKS:
        if content.startswith(mark):
            yield name
    head = content[:2000]
    if head[1::2].count(0) > len(head) // 4:
        yield "utf-16-le"
    if head[0::2].count(0) > len(head) // 4:
        yield "utf-16-be"
    yield from ("utf-8", "cp1251")


def rows_of(text: str, delimiter: str, *, skip: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their line; raises `UnreadableStatement` where quoting breaks."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if skip:
                    skip -= 1
                else:
                    yield reader.line_num, cells
    except csv.Error as error:
        raise UnreadableStatement(f"Line {reader.line_num} cannot be read: {error}.") from error


def _forgiving(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows up to the first that this delimiter cannot read."""
    try:
        yield from rows_of(text, delimiter)
    except UnreadableStatement:
        return
