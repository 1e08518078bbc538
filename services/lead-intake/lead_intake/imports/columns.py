"""What the columns of a table mean: by heading, by what they were mapped to before, or by what stands in them. Pure."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from lead_intake.normalising import local_dates, names
from lead_intake.normalising.phones import phones_in_field
from lead_intake.providers.fields import is_of_staff, mapped, meaning, shape

Origin = Literal["given", "remembered", "field_map", "heading", "content", "none"]
Meaning = str | None

# What a heading says in a table, though not in a form: there "date" is a wish, and "source" might be anything.
_OF_TABLES = {
    "occurred_at": "date created createdon createdtime creationdate dateadded datecreated leadcreated time "
    "дата создан создана создано датасоздания датасозданиялида датасозданиясделки датасозданияконтакта датаобращения "
    "датапоступления датадобавления датаизвонка датаивремясоздания когда времясоздания времяобращения датарегистрации",
    "mark:utm_source": "source leadsource trafficsource источник источниктрафика источниклида источниксделки "
    "источникобращения откуда рекламныйисточник",
    "mark:utm_campaign": "campaign campaignname кампания рекламнаякампания",
    "full_name": "contact contactperson лид контакт название имяконтакта основнойконтакт полноеимя "
    "клиентфио "
    "фиоклиента названиелида",
    "phone": "рабочийтелефон мобильныйтелефонконтакта рабочийтелефонконтакта телефонконтакта телефонклиента workphone "
    "homephone домашнийтелефон другойтелефон мобтел телефон1 телефон2 телефон3",
    "email": "рабочийemail личныйemail рабочийemailконтакта emailконтакта emailклиента workemail личнаяпочта "
    "рабочаяпочта emailадрес адрессэлектроннойпочты",
    "company": "компанияконтакта accountname названиеорганизации организацияклиента",
    "message": "запрос обращение примечания заметка заметки суть",
}
_IN_TABLES = {word: told for told, words in _OF_TABLES.items() for word in words.split()}
_ORDINALS = frozenset({"", "n", "no", "пп", "nпп", "номерпп", "row", "rownumber", "index", "line", "порядковыйномер"})
_SEVERAL = ("phone", "email", "message", "ignore", "messenger:", "extra:")
_TOTALS = ("итого", "всего", "total", "grand total", "сумма")
OF_ERRORS = ("line", "reason")
"""The first columns of `errors.csv`, which is mended and sent again: they say nothing of anybody."""

HEADER_WITHIN = 20
MOST_HEADING = 100


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name here (unique in its table), its meaning (None: kept in `extra`), and who said so."""

    heading: str
    meaning: Meaning
    origin: Origin


@dataclass(frozen=True, slots=True)
class Columns:
    """How the rows of a table are read. `header_line`: where the headings stand, 0 when there are none."""

    columns: tuple[Column, ...]
    header_line: int
    day_first: bool
    warnings: tuple[str, ...] = ()

    @property
    def headings(self) -> list[str]:
        """In the order of the columns."""
        return [column.heading for column in self.columns]


class NoSuchColumn(ValueError):
    """A mapping names headings that the file does not have."""


def columns_of(
    rows: Sequence[tuple[int, Sequence[str]]],
    *,
    region: str,
    field_map: Mapping[str, str],
    given: Mapping[str, str | None] | None = None,
    remembered: Callable[[str], Mapping[str, str | None] | None] = lambda _: None,
    header: bool | None = None,
) -> Columns:
    """Reads the first rows (each with its line). What was `given` counts before what is `remembered` for the same
    headings, that before the source's `field_map`, that before the heading, that before the contents.

    Raises `NoSuchColumn`.
    """
    place = _header_place(rows, given) if header is None else (0 if header and rows else None)
    below = rows[place + 1 :] if place is not None else rows
    width = max((len(cells) for _, cells in rows), default=0)
    headings = _unique(rows[place][1] if place is not None else (), width)
    examples = [[cells[at] for _, cells in below if at < len(cells) and cells[at].strip()] for at in range(width)]
    told = _told(headings, given, remembered(signature(headings)), field_map)
    if _is_errors(headings):
        told |= {heading: Column(heading, "ignore", "heading") for heading in OF_ERRORS}
    columns = [
        told.get(heading) or _by_heading(heading, examples[at], named=place is not None)
        for at, heading in enumerate(headings)
    ]
    columns = _by_content(_parts_of_names(_one_each(columns)), examples, region, named=place is not None)
    dates = [text for column, texts in zip(columns, examples, strict=True) if column.meaning == "occurred_at"
             for text in texts]  # fmt: skip
    return Columns(
        tuple(columns),
        rows[place][0] if place is not None else 0,
        local_dates.day_first(dates, region),
        tuple(_warnings(columns, place)),
    )


