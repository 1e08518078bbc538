"""Bodies of forms: JSON, urlencoded and multipart become one nested structure, whatever the header claims."""

import json
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes

import orjson

from lead_intake.normalising.text import MAX_DEPTH
from lead_intake.providers import charsets
from lead_intake.providers.base import Unreadable, WireRequest

Node = dict[str, Any]
MAX_FIELDS = 5000
SECRET_PARAMETERS = frozenset({"key", "secret", "token"})
"""Parameters of an address in which a source's secret may stand."""

_EXACT_FLOAT = 2.0**53
_MAY_HOLD_NUMBERS = frozenset({float, dict, list})
_MAX_DIGITS = 4000


def parsed(request: WireRequest) -> Any:
    """The body as nested objects and lists; uploaded files are described under `attachments`. Raises Unreadable."""
    kind, parameters = _content_type(request.headers.get("content-type", ""))
    body = request.body
    if kind == "multipart/form-data":
        return _nested(_multipart(body, parameters))
    if kind.endswith("json") or body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return from_json(body, _parameter(parameters, "charset") if parameters else None)
    if not body.strip():
        return {}
    if kind != "application/x-www-form-urlencoded" and b"=" not in body:
        raise Unreadable("neither JSON nor a form")
    return _nested(urlencoded(body, _parameter(parameters, "charset")))


def _content_type(header: str) -> tuple[str, str]:
    kind, _, parameters = header.partition(";")
    return kind.strip().lower(), parameters


def record_of(request: WireRequest) -> Node:
    """The body's fields, and those of the query that it does not have (some plugins send by GET); raises Unreadable."""
    body = parsed(request) if request.body.strip() else {}
    if not isinstance(body, dict):
        raise Unreadable("no object with fields")
    if not request.query:
        return body
    asked = queried(request.query)
    return {name: value for name, value in asked.items() if name.lower() not in SECRET_PARAMETERS} | body


def queried(query: str) -> Node:
    """The fields of an address's query, nested like those of a form."""
    return _nested(urlencoded(query.encode("utf-8", "replace"), None))


