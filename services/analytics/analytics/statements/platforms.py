"""The platforms whose statements are read, one explicit tuple. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Platform:
    """How a statement is known (all captions of one of the sets), and what it leaves unsaid.

    `source` and `medium` are what its spend counts under where no column says so. `micros`: whole amounts are
    millionths unless told otherwise. `total_first`: a row without campaign is the account's total.
    """

    key: str
    known_by: tuple[frozenset[str], ...]
    source: str | None = None
    medium: str | None = None
    micros: bool = False
    total_first: bool = False
    also: tuple[str, ...] = ()


def _of(*captions: str) -> frozenset[str]:
    return frozenset(captions)


PLATFORMS: Final[tuple[Platform, ...]] = (
    Platform("ga4_cost", (_of("utm_source", "cost"), _of("ga:source", "ga:adcost")), also=("ga4", "google_analytics")),
    Platform(
        "yandex_metrika",
        (_of("utmsource", "expenses"),),
        also=("metrika", "metrika_expenses", "yandex_metrika_expenses"),
    ),
    Platform(
        "meta_ads",
        (_of("amount spent"), _of("date_start", "spend"), _of("сумма затрат"), _of("потраченная сумма")),
        source="facebook",
        medium="cpc",
        total_first=True,
        also=("meta", "facebook", "facebook_ads"),
    ),
    Platform(
        "google_ads",
        (
            _of("impr."),
            _of("currency code", "cost"),
            _of("metrics.cost_micros"),
            _of("код валюты"),
            _of("day", "campaign id", "cost"),
        ),
        source="google",
        medium="cpc",
        also=("google", "adwords"),
    ),
    Platform(
        "yandex_direct",
        (
            _of("campaignid", "cost"),
            _of("campaignname", "cost"),
            _of("№ кампании", "расход"),
            _of("номер кампании", "расход"),
            _of("кампания", "расход", "показы"),
        ),
        source="yandex",
        medium="cpc",
        micros=True,
        also=("direct", "yandex"),
    ),
    Platform("generic", (frozenset(),)),
)  # fmt: skip
"""The first whose captions a file has is taken; `generic` has any with a date, a source and an amount."""

NAMES: Final = {name: platform for platform in PLATFORMS for name in (platform.key, *platform.also)}


def detected(captions: Collection[str]) -> Platform:
    """The platform that these captions are of."""
    return next(platform for platform in PLATFORMS if any(known <= set(captions) for known in platform.known_by))
