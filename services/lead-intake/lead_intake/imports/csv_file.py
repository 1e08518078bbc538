"""CSV as spreadsheets write it: the delimiter found, line breaks in quotes kept, a quote that never ends survived."""

import csv
import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import NamedTuple, TextIO

LONGEST_RECORD = 128 * 1024
_DELIMITERS = (";", ",", "\t", "|")
_NAMED = re.compile(r'^"?sep=(.)"?\s*$', re.IGNORECASE)
_LOOKED_AT = 50
NEVER_CLOSED = "a quotation mark is never closed"
TOO_LONG = "the row is longer than 131,072 characters"


class Record(NamedTuple):
    """One row: the line it begins at (from 1), its cells, and what is wrong with it as a row of this file."""

    line: int
    cells: list[str]
    broken: str | None = None


def delimiter_of(beginning: str) -> str:
    """The delimiter that the file names in its first line (`sep=;`), else the one that makes the most even table."""
    lines = beginning.splitlines(keepends=True)
    named = _NAMED.match(lines[0]) if lines else None
    if named:
        return named[1]
    return max(_DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    """The share of rows with the usual number of cells (nothing for one), and that number."""
    reader = csv.reader(iter(lines), delimiter=delimiter)
    widths = Counter[int]()
    try:
        for cells in reader:
            if any(cells):
                widths[len(cells)] += 1
            if widths.total() >= _LOOKED_AT:
                break
    except csv.Error:
        pass
    if not widths:
        return 0.0, 0
    width, rows = widths.most_common(1)[0]
    return (round(rows / widths.total(), 1), width) if width > 1 else (0.0, 0)


def records(text: TextIO, delimiter: str) -> Iterator[Record]:
    """All rows, empty lines left out. A quote that never ends, or ends amid another row's cell, costs its own line and
    swallows no other."""
    lines = _Lines(text)
    while not lines.ended or lines.back:
        reader = csv.reader(lines.each(), delimiter=delimiter)
        try:
            for cells in reader:
                if lines.ended:  # only inside quotes is more asked for than there is
                    break
                if len(lines.taken) > 1:
                    next(csv.reader(iter(lines.taken), delimiter=delimiter, strict=True))
                if cells and any(cells):
                    yield Record(lines.number - len(lines.taken) + 1, cells)
                lines.begin()
        except (_TooLong, csv.Error):
            pass
        if lines.taken:
            yield lines.first_alone(delimiter)


class _TooLong(Exception):
    """More lines belong to the record than can be meant."""


class _Lines:
    """The lines of a file, those of the present record remembered, so that they can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._read = text.readline
        self.back = deque[str]()
        self.taken: list[str] = []
        self._size = 0
        self.number = 0
        self.ended = False
        self._overlong = False

    def begin(self) -> None:
        """The record is whole."""
        self.taken.clear()
        self._size = 0

    def each(self) -> Iterator[str]:
        """Line after line, each remembered until `begin`."""
        while True:
            line = self.back.popleft() if self.back else self._read(LONGEST_RECORD)
            if not line:
                self.ended = True
                return
            if self.number == 0 and _NAMED.match(line):
                self.number = 1
                continue
            self.number += 1
            self.taken.append(line)
            self._size += len(line)
            if self._size >= LONGEST_RECORD:
                self._skip_rest(line)
                raise _TooLong
            yield line

    def _skip_rest(self, line: str) -> None:
        self._overlong = len(line) >= LONGEST_RECORD
        while line and line[-1] not in "\r\n":
            line = self._read(LONGEST_RECORD)

    def first_alone(self, delimiter: str) -> Record:
        """The record's first line by itself, quotes as they are; the lines after it are given back."""
        first, *rest = self.taken
        number = self.number - len(rest)
        self.back.extendleft(reversed(rest))
        self.number = number
        self.ended = False
        self.begin()
        overlong, self._overlong = self._overlong and not rest, False
        if overlong:
            return Record(number, [first[:1000]], TOO_LONG)
        return Record(number, _unquoted(first, delimiter), NEVER_CLOSED)


def _unquoted(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, quoting=csv.QUOTE_NONE), [])
