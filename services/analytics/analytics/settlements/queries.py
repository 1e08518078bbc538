"""Working out settlements from what rate cards charge."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from leadkit.contracts.common import Money
from leadkit.problems import Invalid
from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    Numeric,
    Row,
    Select,
    Text,
    Uuid,
    case,
    cast,
    column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.projections.foreign_sums import REVENUE
from analytics.projections.slices import Slice
from analytics.rate_cards.charging import CHARGES, CONVERTED, REFUSED
from analytics.rate_cards.queries import bounds
from analytics.settlements.schemas import RefusedLeads, SettlementAnswer, SettlementLine, SettlementRow

MOST_LINES: Final = 100_000


class TooManyLines(Invalid):
    """More lines than one file is made of."""

    code = "too-many-lines"
    title = "These are too many lines for one file"


_STATES: Final = {"billed": "true", "disputed": "c.dispute = 'open'", "returned": "c.dispute = 'accepted'"}
_COUNTS: Final = ", ".join(
    f"count(*) FILTER (WHERE c.refused IS NULL AND {state}) AS {name}, "
    f"coalesce(sum(c.amount) FILTER (WHERE c.refused IS NULL AND {state}), 0) AS {name}_sum"
    for name, state in _STATES.items()
)
_REFUSALS: Final = ", ".join(f"count(*) FILTER (WHERE c.refused = '{reason}') AS {reason}" for reason in REFUSED)
_OWED: Final = "c.refused IS NULL AND c.dispute IS DISTINCT FROM 'accepted'"

_SETTLEMENTS: Final = text(
    f"""WITH charges AS MATERIALIZED (SELECT c.*, {CONVERTED} AS cost FROM ({CHARGES}) c),
    brought AS (
        SELECT p.supplier, p.currency, count(*) AS leads, count(*) FILTER (WHERE p.contacted) AS contacted,
            count(*) FILTER (WHERE p.qualified) AS qualified, count(*) FILTER (WHERE d.won > 0) AS won,
            coalesce(sum(d.revenue), 0) AS revenue
        FROM (SELECT DISTINCT supplier, currency, lead_id, contacted, qualified FROM charges) p
        CROSS JOIN LATERAL (
            SELECT count(*) AS won, sum({REVENUE}) AS revenue FROM fact_deal d
            WHERE d.workspace_id = :workspace_id AND d.case_id = p.lead_id AND d.status = 'won') d
        GROUP BY p.supplier, p.currency)
    SELECT c.supplier, c.currency, count(*) AS delivered, {_COUNTS}, {_REFUSALS},
        coalesce(sum(c.cost) FILTER (WHERE {_OWED}), 0) AS cost,
        count(*) FILTER (WHERE {_OWED} AND c.cost IS NULL) AS unconverted,
        b.leads, b.contacted, b.qualified, b.won, b.revenue
    FROM charges c JOIN brought b ON b.supplier = c.supplier AND b.currency = c.currency
    WHERE CAST(:supplier AS text) IS NULL OR c.supplier = :supplier
    GROUP BY c.supplier, c.currency, b.leads, b.contacted, b.qualified, b.won, b.revenue
    ORDER BY c.supplier, c.currency"""
)


async def settle(session: AsyncSession, asked: Slice, *, supplier: str | None) -> SettlementAnswer:
    """What is owed for the slice's period, a row for each supplier and currency of its cards."""
    rows = await session.execute(_SETTLEMENTS, bounds(asked) | {"supplier": supplier})
    return SettlementAnswer(
        **{"from": asked.period.start, "to": asked.period.end}, rows=[_row(row, asked.currency) for row in rows]
    )


