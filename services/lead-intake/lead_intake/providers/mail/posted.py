"""Messages that a mail service took apart before it posted them: their pieces become a message again."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import orjson

from lead_intake.providers import bodies, charsets
from lead_intake.providers.base import Unreadable, WireRequest
from lead_intake.providers.mail.message import Mail

_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of characters, as JSON may hold them; the others stand for bytes that are still to be decoded."""


class File(NamedTuple):
    """An uploaded file."""

    field: str
    name: str
    kind: str
    content: bytes


class Posted(NamedTuple):
    """A form as it came: the bytes of each field (the last one of a name counts), and the files."""

    values: dict[str, bytes]
    files: list[File]

    def text(self, name: str, charset: str | None = None) -> str:
        """A field as text; empty when it is absent. Without a charset the letters tell."""
        return charsets.decoded(self.values.get(name, b""), charset)

    def json(self, name: str) -> object:
        """A field that holds JSON; None when it holds none."""
        try:
            return orjson.loads(self.values.get(name) or b"null")
        except orjson.JSONDecodeError:
            return None


def posted(request: WireRequest) -> Posted:
    """The form in a request, urlencoded or multipart. Raises `Unreadable`."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    if kind.strip().lower() != "multipart/form-data":
        pairs = bodies.pairs_of(request.body)
        return Posted({charsets.decoded(name, None): value for name, value in pairs}, [])
    values, files = dict[str, bytes](), list[File]()
    for part in bodies.parts_of(request.body, parameters):
        if part.file_name is not None:
            kind = part.content_type.partition(";")[0].strip().lower() or "application/octet-stream"
            files.append(File(part.name or "", part.file_name[:255], kind, part.content))
        elif part.name is not None:
            values[part.name] = part.content
    return Posted(values, files)


def mail_of(named: Iterable[tuple[str, str]], *, text: str, html: str) -> Mail:
    """A message of its headers, in order, and its bodies. The caller encloses files and settles it."""
    fields: dict[str, list[str]] = {}
    for name, value in named:
        fields.setdefault(name.strip().lower(), []).append(_HALVES.sub("?", " ".join(value.split())))
    content_type = fields.get("content-type", [""])[0].partition(";")[0].strip().lower()
    return Mail(fields, content_type or "text/plain", text=_lines(text), html=_lines(html))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def envelope(mail: Mail, *, sender: str | None, recipient: str | None) -> None:
    """What the service knows of the envelope, where the message itself does not tell."""
    if sender and "return-path" not in mail.fields:
        mail.fields["return-path"] = [_HALVES.sub("?", f"<{sender.strip().strip('<>')}>")]
    if recipient and "delivered-to" not in mail.fields:
        mail.fields["delivered-to"] = [_HALVES.sub("?", recipient)]


def pairs_in(node: object, name_key: str | None = None, value_key: str = "value") -> list[tuple[str, str]]:
    """Headers as JSON has them: `[["From", "a@b"], ...]`, or with keys `[{"name": "From", "value": "a@b"}, ...]`."""
    pairs = []
    for one in node if isinstance(node, list) else ():
        if name_key and isinstance(one, dict):
            name, value = one.get(name_key), one.get(value_key)
        elif isinstance(one, list) and len(one) == 2:
            name, value = one
        else:
            continue
        if isinstance(name, str) and isinstance(value, str):
            pairs.append((name, value))
    return pairs


def object_of(body: bytes) -> dict[str, object]:
    """A JSON object. Raises `Unreadable`."""
    node = bodies.from_json(body, None)
    if not isinstance(node, dict):
        raise Unreadable("not a JSON object")
    return node
