"""Telephone numbers to E.164. A number counts when it is possible: demanding more would refuse new ranges."""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

_PUNCTUATION = str.maketrans("", "", " \t\n\xa0\u2007\u2009\u202f-‐‑‒–—−().\u00ad/'")
_EXTENSION = re.compile(
    r"(?:доб(?:авочный)?|вн(?:утр)?|ext(?:ension)?|extn|x|#)[.:\s№#]{0,3}(\d{1,7})\s*\)?\s*$", re.IGNORECASE
)
_SEPARATOR = re.compile(r"[,;|\n]|\s(?:или|и|or|and)\s|\s/\s|(?<=\d{4})/(?=[+\d(]{1,2}\d{2})", re.IGNORECASE)
_DIGITS = re.compile(r"\d")
_NUMBER = r"\+?\(?\d(?:[ \t\xa0\u202f().‐‑–—-]{0,3}\d){6,14}"
_IN_FIELD = re.compile(rf"{_NUMBER}")
_IN_TEXT = re.compile(rf"(?<![\w@.,/=+-]){_NUMBER}(?![\w@])")
_DATE_OR_ADDRESS = re.compile(
    r"(?<!\d)(?:\d{1,2}\.\d{1,2}\.\d{2,4}|\d{4}-\d{2}-\d{2}|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?!\d)"
)
_PLUS_EIGHT = re.compile(r"\+8(?=[\s(-]*9\d{2}|[\s(-]+[348]\d{2})(?=(?:\D{0,3}\d){10}(?!\d))")
"""`+8 (903) ...`, a mixture of the two ways to begin a Russian number: no country's code is +89, and who parts the 8
from the rest means no Vietnamese +84."""
_WORD_INSIDE = re.compile(r"\d(?=[^\d\n]*[^\W\d_])[^\d\n]*\d")
"""Words between digits: `8 999 000-00-01 (after 18:00)` is no number of fifteen digits."""
_NOUGHT = re.compile(r"(?<=\d)[oOоО](?=[\d\s-])|(?<=\d[\s-])[oOоО](?=\d)")
_TWICE_SEVEN = re.compile(r"^\+7\+?7(?=\d{10}$)")
"""A number with its country's code pasted behind the `+7` of a field's mask."""
_SCIENTIFIC = re.compile(r"^(\d)[.,](\d{1,14})[eE]\+?(\d{1,2})$")
_PLUS_SEVEN_REGIONS = frozenset({"RU", "KZ"})
MAX_FIELD = 200
_FEWEST_DIGITS = 7
_SEVEN, _OF_SEVEN = 7, 10
_LOCAL = "without an area code"


class Phone(NamedTuple):
    """A number in E.164 with the extension that was written after it."""

    e164: str
    extension: str | None
    rule: str
    warning: str | None


def phones_in_field(value: str, region: str) -> tuple[Phone, ...]:
    """The numbers in a field meant for one: letters around, several numbers and extensions are taken. Empty: none."""
    digits = value.translate(_PUNCTUATION)
    plain = _plus_seven(digits, region)
    return (plain,) if plain else _in_field(value[:MAX_FIELD], region)


def phones_in_text(text: str, region: str) -> tuple[str, ...]:
    """The numbers a person wrote in running text, as written, in order, each once; dates, addresses and order numbers
    are left alone."""
    text = text[:20000]
    without_dates = _DATE_OR_ADDRESS.sub(lambda found: "x" * len(found[0]), text)
    found: dict[str, str] = {}
    for candidate in _IN_TEXT.finditer(without_dates):
        phone = _written_in_text(candidate[0], region)
        if phone:
            found.setdefault(phone.e164, candidate[0])
    return tuple(found.values())[:20]


def line_number(value: str, region: str) -> str:
    """A company's line: E.164 where it is a telephone number, a SIP address as it is."""
    found = () if ":" in value or "@" in value else phones_in_field(international(value), region)
    return found[0].e164 if found else value


def international(value: str) -> str:
    """A number as carriers tell it, its country's code in front, gets its `+`; one as Russians dial it (8 and the area,
    8 10 and the country) stays."""
    if not (value.isascii() and value.isdigit() and len(value) >= 11) or value.startswith("810"):
        return value
    return value if len(value) == 11 and value[0] == "8" and value[1] in "34789" else f"+{value}"


def _plus_seven(digits: str, region: str) -> Phone | None:
    """The usual Russian forms without asking libphonenumber, which gives the same (a property test compares them)."""
    length = len(digits)
    if length == 12 and digits.startswith("+7") and digits.isascii() and digits[1:].isdigit():
        return Phone(digits, None, "international form", None)
    if region not in _PLUS_SEVEN_REGIONS or not digits.isascii() or not digits.isdigit() or digits.startswith("810"):
        return None
    if length == 11 and (digits[0] == "8" or (digits[0] == "7" and digits[1] in "34789")):
        return Phone("+7" + digits[1:], None, "national form", f"country {region} assumed")
    if length == 10 and digits[0] in "3479":
        return Phone("+7" + digits, None, "national form", f"country {region} assumed")
    return None


@lru_cache(maxsize=8192)
def _in_field(value: str, region: str) -> tuple[Phone, ...]:
    if "@" in value or value.lower().lstrip().startswith("sip:"):
        return ()
    scientific = _SCIENTIFIC.match(value.strip())
    if scientific:
        return _from_scientific(scientific, region)
    value = _NOUGHT.sub("0", _in_ascii(value))
    mended = _without_plus_eight(value, region)
    warning = "+8 read as +7" if mended != value else None
    found: dict[str, Phone] = {}
    for piece in _pieces(mended.removesuffix(".0")):
        for phone in _of_piece(piece, region):
            found.setdefault(phone.e164, phone._replace(warning=warning) if warning else phone)
    whole = [phone for phone in found.values() if phone.warning != _LOCAL]
    return tuple(whole or found.values())[:20]


