"""When two spellings are the same company."""

import re
import unicodedata
from collections.abc import Iterable

_QUOTES = re.compile(r"[\"'`«»„“”‘’]")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?([^/:?#\s]+)", re.I)
_SPACES = re.compile(r"\s+")

SHARED_SITES = frozenset(
    {
        "2gis.ru", "avito.ru", "facebook.com", "google.com", "instagram.com", "linkedin.com", "ok.ru", "ozon.ru",
        "sites.google.com", "t.me", "taplink.cc", "telegram.me", "tiktok.com", "twitter.com", "vk.com", "wa.me",
        "whatsapp.com", "wildberries.ru", "x.com", "yandex.ru", "youtube.com",
    }
)  # fmt: skip
"""Where many companies have a page: such a site tells none of them from another."""


def name_key(name: str) -> str:
    """The name as it is compared: without quotes, case and double spaces; `ё` counts as `е`.

    The legal form stays: OOO Romashka and ZAO Romashka may be two companies."""
    plain = _QUOTES.sub("", unicodedata.normalize("NFKC", name)).casefold().replace("ё", "е")
    return _SPACES.sub(" ", plain).strip()


def digits(tax_number: str) -> str:
    """A tax number as it is compared: without spaces and dashes, in capitals."""
    return re.sub(r"[\s\-./]", "", tax_number).upper()


def domains_at(website: str | None, emails: Iterable[str]) -> set[str]:
    """The domains of a website and of e-mail addresses, free-mail services among them."""
    found = {email.rpartition("@")[2].lower() for email in emails}
    if website and (host := _HOST.match(website.strip())):
        found.add(host[1].lower())
    return found - {""}