def listed(value: Any) -> list[Any]:
    """A list as it is; the entries of an object whose keys only count (`products[0][name]`); anything else alone."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.removeprefix("n").isdigit() for key in value):
        return list(value.values())
    return [] if value is None or value == "" else [value]


def node(value: Any) -> Node:
    """The object that is expected here, or an empty one."""
    return value if isinstance(value, dict) else {}


def word(value: Any) -> str | None:
    """A plain value as text (ids past 2**53 keep all their digits); None for what is empty or has parts."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def from_json(body: bytes, charset: str | None) -> Any:
    """JSON with numbers exact: what has more digits than a number can hold is text."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return exact_json(_json_text(body, charset))
    return exact_json(body.decode()) if _holds_long_numbers(value, 0) else value


def exact_json(text: str) -> Any:
    """JSON by the patient parser: control characters and lone surrogates pass, long numbers stay text."""
    try:
        return json.loads(text, strict=False, parse_float=str, parse_int=_whole, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not JSON: {type(error).__name__}") from None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else digits[:_MAX_DIGITS]


def _json_text(body: bytes, charset: str | None) -> str:
    name = charsets.known(charset) if charset else "utf-8"
    if name is None:
        raise Unreadable("unknown charset")
    try:
        if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return body.decode("utf-16")
        return body.decode("utf-8-sig" if name == "utf-8" else name)
    except (UnicodeError, ValueError):
        raise Unreadable("the text is not in its charset") from None


def _holds_long_numbers(value: Any, depth: int) -> bool:
    """Numbers past 2**53 that the quick parser made approximate."""
    kind = type(value)
    if kind is float:
        return bool(abs(value) >= _EXACT_FLOAT)
    if depth > MAX_DEPTH:
        return False
    if kind is dict:
        value = value.values()
    elif kind is not list:
        return False
    nested = [inner for inner in value if type(inner) in _MAY_HOLD_NUMBERS]
    return any(_holds_long_numbers(inner, depth + 1) for inner in nested) if nested else False


def urlencoded(body: bytes, charset: str | None) -> list[tuple[str, Any]]:
    """Names and values; old pages in windows-1251 are told by their letters."""
    texts = _texts([part for pair in pairs_of(body) for part in pair], charset)
    return list(zip(texts[::2], texts[1::2], strict=True))


def pairs_of(body: bytes) -> list[tuple[bytes, bytes]]:
    """Names and values of an urlencoded body as the bytes they stand for. Raises Unreadable."""
    pairs = [pair.partition(b"=") for pair in body.strip().split(b"&", MAX_FIELDS + 1) if pair]
    if len(pairs) > MAX_FIELDS:
        raise Unreadable(f"more than {MAX_FIELDS} fields")
    return [(_unquoted(name), _unquoted(value)) for name, _, value in pairs]


def _unquoted(part: bytes) -> bytes:
    return unquote_to_bytes(part.replace(b"+", b" "))


def _texts(raw: list[bytes], charset: str | None) -> list[str]:
    try:
        return [part.decode() for part in raw]
    except UnicodeDecodeError:
        whole = b"\n".join(raw)
    name = charsets.known(charset) if charset else None
    if name in (None, "utf-8", "ascii"):
        name = charsets.cyrillic(whole)
        if charsets.likeness(whole.decode(name, "replace")) < 0.3:
            raise Unreadable("the text is not in its charset")
    return [part.decode(name or "utf-8", "replace") for part in raw]


class Part(NamedTuple):
    """One part of a multipart form, undecoded. `file_name` is None where the part is a plain field."""

    name: str | None
    file_name: str | None
    content_type: str
    content: bytes


def parts_of(body: bytes, parameters: str) -> Iterator[Part]:
    """The parts of a multipart body in order; `parameters` are those of its Content-Type. Raises Unreadable."""
    boundary = _parameter(parameters, "boundary")
    if not boundary:
        raise Unreadable("multipart without a boundary")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"), MAX_FIELDS + 2)
    if len(parts) < 2 or len(parts) > MAX_FIELDS:
        raise Unreadable("multipart without parts" if len(parts) < 2 else f"more than {MAX_FIELDS} fields")
    for part in parts[1:]:
        if part.startswith(b"--"):
            break
        head, mark, content = part.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if mark:
            yield _part(head, content)


def _part(head: bytes, content: bytes) -> Part:
    headers = _part_headers(head)
    disposition = headers.get("content-disposition", "").partition(";")[2]
    name, file_name = _parameter(disposition, "name"), _parameter(disposition, "filename")
    return Part(name, file_name, headers.get("content-type", ""), content)


def _multipart(body: bytes, parameters: str) -> list[tuple[str, Any]]:
    fields: list[tuple[str, Any]] = []
    for name, file_name, content_type, content in parts_of(body, parameters):
        kind, _, declared = content_type.partition(";")
        if file_name is not None:
            if file_name or content:
                kind = kind.strip() or "application/octet-stream"
                fields.append(("attachments[]", {"name": file_name, "type": kind, "size": len(content)}))
        elif name is not None:
            fields.append((name, charsets.decoded(content, _parameter(declared, "charset"))))
    return fields


def _part_headers(head: bytes) -> dict[str, str]:
    message = BytesHeaderParser().parsebytes(head[:16384])
    texts = {}
    for name, value in message.raw_items():
        texts[name.lower()] = charsets.decoded(str(value).encode("utf-8", "surrogateescape"), None)
    return texts


def _parameter(parameters: str, wanted: str) -> str | None:
    """One parameter of a header, quotes taken off."""
    for piece in parameters.split(";"):
        name, mark, value = piece.partition("=")
        if mark and name.strip().lower() == wanted:
            return value.strip().strip('"')
    return None


def _nested(fields: list[tuple[str, Any]]) -> Node:
    """`fields[phone][value]=...` as nested objects; a repeated name as a list; JSON inside a field opened."""
    root: Node = {}
    for name, value in fields:
        target, key = root, name
        if "[" in name and name[-1:] == "]":
            head, *inner = name[:255].replace("]", "").split("[")
            path = [part for part in (head, *inner[:MAX_DEPTH]) if part]
            for part in path[:-1]:
                below = target.setdefault(part, {})
                target = below if isinstance(below, dict) else target
            key = path[-1] if path else name
        _add(target, key, _opened(value), repeated=name.endswith("[]"))
    return root


def _add(target: Node, key: str, value: Any, *, repeated: bool) -> None:
    if key not in target:
        target[key] = [value] if repeated else value
    elif isinstance(target[key], list):
        target[key].append(value)
    else:
        target[key] = [target[key], value]


def _opened(value: Any) -> Any:
    """A field that holds a whole JSON object is that object."""
    if not isinstance(value, str) or len(value) < 5 or value[0] != "{" or value[-1] != "}" or '"' not in value:
        return value
    try:
        return exact_json(value)
    except Unreadable:
        return value
