"""How alike two cards are: signs with weights, summed up to a score and told in words. Pure.

A sign of weight w leaves a doubt of 1 - w; the score is 1 without the product of all doubts (noisy-or)."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from crm_core.companies.rules import domains_at

LEAST = 0.4
"""Pairs below this are not told."""

SIMILAR = 0.6
"""From this share of common trigrams on two names are similar; `pg_trgm` counts the same way."""

COUNTRY_DIGITS = 2
"""The leading digits of a number that are not varied: they are rarely mistyped, and would make another country."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What two cards are compared by. `points` are phones, e-mails and messengers as matching compares them, `current`
    is false for what is over: it shares its addresses with what came after it."""

    name: str = ""
    company: str = ""
    tax_number: str | None = None
    website: str | None = None
    points: Collection[tuple[str, str]] = field(default_factory=tuple)
    current: bool = True


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that two cards have in common: how much it weighs, and in words."""

    kind: str
    weight: float
    words: str

    def shown(self) -> dict[str, Any]:
        """As it is stored and told."""
        return {"kind": self.kind, "weight": self.weight, "words": self.words}


def signs(one: Profile, other: Profile, *, free: Collection[str], of_companies: bool = False) -> list[Sign]:
    """What the two have in common, the weightiest first. `free` are the domains of free-mail services."""
    found = [*_by_address(one, other), *_by_domain(one, other, free, of_companies)]
    if one.tax_number and one.tax_number == other.tax_number:
        found.append(Sign("tax_number", 0.95, "the same tax number"))
    found += _by_name(one, other, of_companies)
    return sorted(found, key=lambda sign: -sign.weight)


def score_of(found: Iterable[Sign]) -> float:
    """How likely it is that the two are the same, 0 to 1, in hundredths."""
    doubt = 1.0
    for sign in found:
        doubt *= 1 - sign.weight
    return round(1 - doubt, 2)


def in_words(found: Iterable[Sign]) -> str:
    """The signs as one phrase."""
    return "; ".join(sign.words for sign in found)


def one_digit_off(phone: str) -> list[str]:
    """Every number (E.164) that differs in one digit, or in two neighbours that changed places."""
    head, digits = phone[: COUNTRY_DIGITS + 1], phone[COUNTRY_DIGITS + 1 :]
    changed = {
        digits[:place] + digit + digits[place + 1 :] for place in range(len(digits)) for digit in "0123456789"
    } | {digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :] for place in range(len(digits) - 1)}
    return sorted(head + variant for variant in changed - {digits})


def domains(profile: Profile, free: Collection[str]) -> set[str]:
    """The domains of a card's e-mails and website, without those where anybody has an address."""
    found = domains_at(profile.website, (value for kind, value in profile.points if kind == "email"))
    return found.difference(free)


def similarity(one: str, other: str) -> float:
    """The share of trigrams that two texts have in common, in any order of their words."""
    mine, others = _trigrams(one), _trigrams(other)
    return len(mine & others) / len(mine | others) if mine and others else 0.0


def _by_address(one: Profile, other: Profile) -> list[Sign]:
    mine, others = set(one.points), set(other.points)
    common = sorted({kind for kind, _ in mine & others}, reverse=True)
    if common and one.current and other.current:
        return [Sign(f"same_{kind}", 0.9, f"the same {kind}") for kind in common]
    if common:
        return []
    theirs = {value for kind, value in others if kind == "phone"}
    near = any(kind == "phone" and not theirs.isdisjoint(one_digit_off(value)) for kind, value in mine)
    return [Sign("phone_one_digit_off", 0.6, "phones that differ in one digit")] if near else []


def _by_domain(one: Profile, other: Profile, free: Collection[str], of_companies: bool) -> list[Sign]:
    common = sorted(domains(one, free) & domains(other, free))
    return [Sign("same_domain", 0.6 if of_companies else 0.4, f"the same domain {common[0]}")] if common else []


def _by_name(one: Profile, other: Profile, of_companies: bool) -> list[Sign]:
    found = []
    if of_companies:
        alike = similarity(one.name, other.name)
        return [Sign("similar_name", round(0.7 * alike, 2), _similar("names", alike))] if alike >= SIMILAR else []
    whole = min(len(one.name.split()), len(other.name.split())) > 1
    if whole and (alike := similarity(one.name, other.name)) >= SIMILAR:
        found.append(Sign("similar_name", round(0.5 * alike, 2), _similar("names", alike)))
    if (alike := similarity(one.company, other.company)) >= SIMILAR and found:
        found.append(Sign("similar_company", round(0.4 * alike, 2), _similar("companies", alike)))
    return found


def _similar(what: str, alike: float) -> str:
    return f"the same {what}" if alike == 1 else f"similar {what} ({alike:.0%})"


def _trigrams(text: str) -> set[str]:
    padded = (f"  {word} " for word in re.findall(r"\w+", text.lower().replace("ё", "е")))
    return {word[place : place + 3] for word in padded for place in range(len(word) - 2)}
