"""What a caller may ask: metrics, dimensions, conditions and the period, read from the parameters of a request.

Every refusal names what is allowed, so that a client can be mended without reading this.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from leadkit.problems import FieldError, Invalid

from analytics.metrics.catalogue import METRIC_BY_KEY, STEPS, allowed_dimensions
from analytics.metrics.dimensions import DIMENSION_BY_KEY, DIMENSIONS, Dimension
from analytics.metrics.kinds import Metric, Step
from analytics.projections.measures import BASES, Basis
from analytics.projections.slices import Condition, Period, as_cells_write
from analytics.spend.rules import UNATTRIBUTED

DEFAULT_DAYS: Final = 30
EARLIEST, LATEST = date(1970, 1, 1), date(2200, 1, 1)
WHERE_FORM: Final = "dimension:value[,value...] or !dimension:value[,value...], joined by ;"
ABSENT: Final = ""
"""The value of a dimension that a fact does not have: '' in cells, null in answers, `null` in `where`."""


class UnknownMetric(Invalid):
    """A metric that is not in the catalogue."""

    code = "unknown-metric"
    title = "There is no such metric"


class UnknownDimension(Invalid):
    """A dimension that is not in the catalogue, or that one of the metrics asked for does not have."""

    code = "unknown-dimension"
    title = "There is no such dimension here"


class UnreadableCondition(Invalid):
    """A `where` that is not of the form, or a value that the dimension cannot have."""

    code = "unreadable-condition"
    title = "The condition cannot be read"


class UnknownStep(Invalid):
    """A step that the funnel does not have, or too few of them."""

    code = "unknown-step"
    title = "There is no such step"


class UnreadablePeriod(Invalid):
    """`from` and `to` are not local dates, or name no day at all."""

    code = "unreadable-period"
    title = "The period cannot be read"


class UnknownBasis(Invalid):
    """A basis that is neither cohort nor period."""

    code = "unknown-basis"
    title = "There is no such basis"


@dataclass(frozen=True, slots=True)
class Question:
    """A whole question: what, by what, of when, on which basis, and only where."""

    metrics: tuple[Metric, ...]
    by: tuple[Dimension, ...]
    period: Period
    basis: Basis
    where: tuple[Condition, ...] = ()


def read_metrics(text: str) -> tuple[Metric, ...]:
    """`leads,won` as metrics, each once, in the order asked for."""
    keys = _listed(text)
    if not keys:
        raise _refusal(UnknownMetric, "/metrics", "name at least one metric", METRIC_BY_KEY)
    for key in keys:
        if key not in METRIC_BY_KEY:
            raise _refusal(UnknownMetric, "/metrics", f"{_shown(key)} is not a metric", METRIC_BY_KEY)
    return tuple(METRIC_BY_KEY[key] for key in keys)


def read_dimensions(text: str | None, metrics: Sequence[Metric], pointer: str = "/by") -> tuple[Dimension, ...]:
    """`owner,week` as dimensions that all the metrics have, each once."""
    return tuple(_dimension(key, metrics, pointer) for key in _listed(text or ""))


def read_conditions(text: str | None, metrics: Sequence[Metric]) -> tuple[Condition, ...]:
    r"""`source:google,yandex;!owner:<id>` as conditions; `\` keeps `,` and `;` in a value, `null` is absent."""
    parts = [part.strip() for part in re.split(r"(?<!\\);", text or "")]
    return tuple(_condition(part, metrics) for part in parts if part)


def read_steps(text: str | None) -> tuple[Step, ...]:
    """`leads,qualified,won` as steps of a funnel, each once, in the order asked for; none where none is named."""
    known = {step.key: step for step in STEPS}
    keys = _listed(text or "")
    if len(keys) == 1:
        raise _refusal(UnknownStep, "/steps", "a funnel has at least two steps", known)
    for key in keys:
        if key not in known:
            raise _refusal(UnknownStep, "/steps", f"{_shown(key)} is not a step", known)
    return tuple(known[key] for key in keys)


def read_basis(text: str) -> Basis:
    """`cohort` or `period`."""
    for basis in BASES:
        if text == basis:
            return basis
    raise _refusal(UnknownBasis, "/basis", f"{_shown(text)} is not a basis", BASES)


def read_period(start: str | None, end: str | None, *, zone: ZoneInfo, now: datetime) -> Period:
    """`from` (inclusive) and `to` (exclusive); by default the last 30 local days including today."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    last = _local_date(end, "/to", zone) if end else tomorrow
    first = _local_date(start, "/from", zone) if start else max(EARLIEST, last - timedelta(days=DEFAULT_DAYS))
    if first >= last:
        raise UnreadablePeriod.at("/to", f"{last} is not after {first}: `to` is the first day that does not count")
    return Period(first, last)


def _local_date(text: str, pointer: str, zone: ZoneInfo) -> date:
    # A `+` of an offset that was not percent-encoded arrives as a space.
    written = text.strip().replace(" ", "+")
    try:
        if len(written) == len("2026-01-31"):
            day = date.fromisoformat(written)
        else:
            moment = datetime.fromisoformat(written)
            local = moment.astimezone(zone) if moment.tzinfo else moment
            if (local.hour, local.minute, local.second, local.microsecond) != (0, 0, 0, 0):
                raise UnreadablePeriod.at(pointer, f"is not at midnight in {zone.key}; days are counted whole")
            day = local.date()
    except (ValueError, OverflowError):
        raise UnreadablePeriod.at(
            pointer, "is neither a date such as 2026-01-31 nor a time at local midnight"
        ) from None
    if not EARLIEST <= day <= LATEST:
        raise UnreadablePeriod.at(pointer, f"lies outside {EARLIEST} to {LATEST}")
    return day


def _condition(part: str, metrics: Sequence[Metric]) -> Condition:
    negated = part.startswith("!")
    key, colon, rest = part.removeprefix("!").partition(":")
    if not colon:
        raise UnreadableCondition(
            f"{_shown(part)} is not of the form {WHERE_FORM}.",
            errors=[FieldError(pointer="/where", detail=f"the form is {WHERE_FORM}")],
            allowed=[dimension.key for dimension in DIMENSIONS],
        )
    dimension = _dimension(key.strip(), metrics, "/where")
    values = (re.sub(r"\\([,;])", r"\1", value).strip() for value in re.split(r"(?<!\\),", rest))
    return Condition(dimension.key, frozenset(_value(dimension, value) for value in values), negated)


def _value(dimension: Dimension, text: str) -> str:
    if text in ("null", ABSENT):
        return ABSENT
    if "\0" in text:
        raise UnreadableCondition.at("/where", "a value cannot hold the character NUL")
    try:
        match dimension.kind:
            case "id":
                return text if text == UNATTRIBUTED else str(UUID(text))
            case "date":
                return date.fromisoformat(text).isoformat()
            case "number":
                text = text.zfill(len(dimension.values[0])) if dimension.values else text
    except ValueError:
        form = "a date such as 2026-01-31" if dimension.kind == "date" else "an id"
        raise UnreadableCondition.at("/where", f"{_shown(text)} is not {form}, which {dimension.key} needs") from None
    if dimension.values is not None and text not in dimension.values:
        raise _refusal(
            UnreadableCondition, "/where", f"{_shown(text)} is not a value of {dimension.key}", dimension.values
        )
    return as_cells_write(dimension.key, text)


def _dimension(key: str, metrics: Sequence[Metric], pointer: str) -> Dimension:
    allowed = [dimension.key for dimension in common_dimensions(metrics)]
    if key not in DIMENSION_BY_KEY:
        raise _refusal(UnknownDimension, pointer, f"{_shown(key)} is not a dimension", allowed)
    for metric in metrics:
        if DIMENSION_BY_KEY[key] not in allowed_dimensions(metric):
            raise _refusal(UnknownDimension, pointer, f"{metric.key} has no dimension {key}", allowed)
    return DIMENSION_BY_KEY[key]


def common_dimensions(metrics: Iterable[Metric]) -> tuple[Dimension, ...]:
    """The dimensions that every one of the metrics has."""
    common = set(DIMENSIONS)
    for metric in metrics:
        common &= set(allowed_dimensions(metric))
    return tuple(dimension for dimension in DIMENSIONS if dimension in common)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _shown(text: str) -> str:
    return f"'{text[:60]}'"


def _refusal(problem: type[Invalid], pointer: str, detail: str, allowed: Collection[str]) -> Invalid:
    members: dict[str, Any] = {"allowed": list(allowed)}
    return problem(
        f"{detail}. Allowed: {', '.join(allowed)}.", errors=[FieldError(pointer=pointer, detail=detail)], **members
    )
