"""XLSX read row by row. A workbook is a zip of XML, so what it would unpack to is looked at before anything is read."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from lead_intake.imports.csv_file import Record

MOST_UNPACKED = 4 * 1024**3
MOST_RATIO = 200
SMALL = 10 * 1024**2
MOST_BESIDE_SHEETS = 64 * 1024**2
MOST_MEMBERS = 10_000
MOST_COLUMNS = 500
MOST_EMPTY_ROWS = 10_000

warnings.filterwarnings("ignore", module="openpyxl")  # of extensions it does not need to know


class NoWorkbook(Exception):
    """A zip that is no XLSX, is broken, or would unpack to more than any table has; the message says which."""


def check(file: BinaryIO) -> None:
    """Raises `NoWorkbook`; reads only the zip's directory."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise NoWorkbook("the file is a broken zip") from error
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise NoWorkbook("the workbook would unpack to more than 4 GiB")
    for member in members:
        if member.file_size > SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1):
            raise NoWorkbook("the workbook is packed more tightly than a table can be")
        if "worksheets/" not in member.filename and member.file_size > MOST_BESIDE_SHEETS:
            raise NoWorkbook("the workbook's shared texts exceed 64 MiB; save it as CSV")
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise NoWorkbook("the file is a zip, but no XLSX workbook")


def records(file: BinaryIO) -> Iterator[Record]:
    """The rows of the first visible sheet that has any, empty ones left out. Raises `NoWorkbook`."""
    check(file)
    from openpyxl import load_workbook  # here, so that a process that imports nothing does not carry it

    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            found = False
            for record in _of_sheet(sheet):
                found = True
                yield record
            if found:
                return
    except NoWorkbook:
        raise
    except Exception as error:  # whatever a broken workbook makes the library stumble over
        raise NoWorkbook("the workbook is broken") from error


def _of_sheet(sheet: Any) -> Iterator[Record]:
    sheet.reset_dimensions()  # some writers tell them wrong
    empty = 0
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [text_of(value) for value in row[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            empty = 0
            yield Record(number, cells)
        elif (empty := empty + 1) > MOST_EMPTY_ROWS:
            return


def text_of(value: Any) -> str:
    """A cell's value as a person would type it; whole numbers without a point, times in ISO."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def told_rows(file: BinaryIO) -> int | None:
    """How many rows the first sheet says it has, the headings not counted; None when it does not say."""
    from openpyxl import load_workbook

    file.seek(0)
    try:
        book = load_workbook(file, read_only=True, keep_links=False)
        told = book.worksheets[0].max_row
    except Exception:  # broken: reading it will say so
        return None
    return max(told - 1, 0) if told and told > 1 else None
