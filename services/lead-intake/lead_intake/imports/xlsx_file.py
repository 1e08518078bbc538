"""XLSX read row by row. A workbook is a zip of XML, so what it would unpack to is looked at before anything is read."""

import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, BinaryIO

from lead_intake.imports import workbook_xml
from lead_intake.imports.csv_file import Record
from lead_intake.imports.workbook_xml import ValueOf

MOST_UNPACKED = 4 * 1024**3
MOST_RATIO = 200
SMALL = 10 * 1024**2
MOST_BESIDE_SHEETS = 64 * 1024**2
MOST_MEMBERS = 10_000
MOST_EMPTY_ROWS = 10_000
BEGINNING = 64 * 1024
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\s[^>]{0,100}ref=\"[A-Z]{1,3}\d{1,7}:[A-Z]{1,3}(\d{1,7})\"")

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
    try:
        with zipfile.ZipFile(file) as archive:
            for path, shared, value_of in _visible_sheets(archive, file):
                found = False
                with archive.open(path) as part:
                    for record in _of_sheet(workbook_xml.rows(part, shared, value_of)):
                        found = True
                        yield record
                if found:
                    return
    except Exception as error:  # whatever a broken workbook makes the libraries stumble over
        raise NoWorkbook("the workbook is broken") from error


def _visible_sheets(archive: zipfile.ZipFile, file: BinaryIO) -> Iterator[tuple[str, list[str], ValueOf]]:
    """Of each, where it lies, the shared texts and what its cells mean; the texts are read when there is a sheet."""
    from openpyxl.reader.excel import ExcelReader  # here: a process that imports nothing does not carry it
    from openpyxl.styles.stylesheet import apply_stylesheet
    from openpyxl.xml.constants import SHARED_STRINGS

    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    book = reader.parser.wb
    apply_stylesheet(reader.archive, book)
    shared: list[str] = []
    for told in reader.package.findall(SHARED_STRINGS):
        with archive.open(told.PartName[1:]) as part:
            shared = workbook_xml.texts(part)
    value_of = _values_of(book)
    for sheet, place in reader.parser.find_sheets():
        if sheet.state == "visible" and place.Type.endswith("/worksheet") and place.target in reader.valid_files:
            yield place.target, shared, value_of


def _values_of(book: Any) -> ValueOf:
    """What cells show, by the workbook's styles and its day zero."""
    from openpyxl.utils import datetime as serial

    dates = {str(number) for number in book._date_formats}
    spans = {str(number) for number in book._timedelta_formats}

    def value_of(kind: str, written: str, style: str | None) -> str:
        try:
            if kind == "n":
                number = float(written) if any(mark in written for mark in ".eE") else int(written)
                is_date = style is not None and style in dates
                return text_of(serial.from_excel(number, book.epoch, timedelta=style in spans) if is_date else number)
            if kind == "b":
                return text_of(bool(int(written)))
            if kind == "d":
                return text_of(serial.from_ISO8601(written))  # type: ignore[no-untyped-call]
            return written
        except (OverflowError, ValueError):  # no date, or no number: what stands there is all there is
            return written

    return value_of


def _of_sheet(rows: Iterator[tuple[int, list[str]]]) -> Iterator[Record]:
    last = 0
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if number - last > MOST_EMPTY_ROWS:
            return
        if cells:
            last = number
            yield Record(number, cells)


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
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            path, _, _ = next(_visible_sheets(archive, file))
            with archive.open(path) as part:
                told = _DIMENSION.search(part.read(BEGINNING))
    except Exception:  # broken, or without a sheet: reading it will say so
        return None
    rows = int(told[1]) if told else 0
    return rows - 1 if rows > 1 else None
