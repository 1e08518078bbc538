"""Why somebody cannot get a lead: what is true of them all day long, and what depends on the lead or on what they were
given. Pure."""

from crm_core.assignment.model import Asked, Matched, Person, Rule, Why


def standing(person: Person, rule: Rule) -> Why | None:
    """Why a person of the rule's pool gets none of its leads now, whichever it is; None: they may."""
    if not person.active:
        return "inactive"
    if person.level < rule.pool.min_level:
        return "level"
    if not rule.pool.skills <= person.skills:
        return "skill"
    if "working_hours" in rule.limits and person.away is not None:
        return person.away
    return None


def unfit(person: Person, rule: Rule, lead: Asked) -> Why | None:
    """In what somebody who is there does not fit leads of this kind; None: they do."""
    return next((name for name in rule.pool.match if not fits(person, name, lead)), None)


def taken(person: Person, rule: Rule, lead: Asked) -> Why | None:
    """Why somebody who fits cannot get this lead now: they had it, or have enough; None: they can."""
    if person.id in lead.excluded:
        return "already_offered"
    if person.daily_cap is not None and person.today >= person.daily_cap and "daily_cap" in rule.limits:
        return "daily_cap"
    if person.open_cap is not None and person.open >= person.open_cap and "open_cap" in rule.limits:
        return "open_cap"
    return None


def fits(person: Person, name: Matched, lead: Asked) -> bool:
    """Whether the person can do with the lead's product, language or region; who has no limits can do with any, and a
    lead that tells nothing goes to anybody. A language without a country is spoken in every country, and a country
    holds its regions (`RU` fits `RU-MOW`)."""
    wanted, able = lead.text(name), able_of(person, name)
    if wanted is None or not able:
        return True
    return wanted in able or (name != "product" and wanted.partition("-")[0] in able)


def able_of(person: Person, name: Matched) -> frozenset[str]:
    """What of this kind the person can do with; without any: with all."""
    if name == "product":
        return person.skills
    return person.languages if name == "language" else person.regions
