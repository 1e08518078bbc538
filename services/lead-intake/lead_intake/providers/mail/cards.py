"""Visiting cards (vCard) in a message: names and contacts, whatever version and encoding."""

import quopri
import re
from typing import NamedTuple

from lead_intake.providers import charsets

_LINE = re.compile(r"^(?:item\d{1,3}\.)?(FN|TEL|EMAIL|ORG|TITLE)((?:;[^:\n]{0,200})?):(.{1,1000})$", re.I | re.M)


class Card(NamedTuple):
    """What a card tells of the person."""

    name: str | None
    phones: list[str]
    emails: list[str]
    company: str | None
    position: str | None


def read(text: str) -> Card:
    """The first person on the card; a card that says nothing is empty."""
    told: dict[str, list[str]] = {}
    unfolded = text.replace("\r\n", "\n").replace("=\n", "").replace("\n ", "").replace("\n\t", "")
    for kind, parameters, value in _LINE.findall(unfolded.partition("END:VCARD")[0]):
        told.setdefault(kind.upper(), []).append(_value(parameters.upper(), value))
    first = {kind: values[0] for kind, values in told.items()}
    phones = [phone.removeprefix("tel:") for phone in told.get("TEL", [])]
    return Card(first.get("FN"), phones, told.get("EMAIL", []), first.get("ORG"), first.get("TITLE"))


def _value(parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" in parameters:
        value = charsets.decoded(quopri.decodestring(value.encode("utf-8", "replace")), None)
    return " ".join(value.replace("\\,", ",").replace("\\;", ";").replace(";", " ").replace("\\n", " ").split())
