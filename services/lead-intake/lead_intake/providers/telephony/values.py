"""Values of a telephony notice, whatever its nesting and types: text, seconds, times, and who can be called back."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from lead_intake.normalising.marks import MARKS
from lead_intake.normalising.phones import international
from lead_intake.normalising.text import is_placeholder
from lead_intake.providers import bodies, credentials
from lead_intake.providers.base import Draft, Raw, SourceView, Unreadable, WireRequest

Values = Mapping[str, Any]

MOST_VALUES = 5000
SHORTEST_PHONE = 6
"""What has fewer digits is an extension, never a client's phone."""

HIDDEN = frozenset(
    {"", "anonymous", "unknown", "restricted", "private", "unavailable", "withheld", "hidden", "blocked", "none", "s",
     "asterisk", "скрыт", "скрытый", "скрытый номер", "аноним", "неизвестен", "неизвестный"}
)  # fmt: skip
SPELT = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253", "7748283"})
"""Anonymous, restricted, blocked, unknown, unavailable and private, as the keys of a telephone spell them."""

_SECRET_NAMES = frozenset({"key", "secret", "token", *credentials.BODY_FIELDS})
_YES, _NO = frozenset({"true", "1", "yes", "да"}), frozenset({"false", "0", "no", "нет"})


def records(request: WireRequest) -> list[Values]:
    """The notices in a request, their values by name in lower case: those of the body, else those of the query."""
    body = bodies.parsed(request)
    nodes = body if isinstance(body, list) else [body]
    nodes = [node for node in nodes if isinstance(node, dict)]
    if len(nodes) > MOST_VALUES:
        raise Unreadable(f"more than {MOST_VALUES} notices in one request")
    in_query = _query(request.query)
    found: list[Values] = [{**in_query, **flat(node)} for node in nodes]
    if not any(found):
        raise Unreadable("no fields in it")
    return found


def flat(node: Mapping[str, Any]) -> Values:
    """All values by their name in lower case, at whatever depth; of one name the outermost that says something."""
    values: dict[str, Any] = {}
    waiting = deque([node])
    while waiting and len(values) < MOST_VALUES:
        for name, value in waiting.popleft().items():
            if isinstance(value, dict):
                waiting.append(value)
            elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
                waiting.extend(one for one in value if isinstance(one, dict))
            elif value is not None and value != "":
                values.setdefault(name.lower(), value)
    return values


def _query(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, max_num_fields=MOST_VALUES, errors="replace")
    except ValueError:
        return {}
    return {name.lower(): value for name, value in pairs if name.lower() not in _SECRET_NAMES}


def carries_secret(request: WireRequest, source: SourceView) -> bool:
    """Whether the source's secret stands in query, headers or, at any depth, in the body."""
    if not source.secrets.get("secret"):
        return True
    return credentials.carries_secret(request, source, _secrets_in_body(request))


def _secrets_in_body(request: WireRequest) -> list[str]:
    try:
        body = bodies.parsed(request)
    except Unreadable:
        return []
    values = flat(body) if isinstance(body, dict) else {}
    return [str(values[name]) for name in credentials.BODY_FIELDS if name in values]


def text(values: Values, *names: str) -> str | None:
    """The first of the named values that says something, as text."""
    for name in names:
        value = values.get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            written = str(value).strip()
            if not is_placeholder(written):
                return written
    return None


def flag(values: Values, *names: str) -> bool | None:
    """The first of the named values that is a yes or a no."""
    for name in names:
        told = str(values.get(name, "")).strip().lower()
        if told in _YES or told in _NO:
            return told in _YES
    return None


def seconds(values: Values, *names: str) -> int | None:
    """Whole seconds: a number, quoted or not, or `hh:mm:ss`."""
    told = text(values, *names)
    if told is None or len(told) > 12 or not told.isascii():
        return None
    parts = told.split(".")[0].split(":")
    if len(parts) > 3 or not all(part.isdigit() for part in parts):
        return None
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return total


def touch(values: Values) -> dict[str, str]:
    """The traffic marks among the values, by their wire name."""
    found = {name: text(values, name) for name in values if name in MARKS}
    return {name: value for name, value in found.items() if value is not None}


def kept(values: Values, names: Mapping[str, str]) -> dict[str, Any]:
    """What goes to `extra`: values by their name there."""
    told = {ours: values.get(theirs) for theirs, ours in names.items()}
    return {
        name: value
        for name, value in told.items()
        if value is not None and not (isinstance(value, str) and is_placeholder(value))
    }


def reach(draft: Draft, number: str | None, origin: str) -> None:
    """Puts the other side of a call into the draft: a telephone number, or a SIP address of their own. Who hides, and
    an extension, cannot be called back."""
    told = (number or "").strip()
    scheme, colon, address = told.partition(":")
    if colon and scheme.lower() in ("sip", "sips", "client"):
        user = address.partition("@")[0]
        if user.lstrip("+").isdigit() and len(user) >= 10:
            told = user
        elif user.lower() not in HIDDEN:
            draft.messengers.append(("sip" if scheme.lower() != "client" else "twilio_client", address))
            return
    if is_hidden(told) or len([letter for letter in told if letter.isdigit()]) < SHORTEST_PHONE:
        return
    draft.phones.append(Raw(international(told), origin))


def is_hidden(number: str) -> bool:
    """Whether a caller's number is a word for nobody."""
    return number.lower() in HIDDEN or number.removeprefix("+") in SPELT or is_placeholder(number)


def is_extension(number: str) -> bool:
    """A short number inside the company."""
    return number.isascii() and number.isdigit() and len(number) < SHORTEST_PHONE


def any_of(told: str | None, words: Iterable[str]) -> bool:
    """Whether a text has one of the words, in any case."""
    lower = (told or "").casefold()
    return any(word in lower for word in words)
