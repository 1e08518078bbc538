"""The large parts of a workbook, texts and rows, out of their XML as it comes: nothing is kept but what is asked for.

openpyxl makes a tree of every cell and keeps a stump of every row, which takes three times as long.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any
from xml.parsers import expat

PIECE = 64 * 1024
MOST_COLUMNS = 500
_LETTERS = {chr(ord("A") + number): number + 1 for number in range(26)}

ValueOf = Callable[[str, str, str | None], str]
"""What a cell shows: of its type (`t`), what is written in it, and its style (`s`)."""


class Refused(Exception):
    """XML with declarations of its own, by which a few bytes may become many; no table has any."""


def texts(part: IO[bytes]) -> list[str]:
    """The shared texts, in the order in which cells point to them."""
    return list(_read(part, _Texts()))


def rows(part: IO[bytes], shared: Sequence[str], value_of: ValueOf) -> Iterator[tuple[int, list[str]]]:
    """The number of each row and what its cells show; what is left out in between is empty."""
    return _read(part, _Rows(shared, value_of))


class _Texts:
    """Collects `si`: its text, or those of its runs; how to pronounce them (`rPh`) is none."""

    def __init__(self) -> None:
        self.ready: list[str] = []
        self.pieces: list[str] = []
        self.keeps = False
        self.beside = False

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == "t":
            self.keeps = not self.beside
        elif name == "rPh":
            self.beside = True

    def characters(self, data: str) -> None:
        if self.keeps:
            self.pieces.append(data)

    def end(self, name: str) -> None:
        if name == "t":
            self.keeps = False
        elif name == "rPh":
            self.beside = False
        elif name == "si":
            self.ready.append("".join(self.pieces).replace("x005F_", ""))
            self.pieces.clear()


class _Rows:
    """Collects `row`."""

    def __init__(self, shared: Sequence[str], value_of: ValueOf) -> None:
        self.ready: list[tuple[int, list[str]]] = []
        self.shared, self.value_of = shared, value_of
        self.number, self.column = 0, 0
        self.cells: list[str] = []
        self.pieces: list[str] = []
        self.kind = "n"
        self.style: str | None = None
        self.keeps = self.beside = False
        self.columns: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            place = attributes.get("r")
            self.column = self._column_of(place) if place else self.column + 1
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s")
            self.pieces.clear()
        elif name == "v":
            self.keeps = self.kind != "inlineStr"
        elif name == "t":
            self.keeps = self.kind == "inlineStr" and not self.beside
        elif name == "row":
            told = attributes.get("r")
            self.number = int(told) if told else self.number + 1
            self.cells, self.column = [], 0
        elif name == "rPh":
            self.beside = True

    def characters(self, data: str) -> None:
        if self.keeps:
            self.pieces.append(data)

    def end(self, name: str) -> None:
        if name == "c":
            self._take()
        elif name in ("v", "t"):
            self.keeps = False
        elif name == "row":
            self.ready.append((self.number, self.cells))
        elif name == "rPh":
            self.beside = False

    def _take(self) -> None:
        missing = self.column - len(self.cells) - 1
        if not self.pieces or missing < 0 or self.column > MOST_COLUMNS:
            return
        written = "".join(self.pieces)
        if missing:
            self.cells.extend([""] * missing)
        if self.kind == "s":
            self.cells.append(self.shared[int(written)])
        else:
            self.cells.append(self.value_of(self.kind, written, self.style))

    def _column_of(self, place: str) -> int:
        letters = place.rstrip("0123456789")
        number = self.columns.get(letters)
        if number is None:
            number = 0
            for letter in letters[:4].upper():
                number = number * 26 + _LETTERS[letter]
            self.columns[letters] = number
        return number


def _read(part: IO[bytes], into: Any) -> Iterator[Any]:
    """What `into` has ready after each piece."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, told: into.start(name.rpartition(":")[2] if ":" in name else name, told)
    parser.EndElementHandler = lambda name: into.end(name.rpartition(":")[2] if ":" in name else name)
    parser.CharacterDataHandler = into.characters
    while piece := part.read(PIECE):
        parser.Parse(piece, False)
        yield from into.ready
        into.ready.clear()
    parser.Parse(b"", True)
    yield from into.ready


def _refuse(*_declared: object) -> None:
    raise Refused
