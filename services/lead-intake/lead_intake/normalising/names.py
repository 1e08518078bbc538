"""People's names: capitals repaired, parts told apart in Russian and Latin order, companies told from people."""

import re
from typing import NamedTuple

from lead_intake.normalising.given_names import GIVEN_NAMES
from lead_intake.normalising.text import is_placeholder, one_line

_LEGAL_FORMS = frozenset(
    "ооо оао зао пао ао нао тоо чп гк нко ано муп гуп фгуп мбоу мбу гбоу тсж снт кфх llc ltd inc gmbh corp plc sarl "
    "srl llp".split()
)
_COMPANY_WORDS = frozenset(
    "компания фирма студия агентство завод фабрика магазин салон клиника центр группа холдинг корпорация организация "
    "типография мастерская банк школа company agency studio group holding solutions limited corporation".split()
)
_PATRONYMIC = re.compile(r"(?:[а-яё]{2,}(?:ович|евич|ьич|овна|евна|ична|инична)|ильич|кузьмич|лукич|фомич|саввич)$")
_LATIN_PATRONYMIC = re.compile(r"[a-z]{3,}(?:ovich|evich|ovna|evna|ichna)$")
_PATRONYMICS_END = ("ич", "на", "ich", "na")
_TURKIC = frozenset({"оглы", "оглу", "кызы", "гызы", "улы", "uly", "ogly", "oglu", "kyzy"})
_SURNAME = re.compile(
    r"[а-яё]{2,}(?:ов|ев|ёв|ин|ын|ова|ева|ёва|ина|ына|ский|цкий|ская|цкая|ской|енко|ко|чук|юк|ук|як|ян|дзе|швили|ых|их|"
    r"ой|ый|ая|ец|нов|нова)$"
)
_PARTICLES = (
    frozenset("фон де ван дер дел ди да ла аль бен von van de der den del di da la le el al bin ibn и and".split())
    | _TURKIC
)
_TITLES = frozenset("mr mrs ms miss dr prof г-н г-жа господин госпожа гр уважаемый уважаемая".split())
_QUOTES = re.compile('[«»“”„"]')
_ASIDE = re.compile(r"\([^()]{0,200}\)")
_NUMBER = re.compile(
    r"(?:\b(?:тел(?:ефон)?|моб|tel|phone)\b[.:\s]{0,3})?\+?\(?\d(?:[ ()\xa0‑–-]{0,2}\d){6,14}", re.IGNORECASE
)
"""A telephone number that was typed beside the name."""
_EDGES = " ,;:.!?*_=~`'\"«»“”„()<>[]{}|\\/"


class Name(NamedTuple):
    """The parts of a name; `company` where the field named a firm instead or besides."""

    full: str | None
    first: str | None
    middle: str | None
    last: str | None
    company: str | None
    rule: str
    warning: str | None


_NOTHING = Name(None, None, None, None, None, "says nothing", None)


# A person's name as most are written, in Russian, and as tables have it; and the words that make something else of it.
_USUAL = re.compile("[А-ЯЁ][а-яё]{1,30}(?: [А-ЯЁ][а-яё]{1,30}){0,2}")
_SHOUTED = re.compile("[А-ЯЁ]{2,31}(?: [А-ЯЁ]{2,31}){0,2}")
_UNUSUAL = _LEGAL_FORMS | _COMPANY_WORDS | _PARTICLES | _TITLES | {"ип", "не"}


def parse(raw: str) -> Name:
    """A name field taken apart. A field without letters, with an address or a placeholder names nobody."""
    name = raw if _USUAL.fullmatch(raw) else raw.title() if _SHOUTED.fullmatch(raw) else None
    if name and _UNUSUAL.isdisjoint(name.lower().split(" ")):
        return _ordered(name, name.split(" "))
    return parse_unusual(raw)


def parse_unusual(raw: str) -> Name:
    """The same for whatever may be written in the field, at five times the price."""
    text = _NUMBER.sub(" ", one_line(raw, 300)).strip(_EDGES) if _NUMBER.search(raw) else one_line(raw, 300)
    if is_placeholder(text) or "@" in text or "://" in text or not any(letter.isalpha() for letter in text):
        return _NOTHING
    company, person = _company_and_person(text)
    if company is None:
        return _person(text)
    if person is None or _company_and_person(person) != (None, None):
        return Name(None, None, None, None, company, "name of a company", "taken for a company")
    return _person(person)._replace(company=company, rule="company and person", warning="taken for a company")


def from_parts(first: str | None, middle: str | None, last: str | None) -> Name:
    """A name whose parts came in fields of their own."""
    parts = [
        repaired(one_line(part, 200)) if part and not is_placeholder(part) else None for part in (first, middle, last)
    ]
    full = " ".join([part for part in parts if part])
    if not full:
        return _NOTHING
    return Name(full[:300].rstrip(), parts[0], parts[1], parts[2], None, "parts in their own fields", None)


def repaired(name: str) -> str:
    """Capitals mended word by word: `ПРИМЕРОВА` and `примерова` become `Примерова`; `McDonald`, `де`, `DJ` stay."""
    words = name.split(" ")
    shouting = all(word.upper() == word for word in words)
    return " ".join([_repaired_word(word, shouting, index > 0) for index, word in enumerate(words)])


def _repaired_word(word: str, shouting: bool, inside: bool) -> str:
    lower = word.lower()
    if lower in _PARTICLES and (word == lower or (inside and shouting)):
        return lower
    letters = [letter for letter in word if letter.isalpha()]
    if not letters or len(lower) != len(word):  # `İ` and a few others have no small letter of their own
        return word
    capitals = sum(letter.isupper() for letter in letters)
    all_capitals = capitals == len(letters)
    if all_capitals and (len(letters) == 1 or (not shouting and word.isascii() and len(letters) <= 3)):
        return word
    return _capitalised(lower) if all_capitals or capitals == 0 else word


