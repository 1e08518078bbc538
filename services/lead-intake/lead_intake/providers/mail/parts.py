"""Texts of messages made plain: flowed lines joined, files that old gateways pasted in taken out, armour removed."""

import binascii
import re
from typing import Any

_UUENCODED = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,254})\n((?:[ -`]{0,90}\n){1,200000}?)end[ \t]*$", re.MULTILINE)
_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:[A-Za-z-]{1,40}: [^\n]{0,200}\n){0,10}\n?")
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"


def first_parts(raw: bytes, most: int) -> tuple[bytes, bool]:
    """The message up to so many lines that may be boundaries, and whether anything was cut off behind them."""
    if raw.count(b"\n--") <= most:
        return raw, False
    place = 0
    for _ in range(most):
        place = raw.find(b"\n--", place) + 3
    return raw[: place - 3], True


def unflowed(written: str, *, joined: bool) -> str:
    """RFC 3676: a line that ends in a space goes on in the next; `-- ` never does; one leading space is stuffing."""
    lines: list[list[str]] = []
    flows, quoted = False, 0
    for line in written.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        continues = flows and depth == quoted and content != "-- " and bool(lines)
        flows, quoted = content.endswith(" ") and content != "-- ", depth
        if flows and joined:
            content = content[:-1]
        if continues:
            lines[-1].append(content)
        else:
            lines.append([f"{'>' * depth}{' ' if depth else ''}", content])
    return "\n".join(["".join(line) for line in lines])


def without_uuencoded(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text without uuencoded files in it, and these as attachments."""
    files: list[dict[str, Any]] = []

    def taken(found: re.Match[str]) -> str:
        size = sum(_decoded_size(line) for line in found[2].split("\n") if line)
        files.append({"name": found[1].strip(), "type": "application/octet-stream", "size": size})
        return ""

    return _UUENCODED.sub(taken, text), files


def _decoded_size(line: str) -> int:
    try:
        return len(binascii.a2b_uu(line))
    except (binascii.Error, ValueError):
        return 0


def without_armour(text: str) -> tuple[str, bool]:
    """The text of a message signed with PGP, or nothing and True where it is encrypted."""
    if _ENCRYPTED in text:
        head = text.partition(_ENCRYPTED)[0]
        return head, not head.strip()
    return _SIGNED.sub("", text.partition(_SIGNATURE)[0]), False
