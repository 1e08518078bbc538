"""Who inquired and how to reach them: name, phones, e-mails and messengers, each with its report line."""

from functools import lru_cache
from typing import Any

from lead_intake.normalising import emails, names, phones
from lead_intake.normalising.report import ReportLine, cut
from lead_intake.normalising.text import many_lines, one_line, said
from lead_intake.providers.base import Draft, SourceView

Values = dict[str, Any]
MOST = 20


def person(draft: Draft, extra: Values, report: list[ReportLine]) -> Values:
    """The parts of the name, company and position. What is no name stays in `extra.name`."""
    name = _name(draft, extra, report)
    values: Values = {}
    for key, value in (("full_name", name.full), ("first_name", name.first), ("middle_name", name.middle),
                       ("last_name", name.last)):  # fmt: skip
        if value:
            values[key] = value
            report.append(ReportLine(f"person/{key}", value, cut(draft.full_name or value), name.rule, name.warning))
    company = said(draft.company, 300) or name.company
    if company:
        values["company"] = company[:300].rstrip()
        warning = name.warning if company == name.company else None
        report.append(ReportLine("person/company", company, cut(draft.company or draft.full_name), "company", warning))
    position = said(draft.position, 200)
    if position:
        values["position"] = position
        report.append(ReportLine("person/position", position, cut(draft.position), "one line"))
    return values


def _name(draft: Draft, extra: Values, report: list[ReportLine]) -> names.Name:
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
            report.append(ReportLine("person/full_name", None, cut(draft.full_name), name.rule, "no name"))
    if draft.first_name or draft.last_name:
        parts = names.from_parts(draft.first_name, draft.middle_name, draft.last_name)
        return parts._replace(full=name.full or parts.full, company=name.company)
    return name


def phone_numbers(draft: Draft, source: SourceView, extra: Values, report: list[ReportLine]) -> list[str]:
    """The client's numbers, best first. What is no number, and extensions, stay in `extra`."""
    region = source.default_region
    own = _own_numbers(tuple(source.settings.own_numbers), region) if source.settings.own_numbers else ()
    found: list[str] = []
    for raw, origin in draft.phones:
        numbers = phones.phones_in_field(raw, region)
        if not numbers:
            _no_phone(raw, origin, extra, report)
        for phone in numbers:
            if phone.e164 in own:
                report.append(ReportLine("phones", None, cut(raw), origin, "the company's own number"))
            elif phone.e164 not in found and len(found) < MOST:
                line = f"phones/{len(found)}"
                report.append(ReportLine(line, phone.e164, cut(raw), f"{origin}: {phone.rule}", phone.warning))
                found.append(phone.e164)
                if phone.extension:
                    extra.setdefault("phone_extension", phone.extension)
    return found


def _no_phone(raw: str, origin: str, extra: Values, report: list[ReportLine]) -> None:
    kept = said(raw, 300)
    if kept:
        extra.setdefault("phone", kept)
        report.append(ReportLine("phones", None, cut(raw), origin, "no telephone number"))


@lru_cache(maxsize=1024)
def _own_numbers(numbers: tuple[str, ...], region: str) -> frozenset[str]:
    return frozenset(phone.e164 for number in numbers for phone in phones.phones_in_field(number, region))


def email_addresses(draft: Draft, extra: Values, report: list[ReportLine]) -> list[str]:
    """The client's addresses, best first. What is no address stays in `extra.email`."""
    found: list[str] = []
    for raw, origin in draft.emails:
        addresses = emails.emails_in(many_lines(raw, 2000))
        kept = said(raw, 300) if not addresses else None
        if kept:
            extra.setdefault("email", kept)
            report.append(ReportLine("emails", None, cut(raw), origin, "no e-mail address"))
        for email in addresses:
            if email.address not in found and len(found) < MOST:
                report.append(
                    ReportLine(f"emails/{len(found)}", email.address, cut(raw), f"{origin}: lower case", email.warning)
                )
                found.append(email.address)
    return found


def messengers(draft: Draft, report: list[ReportLine]) -> list[dict[str, str]]:
    """Addresses in messengers, without `@` and the address of the service in front."""
    found: list[dict[str, str]] = []
    for network, raw in draft.messengers:
        address = said(raw, 255)
        for prefix in ("https://", "http://", "t.me/", "wa.me/", "vk.com/", "m.vk.com/", "@"):
            address = address.removeprefix(prefix) if address else None
        entry = {"network": one_line(network, 50), "id": address or ""}
        if address and entry["network"] and entry not in found and len(found) < MOST:
            report.append(ReportLine(f"messengers/{len(found)}", address, cut(raw), f"address in {network}"))
            found.append(entry)
    return found