def _row(row: Row[Any], currency: str) -> SettlementRow:
    told = row._mapping
    cost = None if row.unconverted else Decimal(row.cost)
    return SettlementRow(
        supplier=row.supplier,
        delivered=row.delivered,
        refused=RefusedLeads(**{reason: told[reason] for reason in REFUSED}),
        **{name: told[name] for name in (*_STATES, "leads", "contacted", "qualified", "won")},
        **{f"{name}_sum": Money(amount=told[f"{name}_sum"], currency=row.currency) for name in _STATES},
        owed=Money(amount=row.billed_sum - row.returned_sum, currency=row.currency),
        cost=None if cost is None else Money(amount=cost, currency=currency),
        revenue=Money(amount=row.revenue, currency=currency),
        **{
            f"cost_per_{each}": _per(cost, told[of], currency)
            for each, of in (("lead", "leads"), ("contacted", "contacted"), ("qualified", "qualified"), ("won", "won"))
        },
    )


def _per(cost: Decimal | None, count: int, currency: str) -> Money | None:
    if cost is None or not count:
        return None
    return Money(amount=(cost / count).quantize(Decimal("0.01"), ROUND_HALF_UP), currency=currency)


def table_of(answer: SettlementAnswer) -> tuple[Sequence[str], Sequence[Mapping[str, Any]]]:
    """The answer as a table of plain columns, those refused by reason among them."""
    rows = []
    for row in answer.model_dump(mode="json")["rows"]:
        refused = row.pop("refused")
        rows.append(row | {f"refused_{reason}": count for reason, count in refused.items()})
    named = [name for name in SettlementRow.model_fields if name != "refused"]
    return [*named, *(f"refused_{reason}" for reason in REFUSED)], rows


_OF_CHARGES: Final = (
    column("card_id", Uuid), column("supplier", Text), column("pays", Text), column("amount", Numeric),
    column("currency", Text), column("return_days", Integer), column("lead_id", Uuid),
    column("at", DateTime(timezone=True)), column("day", Date), column("source", Text), column("medium", Text),
    column("campaign", Text), column("contacted", Boolean), column("qualified", Boolean), column("refused", Text),
    column("dispute", Text),
)  # fmt: skip


def lines(asked: Slice, *, supplier: str | None, states: Sequence[str]) -> Select[Any]:
    """What the settlement of the slice's period is made of; `line` tells each apart."""
    values = {name: value for name, value in bounds(asked).items() if name != "currency"}
    c = text(CHARGES).bindparams(**values).columns(*_OF_CHARGES).subquery("c").c
    state = case(
        (c.refused.is_not(None), "refused"), (c.dispute == "accepted", "returned"), (c.dispute == "open", "disputed"),
        else_="owed",
    )  # fmt: skip
    told = select(*c, state.label("state"), (cast(c.lead_id, Text) + ":" + c.pays).label("line"))
    if supplier is not None:
        told = told.where(c.supplier == supplier)
    return told.where(state.in_(states)) if states else told


async def whole(session: AsyncSession, told: Select[Any]) -> list[SettlementLine]:
    """All of `lines`; raises `TooManyLines`."""
    rows = (await session.execute(told.limit(MOST_LINES + 1))).all()
    if len(rows) > MOST_LINES:
        raise TooManyLines(f"A file holds at most {MOST_LINES} lines: ask for a shorter period or one supplier.")
    return [line_of(row) for row in rows]


def lines_table(told: Sequence[SettlementLine]) -> tuple[Sequence[str], Sequence[Mapping[str, Any]]]:
    """The lines as a table."""
    return list(SettlementLine.model_fields), [line.model_dump(mode="json") for line in told]


def line_of(row: Row[Any]) -> SettlementLine:
    """One of `lines` as it is answered."""
    told, price = row._mapping, Money(amount=row.amount, currency=row.currency)
    counts = row.state in ("owed", "disputed")
    kept = {name: told[name] for name in SettlementLine.model_fields if name in told}
    return SettlementLine(
        **kept,
        price=price,
        owed=price if counts else Money(amount=Decimal(0), currency=row.currency),
        returnable_until=row.at + timedelta(days=row.return_days),
    )
