"""Bytes of an unsure charset made text: what was declared first, then what the letters look like."""

import codecs
import re
from functools import lru_cache

_ALIASES = {
    "utf8mb4": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "cp-1251": "cp1251", "windows1251": "cp1251",
    "win-1251": "cp1251", "win1251": "cp1251", "x-cp1251": "cp1251", "koi8": "koi8-r", "koi-8": "koi8-r",
    "koi8r": "koi8-r", "x-koi8-r": "koi8-r", "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "x-gbk": "gbk",
    "ansi": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "x-sjis": "shift_jis", "ks_c_5601-1987": "cp949",
}  # fmt: skip
_TEXT_CODECS_ONLY = frozenset(
    {"base64", "hex", "bz2", "zlib", "rot13", "uu", "quopri", "unicode_escape", "idna", "punycode"}
)
_FREQUENT = frozenset("оеаинтсрвлкмдпуя")
_WESTERN = frozenset({"cp1252", "iso8859-1", "iso8859-15", "ascii"})
_CYRILLIC = frozenset({"cp1251", "koi8-r", "koi8-u", "iso8859-5"})
_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]")
_HIGH = re.compile(rb"[\x80-\xff]")
_ENOUGH_LETTERS = 12


@lru_cache(maxsize=256)
def known(name: str) -> str | None:
    """The Python name of a declared charset, or None when there is no such charset."""
    name = name.strip(" \"'\t").lower()[:40]
    try:
        codec = codecs.lookup(_ALIASES.get(name, name))
        "".encode(codec.name)
    except (LookupError, ValueError, TypeError):
        return None
    return None if codec.name.replace("-", "_").removesuffix("_codec") in _TEXT_CODECS_ONLY else codec.name


def decoded(raw: bytes, declared: str | None) -> str:
    """Always text: the declared charset if it fits and makes sense, strict UTF-8, else the likelier of windows-1251
    and koi8-r."""
    name = known(declared) if declared else None
    if name and name != "ascii":
        try:
            text = raw.decode(name)
        except (UnicodeError, ValueError):
            pass
        else:
            return text if raw.isascii() else _mislabelled(raw, name) or text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if name not in (None, "ascii", "utf-8") and _broken_share(raw, name) < 0.05:
            return raw.decode(name, "replace")
        return raw.decode(_broken_utf8(raw) or cyrillic(raw), "replace")


def _mislabelled(raw: bytes, name: str) -> str | None:
    """What the text really is when a single-byte charset is claimed for it that it hardly is in: UTF-8 is never valid
    by chance; Russian called Western has next to no Latin letters; of two Cyrillic charsets the letters tell."""
    if name not in _WESTERN and name not in _CYRILLIC:
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        sample = raw[:20000]
    high = len(_HIGH.findall(sample))
    if high < _ENOUGH_LETTERS:
        return None
    if name in _WESTERN:
        return raw.decode(cyrillic(raw), "replace") if high > 0.6 * len(_LETTERS.findall(sample)) else None
    other = "koi8-r" if name == "cp1251" else "cp1251"
    claimed, better = sample.decode(name, "replace"), sample.decode(other, "replace")
    wrong = likeness(claimed) < -0.2 and likeness(better) > 0.3
    return raw.decode(other, "replace") if wrong and likeness(better.lower()) > likeness(claimed.lower()) else None


def _broken_share(raw: bytes, name: str | None) -> float:
    return raw.decode(name or "utf-8", "replace").count("\ufffd") / max(len(raw), 1)


def _broken_utf8(raw: bytes) -> str | None:
    """UTF-8 with a byte cut off here or there is still UTF-8."""
    return "utf-8" if _broken_share(raw[:20000], "utf-8") < 0.02 else None


def cyrillic(raw: bytes) -> str:
    """windows-1251 or koi8-r by letters: small frequent ones are common, capitals rare unless all are capitals."""
    texts = {name: raw[:20000].decode(name, "replace") for name in ("cp1251", "koi8-r")}
    return max(texts, key=lambda name: max(likeness(texts[name]), likeness(texts[name].lower()) - 0.2))


def likeness(text: str) -> float:
    """How much a text looks like Russian, from below 0 to 1."""
    letters = [letter for letter in text if letter > "\x7f"]
    if not letters:
        return 0.0
    frequent = sum(letter in _FREQUENT for letter in letters)
    wrong = sum(not ("а" <= letter <= "я" or letter in "ёЁ«»—–№\xa0…") for letter in letters)
    return (frequent - wrong) / len(letters)
