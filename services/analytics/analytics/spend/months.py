"""Sums of months, kept equal to the current lines: what superseded lines held goes, what new ones hold comes."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from analytics.spend.queries import KEYS

_NAMED = ", ".join(KEYS)
_ADD = text(
    f"""INSERT INTO spend_month (workspace_id, month, currency, key, {_NAMED}, amount)
    SELECT CAST(:workspace_id AS uuid), month, currency, key, {_NAMED}, amount
    FROM json_populate_recordset(NULL::spend_month, CAST(:rows AS json))
    ON CONFLICT (workspace_id, month, currency, key) DO UPDATE SET amount = spend_month.amount + excluded.amount"""
)


async def change_months(
    session: AsyncSession, workspace_id: UUID, gone: Iterable[Mapping[str, Any]], come: Iterable[Mapping[str, Any]]
) -> None:
    """Takes away the lines that are gone and adds those that have come; months are locked in one order."""
    sums: dict[tuple[date, str, UUID], dict[str, Any]] = {}
    for lines, sign in ((gone, -1), (come, 1)):
        for line in lines:
            month, names = line["date"].replace(day=1), {key: line[key] for key in KEYS}
            place = (month, line["currency"], digest(names))
            row = sums.setdefault(place, {"month": month, "currency": place[1], "key": place[2], **names, "amount": 0})
            row["amount"] += sign * Decimal(line["amount"])
    rows = [sums[place] for place in sorted(sums) if sums[place]["amount"]]
    if rows:
        told = orjson.dumps(rows, default=str).decode()
        await session.execute(_ADD, {"workspace_id": workspace_id, "rows": told})


def digest(names: Mapping[str, str | None]) -> UUID:
    """The same for the same names and ids."""
    return UUID(bytes=hashlib.md5(orjson.dumps([names[key] for key in KEYS]), usedforsecurity=False).digest())
