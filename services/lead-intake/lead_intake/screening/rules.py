"""Points for suspicious signs. A filled honeypot alone makes spam; the other signs only add up."""

import hashlib
import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import phonenumbers

from lead_intake.normalising.pipeline import Normalised, Values
from lead_intake.providers.base import Found, SourceView, WireRequest
from lead_intake.providers.settings import SpamSettings
from lead_intake.screening.disposable import DISPOSABLE
from lead_intake.screening.proof import proven

HONEYPOT = 1000
_LINK = re.compile(r"https?://|www\.|\[url|<a href", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sign:
    """One suspicious sign: the rule that saw it, its points, and what it saw (never a person's own data)."""

    rule: str
    points: int
    detail: str | None = None


@dataclass(slots=True)
class Screening:
    """The score, the rules that made it, what each saw, and whether it reaches the source's threshold."""

    score: int = 0
    reasons: list[str] = field(default_factory=list)
    signs: list[Sign] = field(default_factory=list)
    spam: bool = False


class Case(NamedTuple):
    """What a rule looks at; the inquiry as it is written, in which what is not said is left out."""

    request: WireRequest
    found: Found
    inquiry: Values
    source: SourceView


Rule = Callable[[Case, SpamSettings], Sequence[Sign]]


def screen(request: WireRequest, found: Found, normalised: Normalised, source: SourceView) -> Screening:
    """How suspicious an inquiry is. Calls and events that are no inquiry are not screened."""
    if not source.spam.enabled or found.disposition != "inquiry" or found.draft.call is not None:
        return Screening()
    case = Case(request, found, normalised.values, source)
    signs = [sign for rule in RULES for sign in rule(case, source.spam)]
    return judged(signs, source.spam) if signs else Screening()


def judged(signs: Sequence[Sign], spam: SpamSettings) -> Screening:
    """The signs added up."""
    score = sum([sign.points for sign in signs])
    return Screening(score, [sign.rule for sign in signs], list(signs), score >= spam.threshold)


def certain(rule: str, spam: SpamSettings, detail: str | None = None) -> Sign:
    """A sign that makes spam by itself, whatever the threshold."""
    return Sign(rule, max(HONEYPOT, spam.threshold), detail)


def _honeypot(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    return (certain("honeypot", spam),) if case.found.draft.honeypot else ()


def _filled_too_fast(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    least, took = spam.minimum_fill_seconds, case.found.draft.fill_seconds
    if least is None or took is None or took >= least:
        return ()
    return (Sign("filled_too_fast", 50, f"{took:.1f} s"),)


def _links(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    inquiry, signs = case.inquiry, []
    # A name that is an address was taken for none: the field is looked at, as it came.
    message, name = inquiry.get("message"), case.found.draft.full_name or inquiry["person"].get("full_name")
    if message and inquiry["channel"] != "email" and _may_link(message):
        count = len(_LINK.findall(message))
        if count:
            signs.append(Sign("links", min(10 * count, 40), str(count)))
    if name and _may_link(name) and _LINK.search(name):
        signs.append(Sign("link_in_name", 40))
    return signs


def _may_link(text: str) -> bool:
    """At a glance: without any of these `_LINK` finds nothing."""
    return "." in text or ":" in text or "[" in text or "<" in text


def _impossible_phone(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    return (Sign("impossible_phone", 20),) if case.found.draft.phones and not case.inquiry["phones"] else ()


def _disposable_email(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    for email in case.inquiry["emails"]:
        domain = email.rpartition("@")[2]
        if domain in DISPOSABLE:
            return (Sign("disposable_email", 40, domain),)
    return ()


def _blocked_words(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    if not spam.blocked_words:
        return ()
    inquiry = case.inquiry
    said = (inquiry["person"].get("full_name"), inquiry.get("subject"), inquiry.get("message"))
    text = " ".join([part for part in said if part]).casefold()
    word = next((word for word in spam.blocked_words if word.casefold() in text), None)
    return (Sign("blocked_word", 60, word),) if word else ()


def _blocked_emails(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    if not spam.blocked_emails:
        return ()
    blocked = {one.casefold().lstrip("@") for one in spam.blocked_emails}
    hit = any(email in blocked or email.rpartition("@")[2] in blocked for email in case.inquiry["emails"])
    return (Sign("blocked_email", 100),) if hit else ()


def _blocked_phones(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    hit = spam.blocked_phones and not set(spam.blocked_phones).isdisjoint(case.inquiry["phones"])
    return (Sign("blocked_phone", 100),) if hit else ()


def _blocked_countries(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    if not spam.blocked_countries:
        return ()
    countries = [phonenumbers.region_code_for_number(phonenumbers.parse(phone)) for phone in case.inquiry["phones"]]
    country = next((one for one in countries if one in spam.blocked_countries), None)
    return (Sign("blocked_country", 100, country),) if country else ()


def _blocked_addresses(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    if not spam.blocked_addresses or not case.request.address:
        return ()
    try:
        address = ipaddress.ip_address(case.request.address)
    except ValueError:
        return ()
    network = next((one for one in spam.blocked_addresses if address in one), None)
    return (Sign("blocked_address", 100, str(network)),) if network else ()


def _proof_of_work(case: Case, spam: SpamSettings) -> Sequence[Sign]:
    """A source that asks for a proof gets one from every browser; whether it was used before, only storing can tell."""
    draft = case.found.draft
    if spam.proof_of_work is None or draft.vouched or case.source.channel != "form":
        return ()
    if draft.proof is None:
        return (certain("proof_of_work", spam, "none"),)
    if proven(draft.proof, case.source, at=case.request.received_at) is None:
        return (certain("proof_of_work", spam, "wrong or too old"),)
    return ()


RULES: tuple[Rule, ...] = (
    _honeypot, _filled_too_fast, _links, _impossible_phone, _disposable_email, _blocked_words, _blocked_emails,
    _blocked_phones, _blocked_countries, _blocked_addresses, _proof_of_work,
)  # fmt: skip


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
