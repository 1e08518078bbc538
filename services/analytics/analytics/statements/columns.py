"""What platforms call their columns, in English and Russian, and which of ours each is. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CAPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": (
        "date", "day", "date_start", "reporting starts", "segments.date", "ga:date", "start date", "date_from",
        "дата", "день", "начало отчетного периода", "дата начала отчетности", "дата начала",
    ),
    "date_end": (
        "date_stop", "reporting ends", "end date", "date_to", "окончание отчетного периода",
        "дата окончания отчетности", "дата окончания",
    ),
    "source": ("utm_source", "utmsource", "source", "ga:source", "источник"),
    "medium": ("utm_medium", "utmmedium", "medium", "ga:medium", "канал", "тип трафика"),
    "campaign": (
        "utm_campaign", "utmcampaign", "campaign name", "campaign_name", "campaignname", "campaign.name", "campaign",
        "ga:campaign", "название кампании", "кампания", "имя кампании",
    ),
    "campaign_id": (
        "campaign_id", "campaign id", "campaignid", "utm_id", "campaign.id", "ga:campaignid", "идентификатор кампании",
        "id кампании", "№ кампании", "номер кампании",
    ),
    "adgroup_id": (
        "adgroup_id", "ad group id", "adgroupid", "ad_group.id", "adset_id", "ad set id",
        "идентификатор группы объявлений", "идентификатор группы", "id группы", "№ группы",
    ),
    "ad_id": (
        "ad_id", "ad id", "adid", "ad_group_ad.ad.id", "идентификатор объявления", "id объявления", "№ объявления",
    ),
    "content": ("utm_content", "utmcontent", "content", "ga:adcontent", "ad name", "ad_name", "название объявления"),
    "term": (
        "utm_term", "utmterm", "term", "ga:keyword", "criterion", "keyword", "search keyword", "ключевая фраза",
        "ключевое слово", "условие показа",
    ),
    "cost_micros": ("metrics.cost_micros", "metrics.costmicros", "cost_micros", "costmicros"),
    "cost": (
        "cost", "amount spent", "spend", "expenses", "amount", "ga:adcost", "metrics.cost", "сумма затрат",
        "потраченная сумма", "расход", "расходы", "затраты", "стоимость", "сумма",
    ),
    "currency": (
        "currency", "currency code", "currency_code", "account_currency", "customer.currency_code", "код валюты",
        "валюта",
    ),
    "impressions": ("impressions", "impr.", "impr", "ga:impressions", "metrics.impressions", "показы"),
    "clicks": (
        "link clicks", "inline_link_clicks", "clicks", "ga:adclicks", "metrics.clicks", "клики по ссылке", "клики",
    ),
    "vat": ("vat_included", "vat included", "includevat", "с ндс"),
}  # fmt: skip
"""Our column -> the captions that mean it, the first that a file has counts."""

ONE_DAY: Final = frozenset({"day", "день", "segments.date"})
"""Captions of a row's own day: beside it, when reporting starts and ends is that of the whole file."""

_CAPTION: Final = re.compile(r"([^(\[,]+)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each of our columns stands in a row, and what the caption of the cost adds, such as `USD` or `с НДС`."""

    place: Mapping[str, int]
    captions: frozenset[str]
    of_cost: str


def plain(caption: str) -> tuple[str, str]:
    """A caption without case, spaces and what stands in brackets or after a comma; and that rest."""
    written = " ".join(caption.replace("\ufeff", "").replace("\xa0", " ").split()).strip('"')
    found = _CAPTION.match(written)
    name, rest = (found[1], found[2]) if found else (written, "")
    return name.strip().lower().replace("ё", "е"), rest.strip(" ()[],")


def columns_in(row: Sequence[str]) -> Columns:
    """What a row means if it names the columns; few places are known where it does not."""
    captions = [plain(cell) for cell in row]
    names = [name for name, _ in captions]
    place: dict[str, int] = {}
    for column, known in CAPTIONS.items():
        caption = next((caption for caption in known if caption in names), None)
        if caption is not None:
            place[column] = names.index(caption)
    if "date" in place and names[place["date"]] in ONE_DAY:
        place.pop("date_end", None)
    cost = place.get("cost_micros", place.get("cost"))
    return Columns(place, frozenset(name for name in names if name), captions[cost][1] if cost is not None else "")
