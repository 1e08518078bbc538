"""The funnel and the cost per lead, as tables on the terminal."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

NUMBER_COLUMNS = (
    ("leads", "leads"),
    ("qualified", "qual."),
    ("won", "won"),
    ("spend", "spend"),
    ("revenue", "revenue"),
    ("cost_per_lead", "per lead"),
    ("cost_per_won", "per won"),
    ("romi", "ROMI"),
)


def show_funnel(console: Console, funnel: dict[str, Any]) -> None:
    """Each step: how many entered, what share of the step before and of the first, and how long the next one took."""
    table = Table(title=f"Funnel {funnel['from']} to {funnel['to']} ({funnel['basis']})", box=SIMPLE_HEAD)
    table.add_column("step")
    for name in ("entered", "of previous", "of first", "median to next"):
        table.add_column(name, justify="right")
    for step in funnel["steps"]:
        table.add_row(
            step["name"],
            str(step["entered"]),
            _share(step["from_previous"]),
            _share(step["from_first"]),
            _duration(step["median_s_to_next"]),
        )
    console.print(table)


def show_cost(console: Console, cost: dict[str, Any]) -> None:
    """Each source: what it cost and what it brought, with the totals."""
    table = Table(
        title="Cost per lead by source", show_footer=True, box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    table.add_column("source", footer="total", no_wrap=True)
    for key, title in NUMBER_COLUMNS:
        table.add_column(title, justify="right", no_wrap=True, footer=_written(key, cost["totals"].get(key)))
    for row in sorted(cost["rows"], key=lambda row: -(row["leads"] or 0)):
        table.add_row(row["source"] or "(no source)", *(_written(key, row.get(key)) for key, _ in NUMBER_COLUMNS))
    console.print(table)


def _written(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict):
        return f"{float(value['amount']):,.0f}".replace(",", " ")
    return _share(value) if key == "romi" else str(value)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    hours = seconds / 3600
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"