def _without_plus_eight(value: str, region: str) -> str:
    return _PLUS_EIGHT.sub("+7", value) if "+8" in value and region in _PLUS_SEVEN_REGIONS else value


def _in_ascii(value: str) -> str:
    """Digits of other scripts (`٠٧٩`) as ours."""
    if value.isascii():
        return value
    return "".join([str(int(mark)) if not mark.isascii() and mark.isdecimal() else mark for mark in value])


def _pieces(value: str) -> list[str]:
    pieces: list[str] = []
    for piece in _SEPARATOR.split(value):
        if pieces and len(_DIGITS.findall(piece)) < 7:
            pieces[-1] += " " + piece
        else:
            pieces.append(piece)
    return pieces


def _of_piece(piece: str, region: str) -> list[Phone]:
    number, extension = piece, None
    with_extension = _EXTENSION.search(piece[-40:])
    if with_extension and len(_DIGITS.findall(piece)) - len(with_extension[1]) >= 7:
        number, extension = piece[: len(piece) - len(with_extension[0])], with_extension[1]
    if len(_DIGITS.findall(number)) <= 15 and not _WORD_INSIDE.search(number):
        whole = _parsed(_without_words(number), region, extension)
        if whole:
            return [whole]
    candidates = number.split()
    found = []
    if all(len(_DIGITS.findall(candidate)) >= 10 for candidate in candidates):
        found = [_parsed(candidate, region, extension) for candidate in candidates]
    if not any(found):
        found = [_parsed(candidate[0], region, extension) for candidate in _IN_FIELD.finditer(number)]
    return [phone for phone in found if phone]


def _without_words(text: str) -> str:
    return "".join([mark for mark in text if mark in "+" or (mark.isascii() and mark.isdigit())])


def _parsed(number: str, region: str, extension: str | None) -> Phone | None:
    number = _TWICE_SEVEN.sub("+7", number.translate(_PUNCTUATION))
    if not _FEWEST_DIGITS <= len(number.lstrip("+")) <= 18:
        return None
    plain = _plus_seven(number, region)
    if plain:
        return plain._replace(extension=extension)
    for attempt, rule in _attempts(number):
        try:
            parsed = phonenumbers.parse(attempt, region)
        except phonenumbers.NumberParseException:
            continue
        e164 = _settled(parsed)
        if e164:
            return Phone(e164, extension, rule, _guessed(parsed, number, rule, region))
    return None


def _guessed(parsed: phonenumbers.PhoneNumber, number: str, rule: str, region: str) -> str | None:
    """What of a number was not told by it."""
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    if reason == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return _LOCAL
    if rule == "plus added":
        return "read as international"
    return None if number.startswith("+") else f"country {region} assumed"


def _settled(number: phonenumbers.PhoneNumber) -> str | None:
    """E.164 that reads as itself: some countries drop zeros in front, one at a time. None when it is not possible."""
    e164: str | None = None
    for _ in range(8):
        if not phonenumbers.is_possible_number(number) or _is_endless(number):
            return None
        before, e164 = e164, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if e164 == before:
            return e164 if len(e164) > _FEWEST_DIGITS else None
        try:
            number = phonenumbers.parse(e164)
        except phonenumbers.NumberParseException:
            return None
    return None


def _is_endless(number: phonenumbers.PhoneNumber) -> bool:
    """Of `+7` the library takes fourteen digits for possible too, which nobody has."""
    return number.country_code == _SEVEN and len(phonenumbers.national_significant_number(number)) > _OF_SEVEN


def _attempts(number: str) -> list[tuple[str, str]]:
    attempts = [(number, "international form" if number.startswith("+") else "national form")]
    if not number.startswith("+") and len(number) >= 11:
        zeros = number.startswith("00")
        attempts.append((f"+{number[2:] if zeros else number}", "plus added"))
    return attempts


def _from_scientific(found: re.Match[str], region: str) -> tuple[Phone, ...]:
    """`7,9990000403E+10` of a spreadsheet; where digits were lost there is no number."""
    digits, exponent = found[1] + found[2], int(found[3])
    if len(digits) > exponent + 1 or exponent > 15 or exponent + 1 - len(digits) > 3:
        return ()
    phone = _parsed(digits.ljust(exponent + 1, "0"), region, None)
    return (phone._replace(warning="from scientific notation"),) if phone else ()


def _written_in_text(candidate: str, region: str) -> Phone | None:
    candidate = _without_plus_eight(candidate, region)
    digits = candidate.translate(_PUNCTUATION)
    plain = _plus_seven(digits, region)
    if plain:
        return plain
    phone = _parsed(candidate, region, None)
    if phone is None or phone.rule == "plus added":
        return None
    if not digits.startswith("+") and not phonenumbers.is_valid_number(phonenumbers.parse(phone.e164)):
        return None
    return phone


def is_shortened(value: str) -> bool:
    """Whether a spreadsheet wrote a number with fewer digits than it had (`7,999E+10`)."""
    found = _SCIENTIFIC.match(value.strip().lstrip("'"))
    return (
        found is not None
        and len(found[1] + found[2]) < min(int(found[3]) + 1, 16)
        and not _from_scientific(found, "RU")
    )