def signature(headings: Sequence[str]) -> str:
    """By which the same table is known again, whatever the order of its columns; also as `errors.csv` of itself."""
    own = headings[len(OF_ERRORS) :] if _is_errors(headings) else headings
    return hashlib.sha256("\x1f".join(sorted(map(folded, own))).encode()).hexdigest()[:32]


def _is_errors(headings: Sequence[str]) -> bool:
    return tuple(headings[: len(OF_ERRORS)]) == OF_ERRORS


def folded(heading: str) -> str:
    """A heading without case, blanks and punctuation."""
    return "".join([letter for letter in heading.casefold() if letter.isalnum()])


def heading_meaning(heading: str) -> Meaning:
    """What a heading says in a table; None when it says nothing."""
    return meaning(heading) or _IN_TABLES.get(folded(heading))


def is_ordinal(heading: str) -> bool:
    """Whether a column only counts the rows of its file (`№ п/п`)."""
    return folded(heading.replace("№", "")) in _ORDINALS


def is_totals(cells: Sequence[str]) -> bool:
    """Whether a row sums up the others instead of telling of somebody."""
    first = next((cell.strip().casefold() for cell in cells if cell.strip()), "").rstrip(" :.")
    return first in _TOTALS or (first.startswith(("итого", "всего", "total")) and not any(map(_is_contact, cells)))


def target_meaning(target: str | None) -> Meaning:
    """The meaning that a mapping's word gives: our names, dotted paths of the inquiry, anything else a key of extra;
    nothing (or `extra`): kept under its heading."""
    if target is None or target.strip() in ("", "extra"):
        return None
    known = mapped(target)
    if known.startswith("extra:") and not target.startswith("extra:"):
        last = mapped(target.replace("/", ".").rpartition(".")[2])
        return known if last.startswith("extra:") else last
    return known


def _header_place(rows: Sequence[tuple[int, Sequence[str]]], given: Mapping[str, str | None] | None) -> int | None:
    """The place of the row that names the columns: most known headings, or, when none is known, a first row without
    contacts over rows that have them."""
    wanted = {folded(key) for key in given or () if not key.isdigit()}
    best, best_score = None, 0
    for place, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        if any(map(_is_contact, cells)):
            continue
        filled = [cell for cell in cells if cell.strip()]
        score = sum(2 if folded(cell) in wanted else heading_meaning(cell) is not None for cell in filled)
        if score > best_score and (score > 1 or len(filled) <= 3 or place == 0):
            best, best_score = place, score
    if best is not None:
        return best
    contacts_below = any(_is_contact(cell) for _, cells in rows[1:HEADER_WITHIN] for cell in cells)
    return 0 if rows and contacts_below and not any(map(_is_contact, rows[0][1])) else None


def _is_contact(cell: str) -> bool:
    return shape(cell.strip().lstrip("'")) is not None or (cell.strip().isdigit() and 10 <= len(cell.strip()) <= 15)


def _unique(cells: Sequence[str], width: int) -> list[str]:
    headings: list[str] = []
    for place in range(width):
        heading = " ".join(cells[place].split())[:MOST_HEADING] if place < len(cells) else ""
        heading = heading or f"column {place + 1}"
        number, name = 1, heading
        while name in headings:
            number += 1
            name = f"{heading} ({number})"
        headings.append(name)
    return headings


def _told(
    headings: Sequence[str],
    given: Mapping[str, str | None] | None,
    remembered: Mapping[str, str | None] | None,
    field_map: Mapping[str, str],
) -> dict[str, Column]:
    """What somebody decided, by heading."""
    told: dict[str, Column] = {}
    sources: tuple[tuple[Origin, Mapping[str, str | None]], ...] = (
        ("field_map", field_map), ("remembered", remembered or {}), ("given", _fitting(headings, given or {})),
    )  # fmt: skip
    for origin, mapping in sources:
        by_name = {folded(key): target for key, target in mapping.items()}
        for place, heading in enumerate(headings):
            for key in (str(place + 1), heading):
                if key in mapping or (key == heading and folded(key) in by_name):
                    target = mapping[key] if key in mapping else by_name[folded(key)]
                    told[heading] = Column(heading, target_meaning(target), origin)
    return told


def _fitting(headings: Sequence[str], given: Mapping[str, str | None]) -> Mapping[str, str | None]:
    """Heading → our name; written the other way round it is turned. Columns may be named by their number, from 1."""
    known = {folded(heading) for heading in headings} | {str(place + 1) for place in range(len(headings))}
    strangers = [key for key in given if folded(key) not in known]
    if strangers and all(target and folded(target) in known for target in given.values()):
        return {target: key for key, target in given.items() if target}
    if strangers:
        raise NoSuchColumn(
            f"the file has no column {strangers[0][:MOST_HEADING]!r}; it has {', '.join(headings)[:500]}"
        )
    return given


