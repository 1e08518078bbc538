"""Points for suspicious signs. A filled honeypot alone makes spam; the other signs only add up."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lead_intake.normalising.pipeline import Normalised, Values
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.settings import SpamSettings

HONEYPOT = 1000
_LINK = re.compile(r"https?://|www\.|\[url|<a href", re.IGNORECASE)
_DISPOSABLE = frozenset(
    "mailinator.com guerrillamail.com 10minutemail.com tempmail.com temp-mail.org yopmail.com trashmail.com "
    "sharklasers.com getnada.com dispostable.com maildrop.cc throwawaymail.com mintemail.com fakeinbox.com tempail.com "
    "moakt.com emailondeck.com mohmal.com 1secmail.com dropmail.me".split()
)


class Sign(NamedTuple):
    """One suspicious sign."""

    reason: str
    points: int


@dataclass(slots=True)
class Screening:
    """The score, why, and whether it reaches the source's threshold."""

    score: int = 0
    reasons: list[str] = field(default_factory=list)
    spam: bool = False


Rule = Callable[[Found, Values, SpamSettings], Sequence[Sign]]
"""Looks at what was found and at the inquiry as it is written, in which what is not said is left out."""


def screen(request: WireRequest, found: Found, normalised: Normalised, source: SourceView) -> Screening:
    """How suspicious an inquiry is. Calls and events that are no inquiry are not screened."""
    if not source.spam.enabled or found.disposition != "inquiry" or found.draft.call is not None:
        return Screening()
    signs = [sign for rule in RULES for sign in rule(found, normalised.values, source.spam)]
    if not signs:
        return Screening()
    score = sum([sign.points for sign in signs])
    return Screening(score, [sign.reason for sign in signs], score >= source.spam.threshold)


def _honeypot(found: Found, inquiry: Values, spam: SpamSettings) -> Sequence[Sign]:
    return (Sign("honeypot", max(HONEYPOT, spam.threshold)),) if found.draft.honeypot else ()


def _filled_too_fast(found: Found, inquiry: Values, spam: SpamSettings) -> Sequence[Sign]:
    least, took = spam.minimum_fill_seconds, found.draft.fill_seconds
    return (Sign("filled_too_fast", 50),) if least is not None and took is not None and took < least else ()


def _links(found: Found, inquiry: Values, spam: SpamSettings) -> Sequence[Sign]:
    signs = []
    message, name = inquiry.get("message"), inquiry["person"].get("full_name")
    if message and inquiry["channel"] != "email":
        count = len(_LINK.findall(message))
        if count:
            signs.append(Sign("links", min(10 * count, 40)))
    if name and _LINK.search(name):
        signs.append(Sign("link_in_name", 40))
    return signs


def _contacts(found: Found, inquiry: Values, spam: SpamSettings) -> Sequence[Sign]:
    signs = []
    if found.draft.phones and not inquiry["phones"]:
        signs.append(Sign("impossible_phone", 20))
    for email in inquiry["emails"]:
        if email.rpartition("@")[2] in _DISPOSABLE:
            return [*signs, Sign("disposable_email", 40)]
    return signs


def _blocked(found: Found, inquiry: Values, spam: SpamSettings) -> Sequence[Sign]:
    signs = []
    if spam.blocked_words:
        said = (inquiry["person"].get("full_name"), inquiry.get("subject"), inquiry.get("message"))
        text = " ".join([part for part in said if part]).casefold()
        if any(word.casefold() in text for word in spam.blocked_words):
            signs.append(Sign("blocked_word", 60))
    if spam.blocked_emails:
        blocked = {one.casefold().lstrip("@") for one in spam.blocked_emails}
        if any(email in blocked or email.rpartition("@")[2] in blocked for email in inquiry["emails"]):
            signs.append(Sign("blocked_email", 100))
    if spam.blocked_phones and not set(spam.blocked_phones).isdisjoint(inquiry["phones"]):
        signs.append(Sign("blocked_phone", 100))
    return signs


RULES: tuple[Rule, ...] = (_honeypot, _filled_too_fast, _links, _contacts, _blocked)


def content_key(normalised: Normalised, source: SourceView) -> str:
    """A hash of site, contacts and message: recognises a repeat that carries no id of its own."""
    inquiry = normalised.values
    touch = inquiry["attribution"].get("last")
    page = (touch.get("page_url") or touch.get("landing_url") or "").partition("?")[0] if touch else ""
    messengers = [f"{one['network']}:{one['id']}" for one in inquiry.get("messengers", ())]
    parts = (
        source.id.hex, page, *sorted(inquiry["phones"]), *sorted(inquiry["emails"]), *sorted(messengers),
        inquiry["person"].get("full_name", ""), inquiry.get("subject", ""), inquiry.get("product", ""),
        inquiry.get("message", ""),
    )  # fmt: skip
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=20).hexdigest()
