"""A statement's rows as spend: what each says, what is assumed, and which rows cannot be taken. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from pydantic import ValidationError

from analytics.spend.rules import largest_remainder
from analytics.spend.schemas import SpendItem
from analytics.statements import values
from analytics.statements.columns import Columns
from analytics.statements.decoding import Sheet, UnreadableStatement
from analytics.statements.platforms import NAMES, Platform, detected
from analytics.statements.schemas import ImportOptions, RowError

MOST_ROWS: Final = 50_000
MOST_DAYS: Final = 366
TOTALS: Final = ("total", "итого", "всего")
KEPT: Final = ("source", "medium", "campaign", "campaign_id", "adgroup_id", "ad_id", "content", "term")


@dataclass(slots=True)
class Statement:
    """What a file says: `items` in the order of its rows, `assumed` what it does not say itself."""

    platform: Platform
    items: list[SpendItem] = field(default_factory=list)
    rows: int = 0
    totals: int = 0
    errors: list[RowError] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How the cells of one file are written."""

    mark: values.Mark
    order: values.Order | None
    micros: bool
    currency: str
    vat_included: bool | None
    source: str | None
    medium: str | None
    period: tuple[date, date] | None
    spread: bool


class _Wrong(ValueError):
    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column


def read_statement(found: Sheet, options: ImportOptions, *, currency: str) -> Statement:
    """Everything a file says; raises `UnreadableStatement` where it is too long or lacks a column it needs."""
    platform = NAMES[options.format] if options.format else detected(found.columns.captions)
    rows = []
    for row in found.rows():
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise UnreadableStatement(f"A file has at most {MOST_ROWS} rows: send it in parts.")
    statement = Statement(platform)
    manner = _manner(found, rows, platform, options, currency, statement.assumed)
    _check_columns(found.columns, manner)
    for line, cells in rows:
        if _is_total(cells, found.columns, platform):
            statement.totals += 1
            continue
        statement.rows += 1
        try:
            statement.items += _items(_told(cells, found.columns), found.columns, manner)
        except _Wrong as wrong:
            statement.errors.append(RowError(line=line, column=wrong.column, detail=str(wrong)))
    return statement


def _manner(
    found: Sheet,
    rows: Sequence[tuple[int, list[str]]],
    platform: Platform,
    options: ImportOptions,
    currency: str,
    assumed: list[str],
) -> _Manner:
    columns = found.columns
    costs = list(_column(rows, columns, "cost_micros") or _column(rows, columns, "cost"))
    mark = values.decimal_mark(costs)
    micros = options.money_in_micros
    if micros is None:
        micros = "cost_micros" in columns.place or (platform.micros and values.in_micros(costs, mark))
        if platform.micros:
            assumed.append("amounts are in millionths" if micros else "amounts are in whole units, not in millionths")
    told = options.currency or values.currency(columns.of_cost)
    if told is None and "currency" not in columns.place:
        assumed.append(f"the currency is {currency}")
    vat_included = options.vat_included if options.vat_included is not None else values.vat(columns.of_cost)
    return _Manner(
        mark=mark,
        order=options.date_order or values.date_order([*_column(rows, columns, "date")]),
        micros=micros,
        currency=told or currency,
        vat_included=vat_included,
        source=options.source or platform.source,
        medium=options.medium or platform.medium,
        period=next((period for line in found.preamble if (period := values.period(line))), None),
        spread=options.spread_periods,
    )


def _check_columns(columns: Columns, manner: _Manner) -> None:
    if "date" not in columns.place and manner.period is None:
        raise UnreadableStatement("No column holds the day, and no line above the columns tells the period.")
    if "source" not in columns.place and manner.source is None:
        raise UnreadableStatement("No column holds the source: say source=, or format= if it is a platform's file.")


def _column(rows: Sequence[tuple[int, list[str]]], columns: Columns, name: str) -> list[str]:
    place = columns.place.get(name)
    if place is None:
        return []
    return [cells[place] for _, cells in rows if place < len(cells) and not values.absent(cells[place])]


def _is_total(cells: Sequence[str], columns: Columns, platform: Platform) -> bool:
    first = next((cell for cell in cells if cell.strip()), "").strip().lower()
    if first.startswith(TOTALS) and values.absent(_cell(cells, columns, "campaign_id")):
        return True
    named = [name for name in ("campaign", "campaign_id") if name in columns.place]
    return platform.total_first and bool(named) and all(not _cell(cells, columns, name).strip() for name in named)


def _cell(cells: Sequence[str], columns: Columns, name: str) -> str:
    place = columns.place.get(name)
    return cells[place] if place is not None and place < len(cells) else ""


def _told(cells: Sequence[str], columns: Columns) -> dict[str, str]:
    return {name: _cell(cells, columns, name).strip() for name in columns.place}


def _items(told: Mapping[str, str], columns: Columns, manner: _Manner) -> Iterator[SpendItem]:
    first, last = _days(told, manner)
    cost = "cost_micros" if "cost_micros" in columns.place else "cost"
    money = _read(cost, lambda: values.amount(told[cost], manner.mark, micros=manner.micros))
    counts = {
        name: _read(name, lambda name=name: values.count(told[name], manner.mark))
        for name in ("impressions", "clicks")
        if name in told
    }
    shared = _shared(told, manner)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    cents = _spread(int(money * 100), days)
    spread = {name: _spread(value, days) for name, value in counts.items() if value is not None}
    for each in days:
        amount = {"amount": Decimal(cents[each]).scaleb(-2), "currency": _currency(told, manner)}
        counted = {name: parts[each] for name, parts in spread.items()}
        yield _item({**shared, **counted, "date": each, "amount": amount})


def _spread(total: int, days: Sequence[date]) -> dict[date, int]:
    return largest_remainder(total, dict.fromkeys(days, 1))


def _days(told: Mapping[str, str], manner: _Manner) -> tuple[date, date]:
    if not told.get("date"):
        if "date" in told or manner.period is None:
            raise _Wrong("date", "is missing")
        first, last = manner.period
    else:
        first = last = _read("date", lambda: values.day(told["date"], manner.order))
        if told.get("date_end"):
            last = _read("date_end", lambda: values.day(told["date_end"], manner.order))
    if last < first:
        raise _Wrong("date_end", "lies before the first day")
    if first != last and not manner.spread:
        raise _Wrong("date", f"is a period up to {last}: break the report down by day, or say spread_periods=true")
    if (last - first).days >= MOST_DAYS:
        raise _Wrong("date", f"is a period of more than {MOST_DAYS} days")
    return first, last


def _shared(told: Mapping[str, str], manner: _Manner) -> dict[str, Any]:
    shared: dict[str, Any] = {name: told[name] for name in KEPT if told.get(name) and not values.absent(told[name])}
    shared.setdefault("source", manner.source)
    shared.setdefault("medium", manner.medium)
    vat = values.vat(told["vat"]) if told.get("vat") else None
    return shared | {"vat_included": manner.vat_included if vat is None else vat}


def _currency(told: Mapping[str, str], manner: _Manner) -> str:
    written = told.get("currency", "")
    if values.absent(written):
        return manner.currency
    found = values.currency(written.upper())
    if found is None:
        raise _Wrong("currency", "is not the code of a currency")
    return found


def _read(column: str, value: Any) -> Any:
    try:
        return value()
    except (ValueError, OverflowError) as error:
        raise _Wrong(column, str(error)) from None


def _item(told: Mapping[str, Any]) -> SpendItem:
    try:
        return SpendItem.model_validate(told)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise _Wrong(str(first["loc"][0]), str(first["msg"])) from None
