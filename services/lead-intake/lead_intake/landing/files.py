"""The script and the stylesheet: read and compressed once, and not sent again to who has them."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fastapi import Response

HERE = Path(__file__).parent
FRESH_FOR = "public, max-age=3600, stale-while-revalidate=604800"
"""An hour without asking; then for a week the old one at once while the browser asks for a newer one."""


class File(NamedTuple):
    """A file in both encodings, each with its entity tag."""

    kind: str
    plain: bytes
    zipped: bytes
    tag: str


def file(name: str, kind: str) -> File:
    """A file of this folder."""
    content = (HERE / name).read_bytes()
    tag = hashlib.blake2b(content, digest_size=12).hexdigest()
    return File(kind, content, gzip.compress(content, 9, mtime=0), tag)


def answer(one: File, headers: Mapping[str, str]) -> Response:
    """The file, compressed where the browser takes it; 304 when it has it already."""
    zipped = "gzip" in headers.get("accept-encoding", "")
    tag = f'"{one.tag}-gz"' if zipped else f'"{one.tag}"'
    told = {
        "ETag": tag, "Cache-Control": FRESH_FOR, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff",
        "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
    }  # fmt: skip
    known = [each.strip().removeprefix("W/") for each in headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=told)
    if zipped:
        told["Content-Encoding"] = "gzip"
    return Response(one.zipped if zipped else one.plain, media_type=one.kind, headers=told)


SCRIPT = file("embed.js", "text/javascript; charset=utf-8")
STYLE = file("embed.css", "text/css; charset=utf-8")
