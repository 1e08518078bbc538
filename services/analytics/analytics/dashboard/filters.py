"""The filters of the page, as its address holds them: so that a view can be kept, sent, and looked at again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from leadkit.problems import Invalid

from analytics.dashboard.rules import Language
from analytics.metrics.asking import UnreadablePeriod, read_basis, read_period
from analytics.projections.measures import Basis
from analytics.projections.slices import Period
from analytics.reports.periods import RELATIVE, Relative, period_of

SHOWN: Final[tuple[Relative, ...]] = (
    "last_7_days", "last_30_days", "this_month", "last_month", "last_90_days", "last_365_days",
)  # fmt: skip
"""The periods that the page offers; the address may name any other."""

USUAL: Final[Relative] = "last_30_days"
KEYS: Final = ("source", "team", "owner")
LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked at. `period` has the days of `relative`, if that is set; values '' mean: all."""

    period: Period
    relative: Relative | None
    basis: Basis
    source: str
    team: str
    owner: str
    language: Language
    chosen: bool

    @property
    def until(self) -> date:
        """The last day, as people name a period's end."""
        return self.period.end - timedelta(days=1)

    @property
    def where(self) -> str:
        """The conditions in the form of `where=`."""
        values = ((key, str(getattr(self, key))) for key in KEYS)
        return ";".join(f"{key}:{_escaped(value)}" for key, value in values if value)

    @property
    def before(self) -> Period:
        """As many days before."""
        return Period(self.period.start - timedelta(days=self.period.days), self.period.start)

    def address(self, *, relative: Relative | None = None, language: Language | None = None) -> str:
        """The page's address with these filters, another period or another language."""
        told = replace(self, relative=relative or self.relative)
        asked: dict[str, str] = {}
        if told.relative is not None:
            asked["period"] = told.relative
        else:
            asked |= {"from": self.period.start.isoformat(), "until": self.until.isoformat()}
        asked |= {key: value for key in KEYS if (value := getattr(self, key))}
        if self.basis != "cohort":
            asked["basis"] = self.basis
        if language or self.chosen:
            asked["lang"] = language or self.language
        return f"/?{urlencode(asked)}"

    def data(self, path: str, **more: str) -> str:
        """The address of the data behind a chart."""
        asked = {"from": self.period.start.isoformat(), "to": self.period.end.isoformat(), "basis": self.basis}
        if self.where:
            asked["where"] = self.where
        return f"/v1/{path}?{urlencode(asked | more)}"


def read_filters(asked: Mapping[str, str], language: Language, *, zone: ZoneInfo, now: datetime) -> Filters:
    """The filters of an address; dates win over a named period. Raises a problem for what cannot be read."""
    relative, period = _period(asked, zone=zone, now=now)
    values = {key: asked.get(key, "")[:LONGEST].strip() for key in KEYS}
    basis = read_basis(asked.get("basis") or "cohort")
    return Filters(period, relative, basis, **values, language=language, chosen=asked.get("lang") == language)


def _period(asked: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> tuple[Relative | None, Period]:
    if asked.get("from") or asked.get("until"):
        until = asked.get("until")
        return None, read_period(asked.get("from"), _day_after(until) if until else None, zone=zone, now=now)
    today = now.astimezone(zone).date()
    named = asked.get("period") or USUAL
    for relative in RELATIVE:
        if named == relative:
            return relative, period_of(relative, today)
    raise Invalid.at("/period", f"is one of {', '.join(RELATIVE)}")


def _day_after(day: str) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        raise UnreadablePeriod.at("/until", "is a date such as 2026-01-31") from None


def _escaped(value: str) -> str:
    return value.replace(",", "\\,").replace(";", "\\;")
