"""Who inquired and how to reach them: name, phones, e-mails and messengers, each with its report line."""

import re
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from lead_intake.normalising import emails, names, phones
from lead_intake.normalising.report import Report, cut
from lead_intake.normalising.text import many_lines, one_line, said
from lead_intake.providers.base import Draft, Raw, SourceView

Values = dict[str, Any]
MOST = 20
_BY_PHONE = frozenset({"whatsapp", "viber"})
_SERVICE = re.compile(
    r"(?:https?://)?(?:www\.)?(?:(?:t|telegram)\.me|wa\.me|(?:m\.)?vk\.(?:com|ru)|instagram\.com|"
    r"api\.whatsapp\.com/send/?\?phone=)/?",
    re.IGNORECASE,
)
_PARTS = tuple((key, f"person/{key}") for key in ("full_name", "first_name", "middle_name", "last_name"))


def person(draft: Draft, extra: Values, report: Report) -> Values:
    """The parts of the name, company and position. What is no name stays in `extra.name`."""
    name = _name(draft, extra, report)
    values: Values = {}
    for (key, path), value in zip(_PARTS, name, strict=False):
        if value:
            values[key] = value
            report.append((path, value, cut(draft.full_name or value), name.rule, name.warning))
    company = said(draft.company, 300) or name.company
    if company:
        values["company"] = company[:300].rstrip()
        warning = name.warning if company == name.company else None
        report.append(("person/company", values["company"], cut(draft.company or draft.full_name), "company", warning))
    position = said(draft.position, 200)
    if position:
        values["position"] = position
        report.append(("person/position", position, cut(draft.position), "one line", None))
    return values


def _name(draft: Draft, extra: Values, report: Report) -> names.Name:
    if draft.full_name is None:
        return names.from_parts(draft.first_name, draft.middle_name, draft.last_name)
    if draft.name_verbatim:
        shown = said(draft.full_name, 300)
        return names.Name(shown, None, None, None, None, "as the carrier gave it", "capitals not repaired")
    name = names.parse(draft.full_name[:1000])
    if name.full is None and name.company is None:
        kept = said(draft.full_name, 300)
        if kept:
            extra.setdefault("name", kept)
            report.append(("person/full_name", None, cut(draft.full_name), name.rule, "no name"))
    if draft.first_name or draft.last_name:
        parts = names.from_parts(draft.first_name, draft.middle_name, draft.last_name)
        return parts._replace(full=name.full or parts.full, company=name.company)
    return name


def phone_numbers(draft: Draft, source: SourceView, at: datetime, extra: Values, report: Report) -> list[str]:
    """The client's numbers, best first. What is no number, and extensions, stay in `extra`."""
    region = source.default_region
    own = _own_numbers(tuple(source.settings.own_numbers), region) if source.settings.own_numbers else ()
    found: list[str] = []
    for raw, origin in draft.phones:
        numbers = phones.phones_in_field(raw, region)
        if not numbers:
            _no_phone(raw, origin, extra, report)
        for phone in numbers:
            if phone.e164 in own or (source.numbers and source.numbers.holds(phone.e164, at)):
                report.append(("phones", None, cut(raw), origin, "the company's own number"))
            elif phone.e164 not in found and len(found) < MOST:
                rule = f"{origin}: {phone.rule}"
                report.append((f"phones/{len(found)}", phone.e164, cut(raw), rule, phone.warning))
                found.append(phone.e164)
                if phone.extension:
                    extra.setdefault("phone_extension", phone.extension)
    return found


def _no_phone(raw: str, origin: str, extra: Values, report: Report) -> None:
    kept = said(raw, 300)
    if kept:
        extra.setdefault("phone", kept)
        report.append(("phones", None, cut(raw), origin, "no telephone number"))


@lru_cache(maxsize=1024)
def _own_numbers(numbers: tuple[str, ...], region: str) -> frozenset[str]:
    return frozenset(phone.e164 for number in numbers for phone in phones.phones_in_field(number, region))


def email_addresses(draft: Draft, extra: Values, report: Report) -> list[str]:
    """The client's addresses, best first. What is no address stays in `extra.email`."""
    found: list[str] = []
    for raw, origin in draft.emails:
        addresses = emails.plain(raw) or emails.emails_in(many_lines(raw, 2000)) or emails.mended(raw[:300])
        kept = said(raw, 300) if not addresses else None
        if kept:
            extra.setdefault("email", kept)
            report.append(("emails", None, cut(raw), origin, "no e-mail address"))
        for email in addresses:
            if email.address not in found and len(found) < MOST:
                rule = f"{origin}: lower case"
                report.append((f"emails/{len(found)}", email.address, cut(raw), rule, email.warning))
                found.append(email.address)
    return found


def written_in_words(draft: Draft, source: SourceView) -> Draft:
    """Who left no contact in a field may have written one beside the name or in the message: the same, with these.
    An address of the company's own is nobody's."""
    words = [(text, part) for part in ("full_name", "subject", "message") if (text := getattr(draft, part))]
    own = source.settings.own_domains
    return replace(
        draft,
        phones=[Raw(one, f"text of {part}") for text, part in words
                for one in phones.phones_in_text(text, source.default_region)],
        emails=[Raw(one.address, f"text of {part}") for text, part in words
                for one in emails.emails_in(text) if one.address.rpartition("@")[2] not in own],
    )  # fmt: skip


def messengers(draft: Draft, source: SourceView, report: Report) -> list[dict[str, str]]:
    """Addresses in messengers, without `@` and the address of the service in front; where they are telephone numbers,
    in E.164."""
    found: list[dict[str, str]] = []
    for network, raw in draft.messengers:
        address = said(raw, 255)
        link = _SERVICE.match(address) if address else None
        if address and link:
            address = address[link.end() :].partition("?")[0].rstrip("/")
        address = address.removeprefix("@") if address else None
        if address and network in _BY_PHONE:
            numbers = phones.phones_in_field(phones.international(address), source.default_region)
            address = numbers[0].e164 if numbers else address
        entry = {"network": one_line(network, 50), "id": address or ""}
        if address and entry["network"] and entry not in found and len(found) < MOST:
            report.append((f"messengers/{len(found)}", address, cut(raw), f"address in {entry['network']}", None))
            found.append(entry)
    return found
