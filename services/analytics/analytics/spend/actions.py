"""Telling what marketing cost."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from leadkit.contracts.common import Money
from leadkit.ids import new_id
from leadkit.problems import Invalid
from sqlalchemy import ARRAY, Date, Numeric, Row, Table, Text, Uuid, any_, column, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.currencies.queries import rates_on
from analytics.spend.months import change_months
from analytics.spend.queries import KEYS
from analytics.spend.schemas import SpendChange, SpendItem, SpendPosted, SpendUnits
from analytics.spend.tables import SpendLine, SpendUnit

UNITS: Table = SpendUnit.__table__  # type: ignore[assignment]
LINES: Table = SpendLine.__table__  # type: ignore[assignment]
CENT = Decimal("0.01")
NOTHING = ""
"""The digest of a unit without lines: not told yet, or withdrawn."""


class SeveralCurrencies(Invalid):
    """Lines of one unit in different currencies: no sum of them could be told."""

    code = "several-currencies"
    title = "The lines of a unit are in one currency"


@dataclass(frozen=True, slots=True)
class Told:
    """Spend that somebody tells. `replace`: the named sources have nothing else on these days."""

    origin: str
    items: Sequence[SpendItem]
    replace: bool = False


class UnitKey(NamedTuple):
    """What a unit is told apart by, in the order in which units are locked."""

    date: date
    source: str
    medium: str
    campaign_key: str


@dataclass
class _Change:
    """A unit before the post and what the post says of it."""

    key: UnitKey
    unit_id: UUID
    version: int
    digest_before: str
    before: Decimal
    currency_before: str
    items: list[SpendItem] = field(default_factory=list)

    @cached_property
    def digest(self) -> str:
        return digest_of(self.items)

    @cached_property
    def after(self) -> Decimal:
        return sum((item.amount.amount for item in self.items), Decimal(0))

    @property
    def currency(self) -> str:
        return self.items[0].amount.currency if self.items else self.currency_before

    @cached_property
    def kind(self) -> str:
        if self.digest == self.digest_before:
            return "unchanged"
        if not self.items:
            return "withdrawn"
        return "created" if self.version == 0 else "replaced"


async def post_spend(
    session: AsyncSession, workspace_id: UUID, post: Told, *, currency: str, by: str, now: datetime
) -> SpendPosted:
    """Stores the items as the newest version of their units; says what changed, which is nothing when told again.

    Raises `SeveralCurrencies`. Sums are answered in `currency`, the workspace's.
    """
    units = units_of(post.items)
    _check_currencies(units)
    changes = await _locked_units(session, workspace_id, post.origin, units, now=now)
    if post.replace:
        changes += await _units_left_out(session, workspace_id, post.origin, units)
    changed = [change for change in changes if change.kind != "unchanged"]
    superseded = await _supersede(session, workspace_id, changed, now=now)
    lines = [line for change in changed for line in _lines(change, workspace_id, post.origin, by=by, now=now)]
    if lines:
        await session.execute(insert(SpendLine), lines)
    await change_months(session, workspace_id, superseded, lines)
    return await _answer(session, workspace_id, post, changes, changed, currency)


def units_of(items: Iterable[SpendItem]) -> dict[UnitKey, list[SpendItem]]:
    """The items under their units, in the order in which units are locked."""
    units: dict[UnitKey, list[SpendItem]] = {}
    for item in items:
        campaign = f"id:{item.campaign_id}" if item.campaign_id else f"name:{item.campaign}" if item.campaign else ""
        units.setdefault(UnitKey(item.date, item.source, item.medium or "", campaign), []).append(item)
    return dict(sorted(units.items()))


def digest_of(items: Sequence[SpendItem]) -> str:
    """The same for the same lines in any order."""
    if not items:
        return NOTHING
    written = sorted(orjson.dumps(item.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS) for item in items)
    return hashlib.sha256(b"\n".join(written)).hexdigest()


def _check_currencies(units: Mapping[UnitKey, Sequence[SpendItem]]) -> None:
    for key, items in units.items():
        if len({item.amount.currency for item in items}) > 1:
            named = " ".join(str(part) for part in key if part)
            raise SeveralCurrencies(f"{named} has lines in several currencies: tell them apart by campaign.")


async def _locked_units(
    session: AsyncSession, workspace_id: UUID, origin: str, units: dict[UnitKey, list[SpendItem]], *, now: datetime
) -> list[_Change]:
    """The units of the post, created where new, each locked until the end of the transaction."""
    rows = [
        {
            "workspace_id": workspace_id,
            "id": new_id(),
            "origin": origin,
            **key._asdict(),
            "version": 0,
            "digest": NOTHING,
            "amount": Decimal(0),
            "currency": items[0].amount.currency,
            "updated_at": now,
        }
        for key, items in units.items()
    ]
    table = UNITS
    statement = upsert(table)
    keys = ["workspace_id", "date", "origin", "source", "medium", "campaign_key"]
    # Setting what it is already, to lock the row and have it returned.
    locking = statement.on_conflict_do_update(index_elements=keys, set_={"origin": statement.excluded.origin})
    locked = (await session.execute(locking.returning(*table.c), rows)).all()
    return [_change_of(unit, units[_key_of(unit)]) for unit in locked]


async def _units_left_out(
    session: AsyncSession, workspace_id: UUID, origin: str, units: dict[UnitKey, list[SpendItem]]
) -> list[_Change]:
    """Other units of the same days, sources and origin that still have lines, locked."""
    days = sorted({(key.date, key.source) for key in units})
    named = (
        func.unnest(
            literal([day for day, _ in days], ARRAY(Date)), literal([source for _, source in days], ARRAY(Text))
        )
        .table_valued(column("date", Date), column("source", Text))
        .render_derived("named")
    )
    statement = (
        select(SpendUnit)
        .join(named, (SpendUnit.date == named.c.date) & (SpendUnit.source == named.c.source))
        .where(SpendUnit.workspace_id == workspace_id, SpendUnit.origin == origin, SpendUnit.digest != NOTHING)
        .order_by(SpendUnit.date, SpendUnit.source, SpendUnit.medium, SpendUnit.campaign_key)
        .with_for_update(of=SpendUnit)
    )
    return [_change_of(unit, []) for unit in await session.scalars(statement) if _key_of(unit) not in units]


def _key_of(unit: SpendUnit | Row[Any]) -> UnitKey:
    return UnitKey(unit.date, unit.source, unit.medium, unit.campaign_key)


def _change_of(unit: SpendUnit | Row[Any], items: list[SpendItem]) -> _Change:
    return _Change(_key_of(unit), unit.id, unit.version, unit.digest, unit.amount, unit.currency, items)


async def _supersede(
    session: AsyncSession, workspace_id: UUID, changed: list[_Change], *, now: datetime
) -> list[dict[str, Any]]:
    """Answers the lines that were current before."""
    if not changed:
        return []
    ids = [change.unit_id for change in changed]
    columns = LINES.c
    superseded = await session.execute(
        update(LINES)
        .where(
            columns.workspace_id == workspace_id, columns.unit_id == any_(literal(ids, ARRAY(Uuid))), columns.current
        )
        .values(current=False)
        .returning(columns.date, columns.currency, columns.amount, *(columns[key] for key in KEYS))
    )
    before = [dict(row) for row in superseded.mappings()]
    digests = literal([change.digest for change in changed], ARRAY(Text))
    amounts = literal([change.after for change in changed], ARRAY(Numeric))
    currencies = literal([change.currency for change in changed], ARRAY(Text))
    told = (column("id", Uuid), column("digest", Text), column("amount", Numeric), column("currency", Text))
    new = func.unnest(literal(ids, ARRAY(Uuid)), digests, amounts, currencies).table_valued(*told).render_derived("new")
    await session.execute(
        update(SpendUnit)
        .where(SpendUnit.workspace_id == workspace_id, SpendUnit.id == new.c.id)
        .values(
            version=SpendUnit.version + 1,
            digest=new.c.digest,
            amount=new.c.amount,
            currency=new.c.currency,
            updated_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    return before


def _lines(change: _Change, workspace_id: UUID, origin: str, *, by: str, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            **item.model_dump(exclude={"amount"}),
            "workspace_id": workspace_id,
            "id": new_id(),
            "unit_id": change.unit_id,
            "version": change.version + 1,
            "current": True,
            "origin": origin,
            "amount": item.amount.amount,
            "currency": item.amount.currency,
            "by": by,
            "recorded_at": now,
        }
        for item in change.items
    ]


async def _answer(
    session: AsyncSession,
    workspace_id: UUID,
    post: Told,
    changes: list[_Change],
    changed: list[_Change],
    currency: str,
) -> SpendPosted:
    kinds = [change.kind for change in changes]
    moments = {(each, change.key.date) for change in changes for each in (change.currency, change.currency_before)}
    rates = await rates_on(session, workspace_id, currency, moments)
    before, _ = _together(((c.currency_before, c.key.date, c.before) for c in changes), rates, currency)
    after, left_out = _together(((c.currency, c.key.date, c.after) for c in changes), rates, currency)
    return SpendPosted(
        origin=post.origin,
        items=len(post.items),
        units=SpendUnits(
            created=kinds.count("created"),
            replaced=kinds.count("replaced"),
            unchanged=kinds.count("unchanged"),
            withdrawn=kinds.count("withdrawn"),
        ),
        before=Money(amount=before, currency=currency),
        after=Money(amount=after, currency=currency),
        left_out=[Money(amount=amount, currency=other) for other, amount in sorted(left_out.items())],
        changes=[_shown(change) for change in sorted(changed, key=lambda change: change.key)],
    )


def _together(
    amounts: Iterable[tuple[str, date, Decimal]], rates: Mapping[tuple[str, date], Decimal], currency: str
) -> tuple[Decimal, dict[str, Decimal]]:
    """The sum in `currency`, and by currency what there is no rate for."""
    total, left_out = Decimal(0), dict[str, Decimal]()
    for each, day, amount in amounts:
        rate = Decimal(1) if each == currency else rates.get((each, day))
        if rate is None:
            left_out[each] = left_out.get(each, Decimal(0)) + amount
        else:
            total += (amount * rate).quantize(CENT, ROUND_HALF_UP)
    return total, {each: amount for each, amount in left_out.items() if amount}


def _shown(change: _Change) -> SpendChange:
    kind, _, value = change.key.campaign_key.partition(":")
    return SpendChange(
        change=change.kind,
        date=change.key.date,
        source=change.key.source,
        medium=change.key.medium or None,
        campaign=value if kind == "name" else next((item.campaign for item in change.items), None),
        campaign_id=value if kind == "id" else None,
        version=change.version + 1,
        before=Money(amount=change.before, currency=change.currency_before),
        after=Money(amount=change.after, currency=change.currency),
    )
