"""In which encoding a text file is, told by its bytes alone: Excel on Russian systems never says."""

import codecs
import re
from typing import BinaryIO

from lead_intake.providers import charsets

PIECE = 1024 * 1024
SAMPLE = 256 * 1024
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CYRILLIC = ("cp1251", "koi8-r", "cp866")
_HIGH = re.compile(rb"[\x80-\xff]")
_LONE_HIGH = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


class NoText(Exception):
    """The bytes are no text in any encoding known here."""


def encoding_of(file: BinaryIO) -> str:
    """The name of the encoding; the whole file is looked at where that decides. Raises `NoText`."""
    file.seek(0)
    head = file.read(SAMPLE)
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    wide = _without_mark(head)
    if wide:
        return wide
    if len(_CONTROL.findall(head)) > len(head) * 0.02:
        raise NoText
    doubtful = _first_piece_that_is_no_utf8(file)
    return "utf-8" if doubtful is None or _is_broken_utf8(doubtful) else _of_one_byte(doubtful)


def _without_mark(head: bytes) -> str | None:
    """UTF-16 whose mark was cut off: every other byte of digits and delimiters is zero."""
    pairs = len(head) // 2 or 1
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if odd > 0.15 and even < 0.02:
        return "utf-16-le"
    return "utf-16-be" if even > 0.15 and odd < 0.02 else None


def _first_piece_that_is_no_utf8(file: BinaryIO) -> bytes | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    while piece := file.read(PIECE):
        try:
            decoder.decode(piece)
        except UnicodeDecodeError as error:
            return piece[max(0, error.start - SAMPLE // 2) :][:SAMPLE]
    return None


def _is_broken_utf8(sample: bytes) -> bool:
    """A byte lost here or there among letters that are right."""
    text = sample.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    right = sum(letter > "\x7f" for letter in text) - broken
    return right > 10 * broken


def _of_one_byte(sample: bytes) -> str:
    """Accents stand alone between Latin letters; Cyrillic letters stand together."""
    if len(_LONE_HIGH.findall(sample)) > len(_HIGH.findall(sample)) / 2:
        return "cp1252"
    return max(_CYRILLIC, key=lambda name: charsets.likeness(sample.decode(name, "replace")))