def _by_heading(heading: str, examples: Sequence[str], *, named: bool) -> Column:
    found = heading_meaning(heading) if named else None
    if found == "id" or (named and found is None and folded(heading) == "id"):
        found = "external_id" if _names_rows(examples) else None
    if found is None or is_ordinal(heading):
        return Column(heading, None, "none")
    return Column(heading, found, "heading")


def _names_rows(examples: Sequence[str]) -> bool:
    """Whether these are ids of another system: all different, and not just 1, 2, 3, which every file has."""
    return (
        len(examples) > 0
        and len(set(examples)) == len(examples)
        and [text.strip() for text in examples[:3]] != [str(number) for number in range(1, min(len(examples), 3) + 1)]
    )


def _one_each(columns: Sequence[Column]) -> list[Column]:
    """Of several columns with one single meaning the most decided one has it; the others stay in `extra`."""
    order = {"given": 0, "remembered": 1, "field_map": 2, "heading": 3, "content": 5, "none": 6}
    taken: dict[str, int] = {}
    for place, column in enumerate(columns):
        if column.meaning is None or column.meaning.startswith(_SEVERAL):
            continue
        rank = order[column.origin] + (column.origin == "heading" and meaning(column.heading) is None)
        held = taken.get(column.meaning)
        if held is None or rank < _rank(columns[held], order):
            taken[column.meaning] = place
    return [
        column
        if column.meaning is None or column.meaning.startswith(_SEVERAL) or taken[column.meaning] == place
        else Column(column.heading, None, "none")
        for place, column in enumerate(columns)
    ]


def _parts_of_names(columns: Sequence[Column]) -> list[Column]:
    """Beside a column of surnames `Имя` and `name` are first names."""
    meanings = {column.meaning for column in columns}
    if "last_name" not in meanings or "first_name" in meanings:
        return list(columns)
    return [
        Column(column.heading, "first_name", "heading")
        if column.meaning == "full_name" and column.origin == "heading"
        else column
        for column in columns
    ]


def _rank(column: Column, order: Mapping[str, int]) -> int:
    return order[column.origin] + (column.origin == "heading" and meaning(column.heading) is None)


def _by_content(
    columns: Sequence[Column], examples: Sequence[Sequence[str]], region: str, *, named: bool
) -> list[Column]:
    """Contacts in columns whose headings tell nothing; without headings also names, dates and texts."""
    found = list(columns)
    kinds = ("email", "phone") if named else ("email", "phone", "occurred_at", "full_name", "message")
    for kind in kinds:
        if any(column.meaning == kind for column in found):
            continue
        for place, column in enumerate(found):
            texts = examples[place][:100]
            if column.origin == "none" and texts and not is_of_staff(column.heading) and _holds(kind, texts, region):
                found[place] = Column(column.heading, kind, "content")
                if kind not in ("email", "phone"):
                    break
    return found


def _holds(kind: str, texts: Sequence[str], region: str) -> bool:
    match kind:
        case "email":
            fits = [shape(text) == "email" for text in texts]
        case "phone":
            fits = [_looks_like_phone(text, region) for text in texts]
        case "occurred_at":
            fits = [_looks_like_date(text) for text in texts]
        case "full_name":
            fits = [_looks_like_name(text) for text in texts]
        case _:
            fits = [len(text) > 15 and " " in text for text in texts]
    return sum(fits) >= 0.7 * len(fits)


def _looks_like_phone(text: str, region: str) -> bool:
    text = text.strip().lstrip("'")
    digits = sum(letter.isdigit() for letter in text)
    return 10 <= digits <= 26 and digits >= len(text) * 0.5 and bool(phones_in_field(text, region))


def _looks_like_date(text: str) -> bool:
    return not text.strip().isdigit() and local_dates.parse(text, ZoneInfo("UTC"), day_first=True) is not None


def _looks_like_name(text: str) -> bool:
    words = text.split()
    return (
        1 <= len(words) <= 4
        and len(text) <= 80
        and not any(letter.isdigit() or letter in "@/:" for letter in text)
        and names.parse(text).full is not None
    )


def _warnings(columns: Sequence[Column], place: int | None) -> list[str]:
    warnings = []
    if place is None:
        warnings.append("no headings were found: the columns are told by what stands in them")
    elif place > 0:
        warnings.append(f"{place} row(s) above the headings are left out")
    meanings = {column.meaning for column in columns}
    if not meanings & {"phone", "email"} and not any((told or "").startswith("messenger:") for told in meanings):
        warnings.append("no column with phones or e-mail addresses was found")
    guessed = [column.heading for column in columns if column.origin == "content"]
    if guessed:
        warnings.append(f"told by their contents: {', '.join(guessed)}")
    kept = [column.heading for column in columns if column.meaning is None]
    if kept:
        warnings.append(f"kept in extra: {', '.join(kept)[:500]}")
    return warnings
