"""E-mail addresses: found in a field, lower-cased, the domain in its ASCII form; typos are named, never changed."""

import re
from functools import lru_cache
from typing import NamedTuple

import idna

_EDGE = "<>()[]{},;:\"'«»“”„|\\`!?*"
_PLAIN = re.compile(
    r"[ ]{0,9}([A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?)@([A-Za-z0-9][A-Za-z0-9.-]{0,200}[A-Za-z])[ ]{0,9}"
)
_MISTYPED = re.compile(
    r"\s{0,9}([^\s@]{1,64})\s{0,3}@\s{0,3}([^\s@.,]{1,63}(?:\s{0,3}[.,]\s{0,3}[^\s@.,]{1,63}){1,5})\s{0,9}"
)
_STOP = frozenset(_EDGE + " \t\n\r\xa0")
_TYPOS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmail.con": "gmail.com", "gmail.ru": "gmail.com",
    "gamil.com": "gmail.com", "gmal.com": "gmail.com", "gnail.com": "gmail.com", "gmail.co": "gmail.com",
    "gmail.cm": "gmail.com", "hotmial.com": "hotmail.com", "hotmail.con": "hotmail.com", "yaho.com": "yahoo.com",
    "yahoo.con": "yahoo.com", "outlok.com": "outlook.com", "mail.ry": "mail.ru", "mail.tu": "mail.ru",
    "meil.ru": "mail.ru", "mai.ru": "mail.ru", "maill.ru": "mail.ru", "mail.ri": "mail.ru", "yandex.ry": "yandex.ru",
    "yandex.tu": "yandex.ru", "yadex.ru": "yandex.ru", "yndex.ru": "yandex.ru", "jandex.ru": "yandex.ru",
    "ya.ry": "ya.ru", "inbox.ry": "inbox.ru", "bk.ry": "bk.ru", "list.ry": "list.ru", "rambler.ry": "rambler.ru",
}  # fmt: skip


class Email(NamedTuple):
    """An address fit to write to, and what looks wrong about it."""

    address: str
    warning: str | None


def plain(text: str) -> tuple[Email, ...]:
    """The address in a field that holds nothing else, none where that is not sure at a glance: what `emails_in` finds
    there, at a tenth of the price."""
    found = _PLAIN.fullmatch(text)
    if not found:
        return ()
    domain, warning = _domain(found[2].lower())
    return (Email(f"{found[1].lower()}@{domain}", warning),) if domain else ()


def mended(text: str) -> tuple[Email, ...]:
    """The one address in a field that is none as it was typed: spaces around its marks, a comma for a point."""
    found = _MISTYPED.fullmatch(text)
    if not found:
        return ()
    written = f"{found[1]}@{''.join(found[2].split()).replace(',', '.')}"
    return tuple([one._replace(warning="mended") for one in plain(written)])


def emails_in(text: str) -> tuple[Email, ...]:
    """The addresses in a field or text, in order, each once."""
    found: dict[str, Email] = {}
    at = text.find("@", 0, 20000)
    while at != -1 and len(found) < 20:
        email = _around(text, at)
        if email:
            found.setdefault(email.address, email)
        at = text.find("@", at + 1, 20000)
    return tuple(found.values())


def _around(text: str, at: int) -> Email | None:
    start, end = at, at + 1
    while start > 0 and at - start < 64 and text[start - 1] not in _STOP and text[start - 1] != "@":
        start -= 1
    while end < len(text) and end - at < 254 and text[end] not in _STOP and text[end] != "@":
        end += 1
    local = text[start:at].strip(".").lower()
    if not local or not local.isprintable():
        return None
    domain, warning = _domain(text[at + 1 : end].strip(".-/_=").lower())
    return Email(f"{local}@{domain}", warning) if domain else None


@lru_cache(maxsize=8192)
def _domain(domain: str) -> tuple[str | None, str | None]:
    if "." not in domain or "/" in domain:
        return None, None
    if not domain.isascii() or "xn--" in domain:
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None, None
    labels = domain.split(".")
    if len(domain) > 253 or not all(_is_label(label) for label in labels) or labels[-1].isdigit():
        return None, None
    suggested = _TYPOS.get(domain)
    return domain, f"did the person mean {suggested}?" if suggested else None


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum()