def _capitalised(word: str) -> str:
    begins, letters = True, []
    for letter in word:
        upper = letter.upper()
        letters.append(upper if begins and len(upper) == 1 else letter)
        begins = letter in "-.'’(" if not letter.isalpha() else False
    return "".join(letters)


def _person(text: str) -> Name:
    edges = _EDGES.replace(")", "") if "(" in text else _EDGES
    shown = repaired(text.strip(edges) or text)
    bare = _ASIDE.sub(" ", shown)
    words = [_without_edges(word) for word in bare.replace(",", " , ").split()]
    if "," in bare and words.count("") == 1 and 0 < words.index("") < len(words) - 1:
        comma = words.index("")
        if _is_given(words[0]) and not any(map(_is_given, words[comma + 1 :])):
            return _ordered(shown, words[:comma])
        return _named(shown, " ".join(words[comma + 1 :]), None, " ".join(words[:comma]), "last name before a comma")
    words = [word for word in words if word.lower() not in _TITLES and any(letter.isalpha() for letter in word)]
    if not words or len(words) > 6:
        return Name(shown, None, None, None, None, "not taken apart", "too many words for a name" if words else None)
    return _ordered(shown, words)


def _without_edges(word: str) -> str:
    bare = word.strip(_EDGES)
    return f"{bare}." if word.endswith(".") and (len(bare) == 1 or "." in bare) else bare


def _ordered(shown: str, words: list[str]) -> Name:
    if len(words) > 2 and words[-1].lower() in _TURKIC:
        words = [*words[:-2], f"{words[-2]} {words[-1]}"]
    patronymics = [index for index, word in enumerate(words) if index and _is_patronymic(word)]
    if patronymics and len(words) <= 3:
        return _with_patronymic(shown, words, patronymics[-1])
    if len(words) == 1:
        surname = not _is_given(words[0]) and bool(_SURNAME.match(words[0].lower()))
        return _named(shown, None if surname else words[0], None, words[0] if surname else None, "one word")
    if len(words) == 2:
        return _of_two(shown, words)
    if words[0][0].isascii():
        family = next(
            (index for index, word in enumerate(words) if index and word.lower() in _PARTICLES), len(words) - 1
        )
        return _named(shown, words[0], " ".join(words[1:family]), " ".join(words[family:]), "latin order")
    first = _given(words)
    if first == 1:
        return _named(shown, words[1], " ".join(words[2:]), words[0], "russian order", "order guessed")
    return _named(shown, words[0], " ".join(words[1:-1]), words[-1], "first name first", "order guessed")


def _with_patronymic(shown: str, words: list[str], index: int) -> Name:
    if len(words) == 2:
        return _named(shown, words[0], words[1], None, "first name and patronymic")
    if index == 2:
        return _named(shown, words[1], words[2], words[0], "russian order")
    return _named(shown, words[0], words[1], words[2], "patronymic in the middle")


def _of_two(shown: str, words: list[str]) -> Name:
    given = _given(words)
    if given is not None:
        return _named(shown, words[given], None, words[1 - given], "known first name")
    if words[0][0].isascii():
        return _named(shown, words[0], None, words[1], "latin order")
    surnames = [bool(_SURNAME.match(word.lower())) for word in words]
    if surnames == [True, False]:
        return _named(shown, words[1], None, words[0], "ending of a last name", "order guessed")
    return _named(shown, words[0], None, words[1], "first name first", None if surnames[1] else "order guessed")


def _given(words: list[str]) -> int | None:
    """Which of the first two words is a known first name, when just one is."""
    known = [_is_given(word) for word in words[:2]]
    return known.index(True) if sum(known) == 1 else None


def _is_given(word: str) -> bool:
    return word.lower().replace("ё", "е") in GIVEN_NAMES


def _is_patronymic(word: str) -> bool:
    lower = word.lower()
    if lower.endswith(_PATRONYMICS_END):
        return bool(_PATRONYMIC.match(lower) or _LATIN_PATRONYMIC.match(lower))
    return lower.rpartition(" ")[2] in _TURKIC


def _named(
    shown: str, first: str | None, middle: str | None, last: str | None, rule: str, warning: str | None = None
) -> Name:
    return Name(
        shown, first[:200] if first else None, middle[:200] if middle else None, last[:200] if last else None,
        None, rule, warning,
    )  # fmt: skip


def _company_and_person(text: str) -> tuple[str | None, str | None]:
    """`ООО «Ромашка», Иван` is a company and a person, `ИП Иванов Иван` both at once."""
    words = [word.strip(_EDGES).lower() for word in text.split()]
    if words[0] == "ип" and len(words) > 1:
        return text, text.split(None, 1)[1].strip(_EDGES) or None
    if not any(word in _LEGAL_FORMS for word in words) and not any(word in _COMPANY_WORDS for word in words):
        return (text, None) if "«" in text and "»" in text else (None, None)
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if len(pieces) == 2:
        firms = [_looks_like_firm(piece) for piece in pieces]
        if firms == [True, False]:
            return pieces[0], pieces[1]
        if firms == [False, True] and len(pieces[1].split()) > 1:
            return pieces[1], pieces[0]
    return text, None


def _looks_like_firm(piece: str) -> bool:
    words = [word.strip(_EDGES).lower() for word in piece.split()]
    return any(word in _LEGAL_FORMS or word in _COMPANY_WORDS for word in words) or bool(_QUOTES.search(piece))
