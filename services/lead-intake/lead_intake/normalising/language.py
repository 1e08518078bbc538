"""The language of a text by its letters. Bytes are counted in C: this runs for every inquiry."""

import re

_NOT_LATIN = bytes(code for code in range(256) if not chr(code).isalpha() or code > 127)
_CYRILLIC = frozenset(range(0xC0, 0x100)) | {0xA3, 0xB3}
_NOT_CYRILLIC = bytes(code for code in range(256) if code not in _CYRILLIC)
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_TAG = re.compile(r"^([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{2}|\d{3}))?(?![a-zA-Z\d])")
_WORDS = {"русский": "ru", "russian": "ru", "рус": "ru", "rus": "ru", "english": "en", "английский": "en", "eng": "en"}


def guess(text: str) -> str | None:
    """`ru`, `uk` or `en`, or None where there are too few letters to tell."""
    text = text[:1000]
    cyrillic = 0 if text.isascii() else len(text.encode("koi8-r", "ignore").translate(None, _NOT_CYRILLIC))
    latin = len(text.encode("ascii", "ignore").translate(None, _NOT_LATIN))
    if max(cyrillic, latin) < 3:
        return None
    if cyrillic * 2 >= latin:
        return "uk" if _UKRAINIAN.search(text) else "ru"
    return "en" if text.isascii() or latin > 2 * cyrillic else None


def tag(value: str) -> str | None:
    """A language named in a field as a BCP 47 tag: `RU`, `en_us`, `русский`."""
    value = value.strip()
    known = _WORDS.get(value.casefold())
    if known:
        return known
    found = _TAG.match(value)
    if not found:
        return None
    return f"{found[1].lower()}-{found[2].upper()}" if found[2] else found[1].lower()
