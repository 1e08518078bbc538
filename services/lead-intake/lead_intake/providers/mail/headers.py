"""Header fields of messages as they really come: encoded words, raw 8-bit text, addresses of every form."""

import base64
import binascii
import re
import string
from typing import NamedTuple

from lead_intake.providers import charsets

MAX_HEADER = 20_000
_NOT_BASE64 = bytes(set(range(256)).difference(string.ascii_letters.encode(), string.digits.encode(), b"+/"))
# Spaces inside and an end cut off are mistakes that mailers make.
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]{0,4000})(?:\?=|\Z)")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,990}>")
_SUBJECT_PREFIX = re.compile(
    r"^\s*(?:re|ha|на|ответ|отв|fwd?|fw|пересл|пересылка|на ваше|vs|aw|wg)(?:\[\d{1,3}\])?\s*:\s*", re.I
)


class Address(NamedTuple):
    """A display name and an address; either may be empty."""

    name: str
    address: str


def text(raw: str) -> str:
    """A header as text. Bytes above 127 that the parser smuggled in are decoded by what they look like; adjacent
    encoded words join without the space between, also when a character is cut between two of them."""
    raw = raw[:MAX_HEADER]
    if not raw.isascii():
        raw = charsets.decoded(raw.encode("utf-8", "surrogateescape"), None)
    if "=?" not in raw:
        return " ".join(raw.split())
    parts: list[str] = []
    pending, charset, position = b"", "", 0
    for found in _WORD.finditer(raw):
        between = raw[position : found.start()]
        name, encoded = found[1].partition("*")[0].lower(), _word_bytes(found[2], found[3])
        if pending and (between.strip() or name != charset):
            parts.append(charsets.decoded(pending, charset))
            pending = b""
        if between.strip() or position == 0:
            parts.append(between)
        pending, charset, position = pending + encoded, name, found.end()
    parts.append(charsets.decoded(pending, charset) if pending else "")
    parts.append(raw[position:])
    return " ".join("".join(parts).split())


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    return binascii.a2b_qp(raw, header=True) if encoding in "qQ" else base64_bytes(raw)


def base64_bytes(raw: bytes) -> bytes:
    """Base64 as far as it can be read: stray characters and missing padding are forgiven."""
    kept = raw.translate(None, _NOT_BASE64)
    if len(kept) % 4 == 1:  # six bits make no byte
        kept = kept[:-1]
    return base64.b64decode(kept + b"=" * (-len(kept) % 4))


def addresses(raw: str) -> list[Address]:
    """`"Doe, John" <a@b>`, `a@b (John)`, groups, encoded names; split before the words are decoded."""
    if not raw.isascii():
        raw = charsets.decoded(raw.encode("utf-8", "surrogateescape"), None)
    return [address for address in map(_address, _split(raw[:MAX_HEADER])) if address.address]


def _split(raw: str) -> list[str]:
    """Cut at commas and semicolons that stand outside of quotes, comments and angle brackets."""
    pieces, piece, quoted, depth, skip = [], list[str](), False, 0, False
    for letter in raw:
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter in "(<":
            depth += 1
        elif not quoted and letter in ")>":
            depth = max(depth - 1, 0)
        elif not quoted and not depth and letter in ",;":
            pieces.append("".join(piece))
            piece = []
            continue
        elif not quoted and not depth and letter == ":":
            piece = []
            continue
        piece.append(letter)
    return [*pieces, "".join(piece)]


def _address(piece: str) -> Address:
    piece = piece.strip()
    start, end = piece.rfind("<"), piece.rfind(">")
    if start != -1:
        address, name = piece[start + 1 : end if end > start else None], piece[:start]
    else:
        address, _, comment = piece.partition("(")
        name = comment.rpartition(")")[0]
    shown = text(name.strip().strip('"').replace('\\"', '"')).strip(" \"'")
    bare = "".join(address.split()).strip("'\"")
    return Address("" if shown.lower() == bare.lower() else shown, bare if "@" in bare else "")


def message_ids(raw: str) -> list[str]:
    """The ids of In-Reply-To or References, in order, each once."""
    return list(dict.fromkeys(_MESSAGE_ID.findall(raw[:100_000])))


def bare_subject(subject: str) -> str:
    """A subject without `Re:`, `RE[2]:`, `Ответ:`, `Fwd:` in front."""
    for _ in range(10):
        shorter = _SUBJECT_PREFIX.sub("", subject)
        if shorter == subject:
            break
        subject = shorter
    return subject.strip()
