"""The month that `docs/reference/worked-month.md` works out by hand: its tables are told, and answered."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from leadkit import clock
from leadkit.ids import new_id
from leadkit.testing.services import RunningService

from tests.analytics.conftest import Books, new_books
from tests.analytics.projections.histories import attribution, deal, lead, submission, told
from tests.analytics.spring import came_by

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "worked-month.md"
MAY = {"from_": "2026-05-01", "to": "2026-06-01"}
NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
OWNERS = {"Anna": str(new_id()), "Boris": str(new_id())}
TEAM = str(new_id())
NOTHING = "—"

Row = dict[str, str]


def _table(heading: str) -> list[Row]:
    """The table below a heading of the document."""
    section = DOCUMENT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(header, row, strict=True)) for row in rows]


def _at(text: str) -> str:
    """Local time as events write it; what never came stays empty."""
    if not text:
        return ""
    local = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZoneInfo("Europe/Moscow"))
    return told(local.astimezone(UTC))


def _plain(text: str) -> str:
    return text.replace(",", "").removesuffix(" s")


def _lead(row: Row) -> dict[str, Any]:
    came, owner = _at(row["came"]), OWNERS[row["owner"]]
    steps = {"in_progress": "contacted", "qualified": "qualified", "converted": "converted"}
    reached = {status: at for status, step in steps.items() if (at := _at(row[step]))}
    if row["status"] == "disqualified":
        reached["disqualified"] = _at("05-29 12:00")
    return lead(
        attribution=attribution(source=row["source"] or None, campaign=row["campaign"] or None),
        occurred_at=came, created_at=came, updated_at=max([came, *reached.values()]), status=row["status"],
        reached=reached, first_response_at=_at(row["contacted"]) or None, owner_id=owner, team_id=TEAM,
        owners=[{"owner_id": owner, "team_id": TEAM, "at": came}],
    )  # fmt: skip


def _deal(row: Row, leads: dict[str, dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    of, created, ended = leads[row["lead"]], _at(row["created"]), _at(row["ended"])
    owned = {key: of[key] for key in ("owner_id", "team_id", "owners")}
    end = {f"{row['status']}_at": ended} if ended else {}
    return "deal.updated", deal(
        lead_id=of["id"], amount=_plain(row["amount"]), probability=float(row["probability"]), status=row["status"],
        created_at=created, entered_stage_at=created, updated_at=ended or created, **owned, **end,
    )  # fmt: skip


def _spend(row: Row) -> dict[str, Any]:
    vat = {"yes": True, "no": False}.get(row["VAT included"])
    return {
        "date": f"2026-{row['date']}", "source": row["source"], "campaign": row["campaign"], "vat_included": vat,
        "amount": _plain(row["amount"]),
    }  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def month(running_analytics: RunningService) -> AsyncIterator[Books]:
    books = await new_books(running_analytics)
    with clock.at(NOW):
        leads = {row["lead"]: _lead(row) for row in _table("Leads")}
        for state in leads.values():
            await books.tell(("lead.updated", state), *came_by(state))
        at = {"occurred_at": _at("05-20 12:00"), "received_at": _at("05-20 12:00")}
        other = [("submission.recorded", submission(status=status, **at)) for status in ("spam", "interest")]
        named = [
            (
                "user.changed",
                {"id": key, "version": 1, "name": name, "active": True, "role": "manager", "team_id": TEAM},
            )
            for name, key in OWNERS.items()
        ]
        await books.tell(*other, *named, *(_deal(row, leads) for row in _table("Deals")))
        for row in _table("Spend, in the order it was told"):
            await books.spend(_spend(row))
        yield books


def _is(written: str, value: Any, *, about: str) -> None:
    """An answered value is the written one: amounts to the cent, rates to four places, times within 2 %."""
    if written == NOTHING:
        assert value is None, about
    elif isinstance(value, dict):
        assert value == {"amount": _plain(written), "currency": "RUB"}, about
    elif written.endswith(" s"):
        assert value == pytest.approx(int(_plain(written)), rel=0.02), about
    elif isinstance(value, float):
        assert f"{value:.4f}" == written, about
    else:
        assert value == int(_plain(written)), about


async def test_the_month_is_what_was_worked_out_by_hand(month: Books) -> None:
    rows = _table("The month")
    answer = await month.get("query", metrics=",".join(row["metric"] for row in rows), **MAY)
    for row in rows:
        _is(row["value"], answer["totals"][row["metric"]], about=row["metric"])


async def test_its_funnel_is_what_was_worked_out_by_hand(month: Books) -> None:
    steps = {step["key"]: step for step in (await month.get("funnel", **MAY))["steps"]}
    for row in _table("The funnel"):
        for column in ("entered", "from_previous", "lost_here", "still_here"):
            _is(row[column], steps[row["step"]][column], about=f"{row['step']} {column}")


@pytest.mark.parametrize(("heading", "by"), [("By source", "source"), ("By manager", "owner")])
async def test_its_rows_are_what_was_worked_out_by_hand(month: Books, heading: str, by: str) -> None:
    rows = _table(heading)
    metrics = [column for column in rows[0] if column != by]
    answer = await month.get("query", metrics=",".join(metrics), by=by, **MAY)
    named = f"{by}_name" if by == "owner" else by
    found = {row[named]: row for row in answer["rows"]}
    assert set(found) == {None if row[by] == NOTHING else row[by] for row in rows}
    for row in rows:
        own = found[None if row[by] == NOTHING else row[by]]
        for metric in metrics:
            _is(row[metric], own[metric], about=f"{row[by]} {metric}")


def test_the_tables_are_read_as_they_stand() -> None:
    """Else a table that lost its rows would be answered by nothing."""
    sizes = [len(_table(each)) for each in ("Leads", "Deals", "The month", "The funnel", "By source", "By manager")]
    assert sizes == [13, 4, 29, 7, 4, 2]
    assert re.search(r"\| 13 \| 06-01 00:10 \|", DOCUMENT.read_text())
