"""The stylesheet and the script: read and compressed once, and not sent again to who has them."""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fastapi import Response

HERE = Path(__file__).parent


class File(NamedTuple):
    """A file in both encodings; its address holds `tag`, so it never changes there."""

    kind: str
    plain: bytes
    zipped: bytes
    tag: str


def file(name: str, kind: str) -> File:
    """A file of this folder."""
    content = (HERE / name).read_bytes()
    tag = hashlib.blake2b(content, digest_size=6).hexdigest()
    return File(kind, content, gzip.compress(content, 9, mtime=0), tag)


def answer(one: File, headers: Mapping[str, str], asked: str | None) -> Response:
    """The file, compressed where the browser takes it; kept for good under the address that names its content."""
    zipped = "gzip" in headers.get("accept-encoding", "")
    told = {
        "ETag": f'"{one.tag}{"-gz" if zipped else ""}"',
        "Cache-Control": "public, max-age=31536000, immutable" if asked == one.tag else "public, no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if told["ETag"] in (known.strip().removeprefix("W/") for known in headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=told)
    if zipped:
        told["Content-Encoding"] = "gzip"
    return Response(one.zipped if zipped else one.plain, media_type=one.kind, headers=told)


STYLE = file("dashboard.css", "text/css; charset=utf-8")
SCRIPT = file("dashboard.js", "text/javascript; charset=utf-8")
